import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KeptUpload } from '@custodia/wire/http/uploads.ts'
import { newId } from '../platform/random.ts'
import type { Caller, UploadsHouse, UploadsProcess } from './testing.ts'
import { inbox, openUploadsHouse } from './testing.ts'

let house: UploadsHouse
let one: UploadsProcess
before(async () => {
  house = await openUploadsHouse()
  one = await house.process()
})
after(() => house.close())

type List = { items: KeptUpload[]; next: string | null; code?: string }
const list = async (who: Caller | null, path: string, more = ''): Promise<{ status: number; body: List }> => {
  const { status, body } = await one.call(who, 'GET', `/v1/${path}${more}`)
  return { status, body: body as unknown as List }
}
const keeper = ({ organisationId }: Caller): Caller => ({ application: 'keeper', organisationId, roles: ['keeper'] })
const text = Buffer.from('some words')

test('each sees their own files alone, the newest first, page by page', async () => {
  const mine = inbox()
  const ids: string[] = []
  for (const name of ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt']) {
    ids.unshift((await one.settle(mine, name, text)).id)
    house.house.machine.clock.advance(1_000)
  }
  await one.settle({ ...mine, application: 'other' }, 'theirs.txt', text)
  await one.settle(inbox(), 'elsewhere.txt', text)
  const found: string[] = []
  let cursor = ''
  for (let pages = 0; pages < 5; pages += 1) {
    const { body } = await list(mine, 'uploads', `?limit=2${cursor}`)
    found.push(...body.items.map(({ id }) => id))
    if (body.next === null) break
    cursor = `&cursor=${body.next}`
  }
  assert.deepEqual(found, ids)
})

test('files of one moment are on one page or the other, and none twice', async () => {
  const mine = inbox()
  for (let n = 0; n < 5; n += 1) await one.settle(mine, `${n}.txt`, text)
  const first = (await list(mine, 'uploads', '?limit=3')).body
  const second = (await list(mine, 'uploads', `?limit=3&cursor=${first.next}`)).body
  assert.deepEqual([first.items.length, second.items.length, second.next], [3, 2, null])
  assert.equal(new Set([...first.items, ...second.items].map(({ id }) => id)).size, 5)
})

test('who looks after the organisation sees all of it with its owners and reasons, and no content', async () => {
  const mine = inbox()
  const there = await one.settle(mine, 'a.txt', text)
  const refused = await one.settle({ ...mine, application: 'shop' }, 'b.txt', Buffer.from('<html>'))
  const all = (await list(keeper(mine), 'organisation/uploads')).body.items
  assert.deepEqual(
    new Set(all.map(({ id, owner, state, reason }) => `${id} ${owner.id} ${state} ${reason}`)),
    new Set([`${there.id} inbox there null`, `${refused.id} shop refused text-active`]),
  )
  assert.deepEqual(
    (await list(keeper(mine), 'organisation/uploads', '?state=refused')).body.items.map(({ id }) => id),
    [refused.id],
  )
  assert.deepEqual((await list(keeper(mine), 'organisation/uploads', '?state=quarantine')).body.items, [])
  for (const path of [there.id, `${there.id}/content`])
    assert.ok((await one.call(keeper(mine), 'GET', `/v1/uploads/${path}`)).status >= 403)
  assert.equal((await one.call(keeper(mine), 'POST', `/v1/uploads/${there.id}/links`)).status, 403)
})

test('nobody else sees or changes them: not the sender, not another organisation, not a stranger', async () => {
  const mine = inbox()
  const { id } = await one.settle(mine, 'a.txt', text)
  for (const [who, status] of [
    [mine, 403],
    [{ ...mine, roles: [] }, 403],
    [null, 401],
  ] as const) {
    assert.equal((await list(who, 'organisation/uploads')).status, status)
    assert.equal((await one.call(who, 'DELETE', `/v1/organisation/uploads/${id}`)).status, status)
    assert.equal((await one.call(who, 'POST', `/v1/organisation/uploads/${id}/scan`)).status, status)
  }
  const other = keeper(inbox())
  assert.deepEqual((await list(other, 'organisation/uploads')).body.items, [])
  assert.equal((await one.call(other, 'DELETE', `/v1/organisation/uploads/${id}`)).status, 404)
  assert.equal((await one.call(other, 'POST', `/v1/organisation/uploads/${id}/scan`)).status, 404)
  assert.equal((await one.call(mine, 'GET', `/v1/uploads/${id}`)).status, 200)
})

test('a cursor that no list gave is refused, and so is what a list does not know', async () => {
  const mine = inbox()
  for (const cursor of [
    'x',
    Buffer.from(`1 ${newId('usr')}`).toString('base64url'),
    Buffer.from(`9e9 ${newId('upl')}`).toString('base64url'),
  ])
    assert.deepEqual([(await list(mine, 'uploads', `?cursor=${cursor}`)).status], [400], cursor)
  for (const more of [
    '?state=receiving',
    '?state=all',
    '?limit=0',
    '?limit=101',
    '?limit=1.5',
    '?owner=x',
    '?cursor=%00',
    `?cursor=${'a'.repeat(300)}`,
  ])
    assert.equal((await list(mine, 'uploads', more)).status, 400, more)
})

test('a file is deleted by who looks after the organisation, once, and the ledger says who', async () => {
  const mine = inbox()
  const { id } = await one.settle(mine, 'a.txt', text)
  assert.equal((await one.call(keeper(mine), 'DELETE', `/v1/organisation/uploads/${id}`)).status, 204)
  assert.equal((await one.call(keeper(mine), 'DELETE', `/v1/organisation/uploads/${id}`)).status, 404)
  assert.equal((await one.call(mine, 'GET', `/v1/uploads/${id}`)).status, 404)
})

test('what waits for the scanner is scanned at once when that is asked; what was decided is not', async () => {
  const lost = await house.process({ scanner: 'clamd', clamd: 'unix:/nowhere.sock', clamdTimeoutSeconds: 1 })
  const mine = inbox()
  const waiting = await lost.settle(mine, 'a.txt', text)
  assert.equal(waiting.state, 'looked-at')
  const held = (await list(keeper(mine), 'organisation/uploads', '?state=quarantine')).body.items
  assert.deepEqual(
    held.map(({ id, nextTryAt }) => [id, nextTryAt !== null]),
    [[waiting.id, true]],
  )
  // The scanner is lost still: no word of anybody lets it out.
  assert.equal((await lost.call(keeper(mine), 'POST', `/v1/organisation/uploads/${waiting.id}/scan`)).status, 202)
  await lost.uploads.idle()
  assert.equal((await one.call(mine, 'GET', `/v1/uploads/${waiting.id}`)).body.state, 'looked-at')
  assert.equal((await one.call(mine, 'GET', `/v1/uploads/${waiting.id}/content`)).status, 409)
  // Where it answers, here by not being asked for, it is decided now and not at the next try.
  assert.equal((await one.call(keeper(mine), 'POST', `/v1/organisation/uploads/${waiting.id}/scan`)).status, 202)
  await one.uploads.idle()
  assert.equal((await one.call(mine, 'GET', `/v1/uploads/${waiting.id}`)).body.state, 'there')
  const refused = await one.settle(mine, 'b.txt', Buffer.from('<html>'))
  for (const { id } of [waiting, refused]) {
    const answer = await one.call(keeper(mine), 'POST', `/v1/organisation/uploads/${id}/scan`)
    assert.deepEqual([answer.status, answer.body.code], [409, 'UPLOAD_DECIDED'])
  }
})

test('a file whose key was destroyed is no reason to list none: its owner sees the others, whoever looks after them can delete it', async () => {
  const mine = inbox()
  const person = newId('usr')
  const theirs = await one.settle(mine, 'theirs.txt', text, `?for=${person}`)
  const other = await one.settle(mine, 'other.txt', text)
  await one.context.database.transaction((tx) => one.keyring.shred(tx, mine.organisationId, person))
  const idsOf = ({ body }: { body: List }) => body.items.map(({ id }) => id)
  assert.deepEqual(idsOf(await list(mine, 'uploads')), [other.id])
  const kept = (await list(keeper(mine), 'organisation/uploads')).body.items.find(({ id }) => id === theirs.id)
  assert.partialDeepStrictEqual(kept, { name: null, sha256: null, subjectId: person })
  assert.equal((await one.call(keeper(mine), 'DELETE', `/v1/organisation/uploads/${theirs.id}`)).status, 204)
})

test('what expired is listed no more', async () => {
  const mine = inbox()
  await one.settle(mine, 'a.txt', text, '?days=1')
  assert.equal((await list(mine, 'uploads')).body.items.length, 1)
  house.house.machine.clock.advance(86_400_000)
  assert.equal((await list(mine, 'uploads')).body.items.length, 0)
  assert.equal((await list(keeper(mine), 'organisation/uploads')).body.items.length, 0)
})
