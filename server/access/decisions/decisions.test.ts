import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { memoryKeyring } from '../../audit/testing.ts'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { openTestDatabase } from '../../platform/database/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import type { MetricsRegistry } from '../../platform/telemetry/registry.ts'
import { testContext } from '../../platform/testing.ts'
import { compilePolicies } from '../cedar/api.ts'
import type { LoggedDecision, NotedDecision, Recorded } from './api.ts'
import { NotRecorded } from './api.ts'
import { openDecisionLog } from './decision-log.ts'
import { LogQueue } from './queue.ts'
import { replay } from './replay.ts'
import type { DecisionSearch } from './search.ts'
import { searchDecisions } from './search.ts'
import type { StoredDecision } from './store.ts'
import { deleteDecisionsOf, findDecisions, insertDecisions } from './store.ts'
import { sweepDecisions } from './sweep.ts'

let opened: TestDatabase
before(async () => {
  opened = await openTestDatabase([{ module: 'access', folder: new URL('../migrations/', import.meta.url) }])
})
after(() => opened.close())

const recorded: Recorded = {
  context: { network: { __extn: { fn: 'ip', arg: '203.0.113.9' } } },
  principal: { attributes: { organisation: 'org', kind: 'user' }, roles: ['reader'], groups: ['grp_a'] },
  resource: { attributes: { organisation: 'org', folder: 'confidential matters' }, complete: false },
  relations: { 'inbox:mailbox/7#reader': true, 'inbox:mailbox/7#owner': false },
}

const decision = (organisationId: string, more: Partial<NotedDecision> = {}): NotedDecision => ({
  organisationId,
  principal: { kind: 'user', id: 'usr_bo' },
  action: 'inbox:mail:read',
  resource: { type: 'inbox:mailbox', id: '7' },
  decision: 'deny',
  reason: 'no-grant',
  policies: [],
  errors: [],
  policyVersion: 3,
  revision: 12,
  latencyMicroseconds: 17.4,
  address: '203.0.113.9',
  recorded: () => recorded,
  ...more,
})

function start(sampled = 10_000) {
  const context = testContext({ config: {}, database: opened.database })
  const keyring = memoryKeyring()
  const log = openDecisionLog({ ...context, keyring, sampled })
  const lost = async () => {
    const text = await (context.metrics as MetricsRegistry).text()
    return Number(/^custodia_access_decisions_lost_total (\d+)/m.exec(text)?.[1] ?? 0)
  }
  return { context, keyring, log, lost }
}
const rowsOf = (organisationId: string) => findDecisions(opened.database.queries, organisationId, {}, 1_000)
const everything = (organisationId: string, log: ReturnType<typeof start>['log'], before: string | null = null) =>
  log.newest(organisationId, { since: new Date(0), before, limit: 100 })

test('a refusal is kept with all that it was; the address as its network, what was asked about sealed', async () => {
  const { log } = start()
  const organisationId = newId('org')
  log.note(decision(organisationId, { policies: ['policy/a'], errors: ['policy/b', 'policy/c'] }))
  log.note(
    decision(organisationId, { resource: null, address: '2001:db8:1:2::3', decision: 'allow', reason: 'permitted' }),
  )
  assert.equal(await log.drain(), true)
  const [second, first] = await rowsOf(organisationId)
  assert.partialDeepStrictEqual(first, {
    principal_kind: 'user',
    principal_id: 'usr_bo',
    resource_type: 'inbox:mailbox',
    resource_id: '7',
    decision: 'deny',
    reason: 'no-grant',
    policies: ['policy/a'],
    errors: ['policy/b', 'policy/c'],
    policy_version: 3,
    revision: 12,
    latency_us: 17,
    network: '203.0.113.0/24',
  })
  assert.partialDeepStrictEqual(second, { resource_type: null, network: '2001:db8:1::/48', policies: [] })
  const stored = await opened.asOwner(`select decision::text from access.decision
    where organisation_id = '${organisationId}'`)
  for (const word of ['203.0.113.9', 'confidential', Buffer.from('confidential').toString('hex')])
    assert.equal(JSON.stringify(stored).includes(word), false, word)
  assert.deepEqual((await everything(organisationId, log))[0]?.recorded, recorded)
})

test('what is written again, because its commit was not answered, stands once', async () => {
  const { log } = start()
  const organisationId = newId('org')
  for (let i = 0; i < 3; i++) log.note(decision(organisationId))
  await log.drain()
  const written = await rowsOf(organisationId)
  await insertDecisions(opened.database.queries, [
    ...written,
    { ...(written[0] as StoredDecision), record: newId('dec') },
  ])
  assert.equal((await rowsOf(organisationId)).length, 4)
})

test('what is allowed is sampled: none, all, or about as many as said; refusals are all kept', async () => {
  const count = async (sampled: number) => {
    const { log, context } = start(sampled)
    const organisationId = newId('org')
    for (let i = 0; i < 100; i++) {
      log.note(decision(organisationId, { decision: 'allow', reason: 'permitted' }))
      context.clock.advance(100)
    }
    for (let i = 0; i < 10; i++) log.note(decision(organisationId))
    await log.drain()
    const rows = await rowsOf(organisationId)
    return rows.filter((row) => row.decision === 'allow').length
  }
  assert.equal(await count(0), 0)
  assert.equal(await count(10_000), 100)
  const some = await count(5_000)
  assert.ok(some > 15 && some < 85, String(some))
})

test('what is allowed fills no more than twenty rows a second, and takes no room from refusals', async () => {
  const { log, lost } = start(10_000)
  const organisationId = newId('org')
  for (let i = 0; i < 300; i++) log.note(decision(organisationId, { decision: 'allow', reason: 'permitted' }))
  for (let i = 0; i < 200; i++) log.note(decision(organisationId))
  await log.drain()
  const rows = await rowsOf(organisationId)
  assert.deepEqual([rows.filter((row) => row.decision === 'allow').length, rows.length], [20, 220])
  assert.equal(await lost(), 0)
})

test('a flood of one organisation is cut and counted; another one is heard all the same', async () => {
  const { log, lost } = start()
  const [flooding, quiet] = [newId('org'), newId('org')]
  for (let i = 0; i < 1_000; i++) log.note(decision(flooding))
  log.note(decision(quiet))
  await log.drain()
  assert.equal((await rowsOf(flooding)).length, 200)
  assert.equal((await rowsOf(quiet)).length, 1)
  assert.equal(await lost(), 800)
})

test('nothing that a decision holds makes noting it fail, or its row grow', async () => {
  const { log, lost } = start()
  const organisationId = newId('org')
  const long = 'x'.repeat(100_000)
  log.note(
    decision(organisationId, {
      resource: { type: 'a\0b', id: `\ud800${long}` },
      action: long,
      latencyMicroseconds: 1e300,
    }),
  )
  log.note(decision(organisationId, { policies: Array.from({ length: 1_000 }, () => long), address: 'nowhere' }))
  log.note(decision(organisationId, { recorded: () => ({ ...recorded, context: { long } }) }))
  log.note(
    decision(organisationId, {
      recorded() {
        throw new Error('it broke')
      },
    }),
  )
  assert.equal(await log.drain(), true)
  const rows = await rowsOf(organisationId)
  assert.equal(rows.length, 3)
  assert.equal(await lost(), 1)
  for (const row of rows) assert.ok(JSON.stringify(row).length < 10_000)
  assert.deepEqual(
    (await everything(organisationId, log)).map((one) => one.recorded === null),
    [true, false, false],
  )
})

test('of somebody whose key was destroyed nothing can be read, and nothing new is kept readable', async () => {
  const { log, keyring } = start()
  const organisationId = newId('org')
  log.note(decision(organisationId))
  await log.drain()
  await keyring.shred(opened.database.queries, organisationId, 'usr_bo')
  log.note(decision(organisationId))
  await log.drain()
  assert.deepEqual(
    (await everything(organisationId, log)).map((one) => one.recorded),
    [null, null],
  )
  await opened.database.transaction((tx) => deleteDecisionsOf(tx, organisationId, 'usr_bo'))
  assert.deepEqual(await rowsOf(organisationId), [])
})

test('what was sealed for one row opens in no other', async () => {
  const { log } = start()
  const organisationId = newId('org')
  log.note(decision(organisationId))
  log.note(decision(organisationId, { principal: { kind: 'user', id: 'usr_eve' } }))
  await log.drain()
  await opened.asOwner(`update access.decision as one set recorded_sealed = other.recorded_sealed from access.decision as other
    where one.organisation_id = '${organisationId}' and other.organisation_id = '${organisationId}' and one.id <> other.id`)
  await assert.rejects(everything(organisationId, log))
})

describe('a queue', () => {
  const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
  test('that can’t be written to for long counts what is lost, and ends', async () => {
    let lost = 0
    const onLost = (count: number) => {
      lost += count
    }
    const write = async () => {
      throw new Error('the database is away')
    }
    const queue = new LogQueue<number>({ write, log: silent, onLost, capacity: 10 })
    for (let i = 0; i < 15; i++) queue.add(i)
    assert.equal(lost, 5)
    for (let attempt = 0; attempt < 19; attempt++) assert.equal(await queue.drain(), false)
    assert.equal(queue.length, 10)
    await queue.close()
    assert.deepEqual([lost, queue.length], [15, 0])
    queue.add(1)
    assert.equal(lost, 16)
  })
})

const reader: Principal = {
  kind: 'user',
  id: 'usr_ada',
  organisationId: newId('org'),
  roles: [],
  sessionId: 'ses_a',
  factors: ['pwd'],
  authenticatedAtMs: 0,
}

test('decisions are searched by time, principal, permission and outcome, in pages, and the search is in the ledger', async () => {
  const { log, context } = start()
  const { organisationId } = reader
  const note = (more: Partial<NotedDecision>) => {
    log.note(decision(organisationId, more))
    context.clock.advance(60_000)
  }
  const begin = new Date(context.clock.nowMs()).toISOString()
  note({})
  note({ principal: { kind: 'service', id: 'svc_a' }, decision: 'allow', reason: 'permitted' })
  const middle = new Date(context.clock.nowMs()).toISOString()
  note({ action: 'ledger:read', resource: null })
  const needs = { ...context, decisions: log }
  const find = async (search: DecisionSearch) =>
    (await searchDecisions(needs, reader, search)).items.map(({ action, principal }) => `${principal.id} ${action}`)
  assert.deepEqual(await find({}), ['usr_bo ledger:read', 'svc_a inbox:mail:read', 'usr_bo inbox:mail:read'])
  assert.deepEqual(await find({ principal: 'svc_a' }), ['svc_a inbox:mail:read'])
  assert.deepEqual(await find({ action: 'ledger:read' }), ['usr_bo ledger:read'])
  assert.deepEqual(await find({ decision: 'allow' }), ['svc_a inbox:mail:read'])
  assert.deepEqual(await find({ since: middle }), ['usr_bo ledger:read'])
  assert.deepEqual(await find({ since: begin, until: middle, decision: 'deny' }), ['usr_bo inbox:mail:read'])
  const first = await searchDecisions(needs, reader, { limit: 2 })
  const rest = await searchDecisions(needs, reader, { limit: 2, cursor: first.next as string })
  assert.deepEqual([first.items.length, rest.items.length, rest.next], [2, 1, null])
  const searched = context.events.at(-1)
  assert.deepEqual([searched?.type, searched?.data], ['access.decisions.searched', { filters: {}, continued: true }])
  assert.deepEqual((await searchDecisions(needs, { ...reader, organisationId: newId('org') }, {})).items, [])
  const theirs = await searchDecisions(
    needs,
    { ...reader, organisationId: newId('org') },
    { cursor: first.next as string },
  )
  assert.deepEqual(theirs.items, [], 'a cursor of another organisation leads nowhere')
})

test('a cursor that was made up is refused', async () => {
  const { log, context } = start()
  const made = (text: string) => Buffer.from(text).toString('base64url')
  for (const cursor of ['x', made('0'), made('-1'), made('1; drop'), made('9'.repeat(19)), `${made('12')}=`])
    await assert.rejects(searchDecisions({ ...context, decisions: log }, reader, { cursor }), (error) =>
      isRefusal(error, 'ACCESS_CURSOR_INVALID'),
    )
})

test('the old go by their age, and of each organisation the oldest of too many', async () => {
  const { log, context } = start()
  const [one, other] = [newId('org'), newId('org')]
  const sweep = (keptDays: number, kept: number) =>
    sweepDecisions({ database: opened.database, clock: context.clock, keptDays, kept }).run(
      new AbortController().signal,
    )
  for (let i = 0; i < 5; i++) log.note(decision(one, { revision: i }))
  log.note(decision(other))
  await log.drain()
  await sweep(30, 1_000)
  assert.equal((await rowsOf(one)).length, 5)
  await sweep(30, 2)
  assert.deepEqual(
    (await rowsOf(one)).map(({ revision }) => revision),
    [4, 3],
  )
  assert.equal((await rowsOf(other)).length, 1)
  context.clock.advance(31 * 86_400_000)
  await sweep(30, 2)
  assert.deepEqual([await rowsOf(one), await rowsOf(other)], [[], []])
})

describe('a logged decision is decided again from what the log says alone', () => {
  const permit = (body: unknown, effect = 'permit') => ({
    effect,
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body }],
  })
  const variable = (name: string) => ({ Var: name })
  const attribute = (of: string, attr: string) => ({ '.': { left: variable(of), attr } })
  const relation = (name: string) => ({ in: { left: variable('principal'), right: attribute('resource', name) } })
  const logged: LoggedDecision = { ...decision('org'), id: '1', at: new Date(0), decision: 'deny', recorded }
  const types = new Map([['inbox:mailbox', ['reader', 'owner', 'guest']]])
  const ask = (policy: unknown, more: Partial<LoggedDecision> = {}) => {
    const policies = { staticPolicies: { 'policy/a': policy } }
    return replay({ ...logged, ...more }, 'org', { compiled: compilePolicies(policies), policies, types }).decision
  }
  const entity = (type: string, id: string) => ({ Value: { __entity: { type, id } } })

  test('roles, groups, relations and attributes are as they were', () => {
    assert.equal(
      ask(permit({ in: { left: variable('principal'), right: entity('Custodia::Role', 'reader') } })),
      'allow',
    )
    assert.equal(ask(permit({ in: { left: variable('principal'), right: entity('Custodia::Role', 'owner') } })), 'deny')
    assert.equal(ask(permit(relation('reader'))), 'allow')
    assert.equal(ask(permit(relation('owner'))), 'deny')
    assert.equal(
      ask(permit({ '==': { left: attribute('resource', 'folder'), right: { Value: 'confidential matters' } } })),
      'allow',
    )
  })
  test('what the log does not say is not guessed', () => {
    assert.throws(() => ask(permit(relation('guest'))), NotRecorded)
    assert.throws(() => ask(permit({ has: { left: variable('resource'), attr: 'dataClass' } })), NotRecorded)
    assert.throws(() => ask(permit({ Value: true }), { recorded: null }), NotRecorded)
  })
  test('names of prototypes are names like others', () => {
    assert.throws(() => ask(permit({ has: { left: variable('resource'), attr: 'constructor' } })), NotRecorded)
    assert.equal(ask(permit({ has: { left: variable('principal'), attr: 'constructor' } })), 'deny')
  })
  test('a forbid that can’t be evaluated forbids, as where it was decided', () => {
    const failing = { '==': { left: attribute('context', 'nope'), right: { Value: 1 } } }
    const policies = { staticPolicies: { 'policy/a': permit({ Value: true }), 'policy/b': permit(failing, 'forbid') } }
    const answer = replay(logged, 'org', { compiled: compilePolicies(policies), policies, types })
    assert.deepEqual(answer, { decision: 'deny', by: ['policy/b'] })
  })
})
