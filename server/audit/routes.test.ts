import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TObject, TSchema } from 'typebox'
import type { ConsistencyProof, LedgerEntries, LedgerVerifier } from '../../packages/wire/src/http/ledger.ts'
import { parseVerifierKey } from '../../packages/wire/src/ledger/note.ts'
import { formatTilePath } from '../../packages/wire/src/ledger/tile.ts'
import { verifyLedger } from '../../packages/wire/src/ledger/verify-ledger.ts'
import type { Reply, RouteRequest, Who } from '../platform/http/route.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'

let ledger: TestLedger
before(async () => {
  ledger = await openTestLedger()
  for (let i = 0; i < 30; i++) {
    ledger.clock.advance(1_000)
    const organisationId = i % 3 === 0 ? 'org_b' : 'org_a'
    const type = i % 2 === 0 ? 'identity.user.invited' : 'identity.users-list.read'
    await ledger.record(testEvent({ organisationId, type, data: { i }, personal: { email: `p${i}@example.test` } }))
  }
  await ledger.record(testEvent({ organisationId: null, type: 'keyring.root.rotated', subjectId: null }))
  await ledger.audit.settle()
})
after(() => ledger.close())

const principal = (organisationId: string) =>
  ({ kind: 'application', id: 'console', organisationId, roles: [], keyId: 'key_x' }) as const

/** Calls a route as the pipeline would, after its checks. */
async function call(path: string, request: { query?: object; params?: object; as?: string } = {}): Promise<unknown> {
  const route = ledger.audit.routes.find((one) => one.path === path)
  assert.ok(route, path)
  const full = { principal: principal(request.as ?? 'org_a'), query: request.query ?? {}, params: request.params ?? {} }
  return route.handle(full as unknown as RouteRequest<Who, TObject, TObject, TSchema>)
}
const search = (query: object = {}, path = '/v1/ledger/entries', as = 'org_a') =>
  call(path, { query, as }) as Promise<LedgerEntries>
const numbers = ({ items }: LedgerEntries) => items.map(({ data }) => data.i).filter((i) => i !== undefined)

test('a search shows the newest first, and only what is of the own organisation', async () => {
  const found = await search({ type: 'identity.' })
  assert.deepEqual(numbers(found), [29, 28, 26, 25, 23, 22, 20, 19, 17, 16, 14, 13, 11, 10, 8, 7, 5, 4, 2, 1])
  assert.equal(found.next, null)
  const [first] = found.items
  assert.equal(first?.summary, 'identity.users-list.read')
  assert.equal(found.items[1]?.summary, 'Invited a person')
  assert.equal(first?.personal, null)
  assert.equal(typeof first?.index, 'number')
  const installation = await search({}, '/v1/ledger/installation-entries')
  assert.deepEqual(
    installation.items.map(({ type }) => type),
    ['keyring.root.rotated'],
  )
})

test('pages follow one another without a gap or a repeat', async () => {
  const seen: unknown[] = []
  let cursor: string | null = null
  do {
    const page: LedgerEntries = await search({ type: 'identity.', limit: 7, ...(cursor === null ? {} : { cursor }) })
    seen.push(...numbers(page))
    cursor = page.next
  } while (cursor !== null)
  assert.deepEqual(seen, numbers(await search({ type: 'identity.' })))
})

test('filters narrow by type, actor, subject and time', async () => {
  assert.deepEqual(numbers(await search({ type: 'identity.user.', limit: 3 })), [28, 26, 22])
  assert.deepEqual(numbers(await search({ type: 'identity.users', limit: 2 })), [29, 25])
  assert.deepEqual((await search({ type: 'identity', actor: 'usr_nobody' })).items, [])
  assert.equal((await search({ subject: 'usr_ann' })).items.length, 20)
  const since = new Date(Date.UTC(2026, 0, 1) + 11_000).toISOString()
  const until = new Date(Date.UTC(2026, 0, 1) + 15_000).toISOString()
  assert.deepEqual(numbers(await search({ since, until })), [13, 11, 10])
})

test('personal fields are opened on their own route only, and are null once shredded', async () => {
  const path = '/v1/ledger/personal-entries'
  const [first] = (await search({ type: 'identity.', limit: 1 }, path)).items
  assert.deepEqual(first?.personal, { email: 'p29@example.test' })
  const [other] = (await search({ type: 'identity.', limit: 1 }, path, 'org_b')).items
  assert.deepEqual(other?.personal, { email: 'p27@example.test' })
  await ledger.database.transaction((tx) => ledger.keyring.shred(tx, 'org_b', 'usr_ann'))
  const [shredded] = (await search({ type: 'identity.', limit: 1 }, path, 'org_b')).items
  assert.equal(shredded?.personal, null)
})

test('each search is recorded with its filters, and with no mail address', async () => {
  await search({ type: 'identity.', subject: 'ann@example.test', limit: 5 })
  const [{ data, actor, body } = { data: {}, actor: null, body: '' }] = (
    await search({ type: 'audit.ledger.searched', limit: 1 })
  ).items
  // The newest search is the one that asks; the one before it is what it finds next.
  assert.deepEqual(data, { type: 'audit.ledger.searched', continued: false, personal: false })
  assert.deepEqual(actor, { kind: 'application', id: 'console' })
  const [, before] = (await search({ type: 'audit.ledger.searched', limit: 3 })).items.slice(1)
  assert.match(String(before?.data.subject), /^fingerprint:[A-Za-z0-9_-]{43}$/)
  assert.ok(!`${body}${before?.body}`.includes('@example'))
})

test('a cursor that no search gave is refused', async () => {
  for (const cursor of ['x', '', 'MA', 'LTE', 'OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ', 'MSBvciAx', 'MQ==']) {
    await assert.rejects(search({ cursor }), { code: 'LEDGER_CURSOR_INVALID' }, cursor)
  }
})

test('a search that cannot be recorded answers nothing', async () => {
  await ledger.asOwner('revoke insert on audit.entry from custodia_app')
  await assert.rejects(search(), /permission denied/)
  await assert.rejects(call('/v1/ledger/entries/:index/proof', { params: { index: 1 } }), /permission denied/)
  await assert.rejects(call('/ledger/tile/entries/*', { params: { '*': '000.p/1' } }), /permission denied/)
  await ledger.asOwner('grant insert on audit.entry to custodia_app')
})

test('an entry whose column was moved to another organisation is not shown there', async () => {
  await ledger.tamper(`update audit.entry set organisation_id = 'org_c' where organisation_id = 'org_b'`)
  assert.deepEqual(numbers(await search({}, '/v1/ledger/entries', 'org_c')), [])
  await ledger.tamper(
    `update audit.entry set organisation_id = 'org_b' where organisation_id = 'org_c' and type like 'identity%'`,
  )
})

test('the public files verify as any C2SP client would read them', async () => {
  await ledger.audit.settle()
  const verifier = (await call('/v1/ledger/verifier')) as LedgerVerifier
  assert.equal(verifier.origin, 'custodia.localhost:8080/ledger')
  const key = await parseVerifierKey(verifier.key)
  const bytes = async (path: string, params: object) => ((await call(path, { params })) as Reply<Uint8Array>).body
  const { findings, checkpoint } = await verifyLedger({
    key,
    source: {
      checkpoint: async () => ((await call('/ledger/checkpoint')) as Reply<string>).body,
      tile: (level, index, width) =>
        bytes('/ledger/tile/:level/*', { level: String(level), '*': formatTilePath({ level, index, width }).slice(7) }),
      entries: (index, width) =>
        bytes('/ledger/tile/entries/*', { '*': formatTilePath({ level: 'entries', index, width }).slice(13) }),
    },
  })
  assert.deepEqual(findings, [])
  assert.ok((checkpoint?.size ?? 0) > 30)
})

test('tiles that the tree does not have, and entries asked for as hashes, are refused', async () => {
  const tile = '/ledger/tile/:level/*'
  const bad = [
    { level: '0', '*': '000' },
    { level: '0', '*': '001.p/1' },
    { level: '1', '*': '000.p/1' },
    { level: '0', '*': '../entries/000.p/1' },
    { level: '0', '*': '000.p/0' },
    { level: '64', '*': '000' },
    { level: 'entries', '*': '000.p/1' },
    { level: '0', '*': 'x999/x999/x999/x999/999' },
  ]
  for (const params of bad)
    await assert.rejects(call(tile, { params }), { code: 'LEDGER_TILE_UNKNOWN' }, JSON.stringify(params))
  for (const rest of ['000', '001.p/1', '0', 'x999/x999/x999/x999/999']) {
    await assert.rejects(call('/ledger/tile/entries/*', { params: { '*': rest } }), { code: 'LEDGER_TILE_UNKNOWN' })
  }
})

test('only what carries no content is for anyone', () => {
  const open = ledger.audit.routes.filter(({ who }) => who === 'anyone').map(({ path }) => path)
  assert.deepEqual(open, [
    '/v1/ledger/consistency',
    '/v1/ledger/verifier',
    '/ledger/checkpoint',
    '/ledger/tile/:level/*',
  ])
  const needed = ledger.audit.routes.flatMap(({ path, who }) =>
    typeof who === 'object' ? [[path, who.permission]] : [],
  )
  assert.deepEqual(needed, [
    ['/v1/ledger/entries', 'ledger:read'],
    ['/v1/ledger/personal-entries', 'ledger:personal'],
    ['/v1/ledger/installation-entries', 'ledger:installation'],
    ['/v1/ledger/entries/:index/proof', 'ledger:read'],
    ['/ledger/tile/entries/*', 'ledger:read:all'],
  ])
})

test('the consistency of what was never signed together can be proven too', async () => {
  const { path } = (await call('/v1/ledger/consistency', { query: { from: 7, to: 31 } })) as ConsistencyProof
  assert.ok(path.length > 0)
})
