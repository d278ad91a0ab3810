import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { newId } from '../../platform/random.ts'
import type { MailHouse, MailProcess } from '../testing.ts'
import { newText, openMailHouse } from '../testing.ts'
import type { Failure } from '../transport.ts'
import type { TextProvider } from './provider.ts'

let house: MailHouse
let processes: [MailProcess, MailProcess]
const taken: { id: string; to: string; text: string }[] = []
let failure: Failure | null = null
const provider: TextProvider = {
  async send({ id, to, text }) {
    if (failure === null) taken.push({ id, to, text })
    return failure
  },
}
const config = { textPrefixes: ['+49', '!+49137'], maxTextsPerHour: 8, maxTextsPerNetwork: 5, maxTextsPerDay: 12 }
before(async () => {
  house = await openMailHouse()
  const open = () => house.process(config, {}, undefined, provider)
  processes = [await open(), await open()]
})
after(() => house?.close())
afterEach(async () => {
  failure = null
  await house.empty()
  taken.length = 0
})

let numbers = 0
const newNumber = () => `+4915${String(1_000_000 + ++numbers)}`
const withheld = () => house.events().filter(({ type }) => type === 'mail.message.withheld')
const whys = () => withheld().map(({ data }) => data.why)
const eventTypes = () => house.events().map(({ type }) => type)
/** Texts of several kinds until nothing more goes out, from both processes at once. @returns how many did. */
async function flood(times: number, changes: (n: number) => Parameters<MailProcess['sendText']>[0]): Promise<number> {
  const send = (n: number) =>
    (processes[n % 2] as MailProcess).sendText({ kind: `kind-${'abcdef'[n % 6]}`, ...changes(n) })
  await Promise.all(Array.from({ length: times }, (_, n) => send(n)))
  return (await house.rows()).length
}

test('a text goes out after the commit, and is gone from the database then', async () => {
  const text = newText()
  await processes[0].sendText({ ...text, expiresAt: new Date(house.machine.clock.nowMs() + 600_000) })
  await processes[0].mail.idle()
  assert.deepEqual(
    taken.map(({ to, text }) => ({ to, text })),
    [{ to: text.to, text: text.text }],
  )
  const [row] = await house.rows()
  assert.deepEqual([row?.channel, row?.body_sealed], ['text', null])
  assert.deepEqual(eventTypes(), ['mail.message.sent'])
})

test('texts are off by default; switched on, nobody is written to before a prefix is named', async () => {
  const off = await house.process({ textPrefixes: ['+49'] })
  assert.equal(off.mail.textDeliverable, false)
  await off.sendText()
  const nowhere = await house.process({ texts: 'development', textPrefixes: [] })
  assert.equal(nowhere.mail.textDeliverable, false)
  assert.equal(nowhere.mail.canText('+4915123456789'), false)
  await nowhere.sendText()
  assert.deepEqual(await house.rows(), [])
  assert.deepEqual(whys(), ['country'])
  await assert.rejects(house.process({ texts: 'http' }), /CUSTODIA_MAIL_TEXT_URL/)
})

test('a number outside the list gets nothing, and the ledger does not name it', async () => {
  for (const to of ['+18765550100', '+491371234567', '+4315123456789']) await processes[0].sendText({ to })
  assert.deepEqual(await house.rows(), [])
  assert.deepEqual(whys(), ['country', 'country', 'country'])
  assert.doesNotMatch(JSON.stringify(house.events()), /1876555|491371|431512/)
})

test('what is no number or no text is a mistake of the caller, which repeats nothing', async () => {
  const wrong = [
    { to: '4915123456789' },
    { to: '+49 151 23456789' },
    { to: '+4915123456789\r\nx-evil: 1' },
    { text: '' },
    { text: ' \n' },
    { text: 'x'.repeat(501) },
    { text: 'evil\r\n' },
    { text: 'evil\0' },
    { kind: 'Evil kind' },
  ]
  for (const changes of wrong)
    await assert.rejects(processes[0].sendText(changes), (error) => {
      assert.ok(error instanceof RangeError, JSON.stringify(changes))
      assert.doesNotMatch(error.message, /evil|4915|4931/)
      return true
    })
  assert.deepEqual(await house.rows(), [])
})

test('one person gets so many an hour and a day, three quarters of one kind, whatever numbers they name', async () => {
  const subjectId = newId('usr')
  assert.equal(await flood(20, () => ({ subjectId, to: newNumber(), kind: 'sign-in-code' })), 6)
  await processes[0].sendText({ subjectId, to: newNumber(), kind: 'warning' })
  assert.equal((await house.rows()).length, 7)
  assert.ok(whys().every((why) => why === 'limit'))
  house.machine.clock.advance(3_600_000)
  await processes[0].sendText({ subjectId, to: newNumber(), kind: 'sign-in-code' })
  assert.equal((await house.rows()).length, 8)
})

test('one number gets so many, whoever’s it is said to be', async () => {
  const to = newNumber()
  assert.equal(await flood(20, () => ({ to })), 8)
})

test('one network asks for so many, and an IPv6 network is its first half', async () => {
  const sent = await flood(20, (n) => ({ to: newNumber(), askedFrom: `2001:db8:1:2::${n + 1}` }))
  assert.equal(sent, 5)
  await processes[0].sendText({ to: newNumber(), askedFrom: '2001:db8:1:3::1' })
  assert.equal((await house.rows()).length, 6)
})

test('one organisation sends so many a day, and keeps room for warnings; others are not held up', async () => {
  const fresh = () => ({ to: newNumber(), kind: 'sign-in-code' })
  assert.equal(await flood(30, fresh), 9)
  assert.equal(await flood(30, () => ({ to: newNumber(), kind: 'warning' })), 12)
  await processes[0].sendText({ to: newNumber(), organisationId: newId('org') })
  assert.equal((await house.rows()).length, 13)
  house.machine.clock.advance(86_400_000)
  await processes[0].sendText({ to: newNumber() })
  assert.equal((await house.rows()).length, 14)
})

test('what is over one limit is counted against none, and the counts name nobody', async () => {
  const to = newNumber()
  await flood(20, () => ({ to }))
  const counts = await house.db.asOwner('select scope, sent from mail.text_count')
  // Eight texts: the number's four counts and the organisation's two have kinds besides, the rest are of one person each.
  assert.ok(counts.every(({ sent }) => Number(sent) <= 8))
  assert.equal(counts.filter(({ sent }) => Number(sent) === 8).length, 3)
  const everything = JSON.stringify(counts.map(({ scope }) => (scope as Buffer).toString('latin1')))
  assert.ok(!everything.includes(to.slice(1)))
})

test('what is rolled back is not sent, and was counted all the same', async () => {
  const to = newNumber()
  const { database, mail } = processes[0]
  const failing = () =>
    database.transaction(async (tx) => {
      await mail.sendText(tx, newText({ to, expiresAt: new Date(house.machine.clock.nowMs() + 1_000) }))
      throw new Error('changed my mind')
    })
  for (let n = 0; n < 20; n++) await assert.rejects(failing, /changed my mind/)
  await processes[0].sendText({ to })
  assert.deepEqual(await house.rows(), [])
})

test('a provider that is away is tried again for as long as the text is wanted, and not a moment longer', async () => {
  failure = { code: 'deferred', permanent: false }
  await processes[0].sendText()
  await processes[0].mail.idle()
  for (let seconds = 15; seconds <= 700; seconds += 15) {
    house.machine.clock.advance(15_000)
    await processes[1].run('mail.delivery')
  }
  const [row] = await house.rows()
  assert.ok(row?.failed_at instanceof Date)
  assert.equal(row?.tries, 6)
  assert.deepEqual(eventTypes(), ['mail.message.failed'])
})

test('a text that nobody carried in time is not sent at all', async () => {
  failure = { code: 'timeout', permanent: false }
  await processes[0].sendText()
  await processes[0].mail.idle()
  failure = null
  house.machine.clock.advance(600_000)
  await processes[1].run('mail.delivery')
  assert.deepEqual(taken, [])
  assert.equal((await house.rows())[0]?.failure, 'expired')
})

test('what the provider refuses is not tried again', async () => {
  failure = { code: 'refused', permanent: true }
  await processes[0].sendText()
  await processes[0].mail.idle()
  assert.equal((await house.rows())[0]?.failure, 'refused')
  assert.deepEqual(eventTypes(), ['mail.message.failed'])
})

test('mails and texts share one queue, and one that nobody carries does not hold up the other', async () => {
  failure = { code: 'deferred', permanent: false }
  await processes[0].sendText()
  await processes[0].mail.idle()
  const mailsOnly = await house.process({}, {}, { send: async () => null })
  await mailsOnly.send()
  await mailsOnly.mail.idle()
  failure = null
  house.machine.clock.advance(60_000)
  await mailsOnly.run('mail.delivery')
  assert.deepEqual(taken, [])
  await processes[1].run('mail.delivery')
  assert.equal(taken.length, 1)
})

test('counts and what was never carried are swept when they are over', async () => {
  failure = { code: 'deferred', permanent: false }
  await processes[0].sendText()
  await processes[0].mail.idle()
  house.machine.clock.advance(3 * 86_400_000)
  await processes[0].run('mail.sweep')
  assert.deepEqual(await house.db.asOwner('select 1 from mail.text_count'), [])
  house.machine.clock.advance(8 * 86_400_000)
  await processes[0].run('mail.sweep')
  assert.deepEqual(await house.rows(), [])
})
