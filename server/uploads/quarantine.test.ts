import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { TestClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { startClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { eicar, makeZip } from '@custodia/edge/uploads/testing.ts'
import type { Parts } from './parts.ts'
import { Quarantine } from './quarantine.ts'
import type { UploadsHouse, UploadsProcess } from './testing.ts'
import { inbox, openUploadsHouse } from './testing.ts'

const skip = spawnSync('which', ['clamd']).status === 0 ? false : 'clamd is not installed'
const samples = new URL('../../packages/edge/src/uploads/samples/', import.meta.url)
const virus = eicar(readFileSync(new URL('eicar-reversed.txt', samples), 'latin1'))
const text = Buffer.from('nothing to see\n')

let all: UploadsHouse
let here: UploadsProcess
let clamd: TestClamd | null = null
before(async () => {
  all = await openUploadsHouse()
  clamd = skip === false ? await startClamd(virus) : null
  here = await all.process({ scanner: 'clamd', clamd: `unix:${clamd?.path ?? '/nonexistent'}` })
})
after(async () => {
  await clamd?.stop()
  await all.close()
})

const stateOf = async (process: UploadsProcess, who: ReturnType<typeof inbox>, id: string) =>
  (await process.call(who, 'GET', `/v1/uploads/${id}`)).body
const row = async (id: string) =>
  (await all.house.db.asOwner(`select * from uploads.upload where id = '${id}'`))[0] as Record<string, unknown>
const frameCount = async (id: string) =>
  (await all.house.db.asOwner(`select 1 from uploads.frame where upload_id = '${id}'`)).length
const later = (ms: number) => all.house.machine.clock.advance(ms)

test('what a real clamd finds is refused and gone, bare and in archives; what it does not find is there', {
  skip,
}, async () => {
  const who = inbox()
  const zip = makeZip([{ name: 'a.txt', content: virus }])
  for (const [name, bytes] of [
    ['a.txt', virus],
    ['a.zip', zip],
    ['b.zip', makeZip([{ name: 'a.zip', content: zip }])],
  ] as const) {
    const upload = await here.settle(who, name, bytes)
    assert.deepEqual([upload.state, upload.reason], ['refused', 'malware'], name)
    assert.equal(await frameCount(upload.id), 0)
    const told = all.house.events.find(({ type, data }) => type === 'uploads.file.refused' && data.upload === upload.id)
    assert.equal(told?.data.signature, 'Eicar-Test-Signature.UNOFFICIAL')
  }
  assert.equal((await here.settle(who, 'a.txt', text)).state, 'there')
})

test('what hides behind a picture is found, although the picture is made anew', { skip }, async () => {
  const png = readFileSync(new URL('images/benign.png', samples))
  const upload = await here.settle(inbox(), 'a.png', Buffer.concat([png, virus]))
  assert.deepEqual([upload.state, upload.reason], ['refused', 'malware'])
})

test('a scanner that is lost keeps everything in quarantine, and lets it out when it is back', { skip }, async () => {
  const who = inbox()
  const lost = await all.process({ scanner: 'clamd', clamd: 'unix:/nonexistent/clamd.sock' })
  const upload = await lost.settle(who, 'a.txt', text)
  assert.deepEqual([upload.state, upload.mediaType], ['looked-at', 'text/plain'])
  assert.equal((await lost.call(who, 'GET', `/v1/uploads/${upload.id}/content`)).body.code, 'UPLOAD_NOT_THERE')
  // Not at once again: it is left alone for a while.
  await here.run('uploads.settle')
  assert.equal((await stateOf(here, who, upload.id)).state, 'looked-at')
  later(31_000)
  await here.run('uploads.settle')
  assert.equal((await stateOf(here, who, upload.id)).state, 'there')
})

test('what no scanner said anything about in time is refused', async () => {
  const who = inbox()
  const lost = await all.process({ scanner: 'clamd', clamd: 'unix:/nonexistent/clamd.sock', quarantineHours: 2 })
  const { id } = await lost.settle(who, 'a.txt', text)
  for (let hour = 0; hour < 3; hour++) {
    const { state } = await stateOf(lost, who, id)
    if (state === 'refused') break
    later(3_600_000)
    await lost.run('uploads.settle')
  }
  const { state, reason } = await stateOf(lost, who, id)
  assert.deepEqual([state, reason], ['refused', 'not-scanned'])
  assert.equal(await frameCount(id), 0)
})

test('what another process received and left is taken up once its claim is over, by one alone', async () => {
  const who = inbox()
  const [one, two] = [await all.process(), await all.process()]
  const { id } = await one.settle(who, 'a.txt', text)
  const claimed = new Date(all.house.machine.clock.nowMs() + 60_000).toISOString()
  const back = `update uploads.upload set state = 'received', tries = 1, next_try_at = '${claimed}' where id = '${id}'`
  await all.house.db.asOwner(back)
  await two.run('uploads.settle')
  assert.equal((await stateOf(two, who, id)).state, 'received')
  later(61_000)
  const accepted = () =>
    all.house.events.filter(({ type, data }) => type === 'uploads.file.accepted' && data.upload === id).length
  const before = accepted()
  await Promise.all([one.run('uploads.settle'), two.run('uploads.settle')])
  assert.equal((await stateOf(two, who, id)).state, 'there')
  assert.equal(accepted(), before + 1)
})

test('what ended every process that looked at it is refused', async () => {
  const who = inbox()
  const process = await all.process()
  const { id } = await process.settle(who, 'a.txt', text)
  const now = new Date(all.house.machine.clock.nowMs()).toISOString()
  await all.house.db.asOwner(
    `update uploads.upload set state = 'received', tries = 5, next_try_at = '${now}' where id = '${id}'`,
  )
  await process.run('uploads.settle')
  assert.equal((await row(id)).reason, 'looking-failed')
})

test('what was deleted while it was looked at stays deleted', async () => {
  const who = inbox()
  const process = await all.process()
  const { body } = await process.send(who, 'a.txt', text)
  await process.call(who, 'DELETE', `/v1/uploads/${body.id}`)
  await process.uploads.idle()
  assert.equal(await row(body.id), undefined)
  assert.equal(await frameCount(body.id), 0)
})

test('a process that stops leaves what it looks at to the next, at once', async () => {
  const who = inbox()
  const [one, two] = [await all.process(), await all.process()]
  const { body } = await one.send(who, 'a.txt', text)
  await one.uploads.stop()
  await two.run('uploads.settle')
  assert.equal((await stateOf(two, who, body.id)).state, 'there')
})

test('what comes in while all at work have just heard that nothing is due is looked at all the same', async (t) => {
  const quarantine = new Quarantine({} as Parts)
  const nothingIsDue = Promise.withResolvers<void>()
  const drain = t.mock.method(quarantine, 'drain', () => nothingIsDue.promise)
  for (let file = 0; file < 5; file++) quarantine.soon()
  assert.equal(drain.mock.callCount(), 2)
  nothingIsDue.resolve()
  await quarantine.idle()
  assert.equal(drain.mock.callCount(), 3)
})

test('owners take turns: however many files one of them sent, nobody else waits for more than one of these', async () => {
  const [many, few, other] = [inbox(), inbox(), inbox()]
  const [idle, works] = [await all.process(), await all.process()]
  await idle.uploads.stop()
  const sent: { id: string; of: string }[] = []
  const send = async (who: typeof many, of: string) => {
    const { body } = await idle.send(who, 'a.txt', text)
    sent.push({ id: body.id, of })
    later(1_000)
  }
  for (let i = 0; i < 4; i++) await send(many, 'many')
  for (const [who, of] of [
    [few, 'few'],
    [other, 'other'],
    [few, 'few'],
  ] as const)
    await send(who, of)
  await works.run('uploads.settle')
  const accepted = all.house.events.flatMap(({ type, data }) =>
    type === 'uploads.file.accepted' ? sent.filter(({ id }) => id === data.upload) : [],
  )
  assert.deepEqual(
    accepted
      .slice(0, 3)
      .map(({ of }) => of)
      .sort(),
    ['few', 'many', 'other'],
  )
  assert.deepEqual(
    accepted
      .slice(3, 5)
      .map(({ of }) => of)
      .sort(),
    ['few', 'many'],
  )
  assert.deepEqual(accepted.map(({ of }) => of).slice(5), ['many', 'many'])
  // Of one owner the first is looked at first.
  const ofMany = sent.filter(({ of }) => of === 'many')
  assert.deepEqual(
    accepted.filter(({ of }) => of === 'many'),
    ofMany,
  )
})
