import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { newId } from '../platform/random.ts'
import { maxTries } from './deliver.ts'
import { bodyOf, maxBodyBytes } from './message.ts'
import type { TestSmtp } from './smtp-testing.ts'
import { headerOf, startSmtp } from './smtp-testing.ts'
import type { MailHouse, MailProcess } from './testing.ts'
import { newMessage, openMailHouse } from './testing.ts'
import type { Failure, Transport } from './transport.ts'

// An address of this machine that nobody else listens on or connects from: a port of it is free while the server is down.
const host = '127.0.0.25'

let house: MailHouse
let smtp: TestSmtp
let first: MailProcess
let second: MailProcess
before(async () => {
  house = await openMailHouse()
  smtp = await startSmtp({}, 0, host)
  const smtpUrl = `smtp://${host}:${smtp.port}`
  first = await house.process({ smtpUrl })
  second = await house.process({ smtpUrl })
})
after(async () => {
  await house?.close()
  await smtp?.close()
})
beforeEach(async () => {
  await house.empty()
  smtp.received.length = 0
})
afterEach(() => Promise.all([first.mail.idle(), second.mail.idle()]))

const minuteMs = 60_000
const eventTypes = () => house.events().map(({ type }) => type)
const failing = (code: 'deferred' | 'refused'): Transport => ({
  send: async () => ({ code, permanent: code === 'refused' }),
})

test('a mail is delivered right after the commit, and its text is gone from the database then', async () => {
  const subjectId = newId('usr')
  await first.send({ subjectId })
  await first.mail.idle()
  assert.deepEqual(smtp.received[0]?.to, ['mira@example.org'])
  const [row] = await house.rows()
  assert.equal(row?.body_sealed, null)
  assert.ok(row?.sent_at instanceof Date)
  const [event, ...more] = house.events()
  assert.equal(more.length, 0)
  assert.equal(event?.subjectId, subjectId)
  assert.deepEqual(event?.data, { message: row?.id, kind: 'sign-in-code', tries: 1 })
})

test('what is rolled back is not sent, not counted and not told', async () => {
  const subjectId = newId('usr')
  for (let turn = 0; turn < 30; turn += 1)
    await assert.rejects(
      first.database.transaction(async (tx) => {
        await first.mail.send(tx, newMessage({ subjectId }))
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
  await first.mail.idle()
  await first.run('mail.delivery')
  assert.equal(smtp.received.length, 0)
  assert.deepEqual(await house.rows(), [])
  assert.deepEqual(house.events(), [])
  await first.send({ subjectId })
  await first.mail.idle()
  assert.equal(smtp.received.length, 1)
})

test('outside a transaction nothing can be queued', async () => {
  await assert.rejects(first.mail.send(first.database.queries, newMessage()), /transaction/)
})

test('the caller does not wait for the mail server', async () => {
  const { promise, resolve } = Promise.withResolvers<null>()
  const slow = await house.process({}, {}, { send: () => promise })
  await slow.send()
  assert.equal((await house.rows())[0]?.sent_at, null)
  resolve(null)
  await slow.mail.idle()
  assert.ok((await house.rows())[0]?.sent_at instanceof Date)
})

test('two processes that deliver at once deliver each message once', async () => {
  const queued = await house.process({}, {}, failing('deferred'))
  await queued.mail.stop()
  await Promise.all(Array.from({ length: 40 }, () => queued.send()))
  await Promise.all([first.run('mail.delivery'), second.run('mail.delivery'), first.send(), second.send()])
  await Promise.all([first.mail.idle(), second.mail.idle()])
  const ids = smtp.received.map(({ raw }) => headerOf(raw, 'Message-ID'))
  assert.equal(ids.length, 42)
  assert.equal(new Set(ids).size, 42)
  assert.equal(eventTypes().filter((type) => type === 'mail.message.sent').length, 42)
  assert.equal((await house.rows()).filter((row) => row.tries !== 1).length, 0)
})

test('a process that ends between claim and note: another sends after the claim, and the late note changes nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<null>()
  const claimed = Promise.withResolvers<void>()
  const send = () => {
    claimed.resolve()
    return promise
  }
  const dying = await house.process({}, {}, { send })
  await dying.send()
  await claimed.promise
  await second.run('mail.delivery')
  assert.equal(smtp.received.length, 0)
  house.machine.clock.advance(2 * minuteMs)
  await second.run('mail.delivery')
  assert.equal(smtp.received.length, 1)
  resolve(null)
  await dying.mail.idle()
  assert.deepEqual(eventTypes(), ['mail.message.sent'])
  assert.equal((await house.rows())[0]?.tries, 2)
})

test('the late refusal of a try that lost its claim does not end the try that has it', async () => {
  const tries = [0, 1].map(() => ({
    begun: Promise.withResolvers<void>(),
    answer: Promise.withResolvers<Failure | null>(),
  }))
  const [late, current] = await Promise.all(
    tries.map(({ begun, answer }) =>
      house.process(
        {},
        {},
        {
          send() {
            begun.resolve()
            return answer.promise
          },
        },
      ),
    ),
  )
  await late?.send()
  await tries[0]?.begun.promise
  house.machine.clock.advance(2 * minuteMs)
  const running = current?.run('mail.delivery')
  await tries[1]?.begun.promise
  tries[0]?.answer.resolve({ code: 'refused', permanent: true })
  await late?.mail.idle()
  assert.deepEqual(house.events(), [])
  tries[1]?.answer.resolve(null)
  await running
  assert.deepEqual(eventTypes(), ['mail.message.sent'])
})

test('a message that ends its process each time is given up like any other', async () => {
  const queued = await house.process({}, {}, failing('deferred'))
  await queued.mail.stop()
  await queued.send()
  await house.db.asOwner(`update mail.message set tries = ${maxTries}`)
  await first.run('mail.delivery')
  assert.equal(smtp.received.length, 0)
  assert.deepEqual(house.events()[0]?.data.failure, 'crashed')
})

test('a server that is down delays a mail; once it is back the mail arrives', async () => {
  const port = smtp.port
  await smtp.close()
  await first.send()
  await first.mail.idle()
  const [waiting] = await house.rows()
  assert.equal(waiting?.failure, 'unreachable')
  assert.equal(waiting?.sent_at, null)
  await first.run('mail.delivery')
  assert.equal((await house.rows())[0]?.tries, 1, 'it was tried before its time')
  smtp = await startSmtp({}, port, host)
  house.machine.clock.advance(2 * minuteMs)
  await second.run('mail.delivery')
  assert.equal(smtp.received.length, 1)
  assert.deepEqual(eventTypes(), ['mail.message.sent'])
})

test('it is tried eight times over less than a day, ever more seldom, then the ledger says that it failed', async () => {
  const deferring = await house.process({}, {}, failing('deferred'))
  await deferring.send()
  await deferring.mail.idle()
  const startMs = house.machine.clock.nowMs()
  let lastPause = 0
  for (let tries = 1; tries < maxTries; tries += 1) {
    const [row] = await house.rows()
    assert.equal(row?.tries, tries)
    const pause = Number(row?.next_try_at) - house.machine.clock.nowMs()
    assert.ok(pause > 1.5 * lastPause, `${pause} after ${lastPause}`)
    lastPause = pause
    house.machine.clock.advance(pause - 1)
    await deferring.run('mail.delivery')
    assert.equal((await house.rows())[0]?.tries, tries)
    house.machine.clock.advance(1)
    await deferring.run('mail.delivery')
  }
  assert.ok(house.machine.clock.nowMs() - startMs < 24 * 60 * minuteMs)
  const [row] = await house.rows()
  assert.ok(row?.failed_at instanceof Date)
  assert.equal(row?.body_sealed, null)
  const [event, ...more] = house.events()
  assert.equal(more.length, 0)
  assert.equal(event?.type, 'mail.message.failed')
  assert.deepEqual(event?.data, { message: row?.id, kind: 'sign-in-code', tries: maxTries, failure: 'deferred' })
  house.machine.clock.advance(24 * 60 * minuteMs)
  await first.run('mail.delivery')
  assert.equal(smtp.received.length, 0)
})

test('a recipient who is refused for good is not tried again', async () => {
  const refusing = await house.process({}, {}, failing('refused'))
  await refusing.send()
  await refusing.mail.idle()
  assert.deepEqual(eventTypes(), ['mail.message.failed'])
  house.machine.clock.advance(24 * 60 * minuteMs)
  await first.run('mail.delivery')
  assert.equal(smtp.received.length, 0)
})

test('a ledger that can’t be written leaves the mail unsettled, and it is sent again', async () => {
  const { recorder } = house.machine
  const mute = await house.process(
    { smtpUrl: `smtp://${host}:${smtp.port}` },
    { recorder: { ...recorder, record: () => Promise.reject(new Error('the ledger is away')) } },
  )
  await mute.send()
  await mute.mail.idle()
  assert.equal((await house.rows())[0]?.sent_at, null)
  house.machine.clock.advance(3 * minuteMs)
  await first.run('mail.delivery')
  assert.equal(smtp.received.length, 2)
  assert.equal(new Set(smtp.received.map(({ raw }) => headerOf(raw, 'Message-ID'))).size, 1)
})

test('one person gets so many mails an hour, also when they are asked for at once, and others theirs', async () => {
  const limited = await house.process({ smtpUrl: `smtp://${host}:${smtp.port}`, maxPerHour: 3 })
  const subjectId = newId('usr')
  await Promise.all(Array.from({ length: 8 }, () => limited.send({ subjectId })))
  await limited.send()
  await limited.mail.idle()
  assert.equal((await house.rows()).length, 4)
  const withheld = house.events().filter(({ type }) => type === 'mail.message.withheld')
  assert.equal(withheld.length, 5)
  assert.deepEqual(withheld[0]?.data, { kind: 'sign-in-code', why: 'limit' })
  assert.equal(withheld[0]?.subjectId, subjectId)
  house.machine.clock.advance(60 * minuteMs)
  await limited.send({ subjectId })
  assert.equal((await house.rows()).length, 5)
})

test('however many of one kind are asked for, there is room for another', async () => {
  const limited = await house.process({ maxPerHour: 8 })
  const subjectId = newId('usr')
  for (let count = 0; count < 9; count += 1) await limited.send({ subjectId })
  assert.equal((await house.rows()).length, 6)
  for (let count = 0; count < 3; count += 1) await limited.send({ subjectId, kind: 'password-changed' })
  assert.equal((await house.rows()).length, 8)
})

test('an address that SMTP can’t carry is withheld, and the caller’s transaction goes on', async () => {
  for (const to of ['a,b@example.org', 'mira@', 'a..b@example.org']) await first.send({ to })
  assert.deepEqual(await house.rows(), [])
  assert.deepEqual(
    house.events().map(({ data }) => data.why),
    ['address', 'address', 'address'],
  )
})

test('a message that could break out of its header is thrown back, and undoes the transaction', async () => {
  await assert.rejects(first.send({ subject: 'Hi\r\nBcc: evil@example.org' }), RangeError)
  await assert.rejects(first.send({ to: 'a@example.org\nBcc: evil@example.org' }), RangeError)
  assert.deepEqual(await house.rows(), [])
  assert.deepEqual(house.events(), [])
})

test('the largest mail that is taken fits into its row, and arrives', async () => {
  const room = maxBodyBytes - Buffer.byteLength(bodyOf(newMessage({ text: '' })))
  await assert.rejects(first.send({ text: 'x'.repeat(room + 1) }), RangeError)
  await first.send({ text: 'x'.repeat(room) })
  await first.mail.idle()
  assert.equal(smtp.received.length, 1)
})

test('neither the database nor the ledger nor the log holds a word of a mail', async () => {
  const waiting = await house.process({}, {}, failing('deferred'))
  const kept = await house.process()
  const seen = house.machine.lines.length
  for (const process of [waiting, kept, first]) await process.send()
  await Promise.all([waiting.mail.idle(), first.mail.idle()])
  const rows = await house.rows()
  assert.equal(rows.filter(({ body_sealed }) => body_sealed !== null).length, 2)
  const everything = [
    ...rows.flatMap((row) =>
      Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))),
    ),
    JSON.stringify(house.machine.events),
    JSON.stringify(house.machine.lines.slice(seen)),
  ].join('\n')
  assert.ok(house.machine.lines.length > seen)
  for (const word of ['mira@', 'example.org', 'Your code', '493 117', 'The code'])
    assert.ok(!everything.includes(word), word)
})

test('what a stolen row holds opens for nobody else', async () => {
  const kept = await house.process()
  const other = newId('usr')
  await kept.send({ subjectId: other })
  await kept.send()
  await house.db.asOwner(`update mail.message set subject_id = '${other}'`)
  await assert.rejects(kept.mail.subjectData.export(newMessage().organisationId as string, other), /ENVELOPE_INVALID/)
})
