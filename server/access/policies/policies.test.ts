import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TestDatabase } from '../../platform/database/testing.ts'
import { newId } from '../../platform/random.ts'
import { entitiesFromJson, entityUid, recordFromJson } from '../cedar/api.ts'
import { readRevision } from '../revision.ts'
import { activate } from './activate.ts'
import { draft } from './draft.ts'
import type { Laboratory } from './laboratory.ts'
import { openPolicies } from './policies.ts'
import { rollBack } from './roll-back.ts'
import { shadowVersion } from './shadow-version.ts'
import { listVersions, showDiff, showWhole } from './show.ts'
import { readLastRetired } from './store.ts'
import { testText, testVersion } from './test-version.ts'
import { builtIn, file, source } from './testing.ts'
import {
  asking,
  common,
  keyring,
  live,
  start as open,
  openPolicyDatabase,
  organisation,
  permitting,
  reason,
  refused,
  shadowed,
  stateOf,
  user,
} from './testing-house.ts'

let opened: TestDatabase
before(async () => {
  opened = await openPolicyDatabase()
})
after(() => opened.close())

const start = (world: Parameters<typeof open>[1] = {}) => open(opened, world)

describe('a version that does not become live', () => {
  test('one whose tests fail', async () => {
    const open = start()
    const by = user(newId('org'))
    const { number } = await draft(open.parts, { text: file.replace('"allow"', '"deny"'), reason }, by)
    const { green, results } = await testVersion(open.parts, number, by)
    assert.equal(green, false)
    assert.deepEqual(
      results.map(({ passed }) => passed),
      [false, true],
    )
    assert.match(results[0]?.problem ?? '', /it is allowed by delete-in-office/)
    assert.equal(await stateOf(open, by, number), 'draft')
    await refused(shadowVersion(open.parts, { number, days: 7 }, by), 'ACCESS_POLICY_STATE')
    await refused(
      activate(open.parts, { organisationId: by.organisationId, number, reason }, asking(by)),
      'ACCESS_POLICY_STATE',
    )
  })

  test('one whose test names another policy than decides', async () => {
    const { results } = await testText(
      start().parts,
      organisation,
      file.replace('"by": ["delete-in-office"]', '"by": []'),
    )
    assert.match(results[0]?.problem ?? '', /decided by delete-in-office/)
  })

  test('one with errors, though it is kept as a draft', async () => {
    const open = start()
    const by = user(newId('org'))
    const { number, study } = await draft(open.parts, { text: permitting('a', 'inbox:mail:shred'), reason }, by)
    assert.equal(study.errors.length, 1)
    assert.equal((await testVersion(open.parts, number, by)).green, false)
    assert.equal(await stateOf(open, by, number), 'draft')
  })

  test('one of another organisation: nobody else sees it, tests it, or makes it live', async () => {
    const open = start()
    const [owner, stranger] = [user(newId('org')), user(newId('org'))]
    const number = await shadowed(open, owner)
    const { parts } = open
    for (const work of [
      () => showWhole(parts, stranger.organisationId, number),
      () => testVersion(parts, number, stranger),
      () => shadowVersion(parts, { number, days: 7 }, stranger),
      () => activate(parts, { organisationId: stranger.organisationId, number, reason }, asking(stranger)),
      () => showDiff(parts, stranger.organisationId, 0, number),
      () => rollBack(parts, { organisationId: stranger.organisationId, to: number, instead: 0, reason }, null),
    ])
      await refused(work(), 'ACCESS_POLICY_VERSION_UNKNOWN')
    assert.deepEqual((await listVersions(parts, stranger.organisationId, {})).items, [])
  })

  test('one on which Cedar and the compiled form disagree in anything', async () => {
    const sound = start()
    const by = user(newId('org'))
    const number = await shadowed(sound, by)
    const lying: Laboratory = {
      async study(order) {
        const study = await common.study(order)
        const tests = study.tests.map((run) => ({ ...run, compiled: run.compiled && { ...run.compiled, by: [] } }))
        return { ...study, tests }
      },
    }
    const { parts } = start({ laboratory: lying })
    await refused(testVersion(parts, number, by), 'ACCESS_POLICY_DISAGREEMENT')
    await refused(
      activate(parts, { organisationId: by.organisationId, number, reason }, asking(by)),
      'ACCESS_POLICY_DISAGREEMENT',
    )
    assert.equal(await stateOf(sound, by, number), 'shadowed')
  })

  test('one whose stored form is not that of its text', async () => {
    const open = start()
    const by = user(newId('org'))
    const number = await shadowed(open, by)
    await opened.asOwner(`update access.policy_version set compiled = '{"staticPolicies":{}}'
      where organisation_id = '${by.organisationId}'`)
    await assert.rejects(
      activate(open.parts, { organisationId: by.organisationId, number, reason }, asking(by)),
      /compiled form/,
    )
  })

  test('one that was shadowed against what is live no more', async () => {
    const open = start()
    const by = user(newId('org'))
    const [first, second] = [await shadowed(open, by), await shadowed(open, by, permitting('b'))]
    await activate(open.parts, { organisationId: by.organisationId, number: first, reason }, asking(by))
    await refused(
      activate(open.parts, { organisationId: by.organisationId, number: second, reason }, asking(by)),
      'ACCESS_POLICY_CHANGED',
    )
    await shadowVersion(open.parts, { number: second, days: 7 }, by)
    await activate(open.parts, { organisationId: by.organisationId, number: second, reason }, asking(by))
    assert.equal(await stateOf(open, by, first), 'retired')
  })
})

test('of two versions that are made live at once one wins, and one version is made live once', async () => {
  const open = start()
  const by = user(newId('org'))
  const [first, second] = [await shadowed(open, by), await shadowed(open, by, permitting('b'))]
  const make = (number: number) =>
    activate(open.parts, { organisationId: by.organisationId, number, reason }, asking(by))
  const outcomes = await Promise.allSettled([make(first), make(second), make(first)])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const { items } = await listVersions(open.parts, by.organisationId, {})
  assert.equal(items.filter(({ state }) => state === 'live').length, 1)
})

test('roll-back goes to what was live and to nothing else, and not twice', async () => {
  const open = start()
  const by = user(newId('org'))
  const { organisationId } = by
  const back = (to: number, instead: number) =>
    rollBack(open.parts, { organisationId, to, instead, reason }, asking(by))
  await refused(back(0, 0), 'ACCESS_POLICY_STATE')
  const { number } = await draft(open.parts, { text: file, reason }, by)
  await refused(back(number, 0), 'ACCESS_POLICY_STATE')
  const first = await live(open, by)
  await refused(back(first, first), 'ACCESS_POLICY_STATE')
  const second = await live(open, by, permitting('b'))
  assert.equal(await readLastRetired(opened.database.queries, organisationId), first)
  await refused(back(first, first), 'ACCESS_POLICY_CHANGED')
  const outcomes = await Promise.allSettled([back(first, second), back(first, second), back(0, second)])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.notEqual((await open.policies.live(organisationId)).version, second)
})

test('what is live is so in another process on the next question, and is compiled once for the same built-in policies', async () => {
  const open = start()
  const by = user(newId('org'))
  const { organisationId } = by
  const other = open.context.another(await opened.reopen())
  const elsewhere = openPolicies(other, { ...open.parts.needs, keyring, decisions: open.parts.decisions, source })
  assert.equal((await elsewhere.live(organisationId)).version, 0)
  assert.equal((elsewhere.live(organisationId) as { version: number }).version, 0, 'from memory')
  const first = await live(open, by)
  const found = await elsewhere.live(organisationId)
  assert.equal(found.version, first)
  assert.equal(elsewhere.live(organisationId), found)
  assert.equal(found.compileWith(builtIn), found.compileWith(builtIn))
  const second = await live(open, by, permitting('b'))
  assert.equal((await elsewhere.live(organisationId)).version, second)
  await rollBack(open.parts, { organisationId, to: first, instead: second, reason }, asking(by))
  assert.equal((await elsewhere.live(organisationId)).version, first)
})

test('the live policies decide beside the built-in ones, by names that no built-in one has', async () => {
  const open = start()
  const by = user(newId('org'))
  await live(
    open,
    by,
    `${file}\n@id("organisation-boundary") permit(principal, action == Custodia::Action::"ledger:read", resource);`,
  )
  const compiled = (await open.policies.live(by.organisationId)).compileWith(builtIn)
  const answer = compiled.decide(
    {
      principal: entityUid('Custodia::User', 'bo'),
      action: entityUid('Custodia::Action', 'ledger:read'),
      resource: entityUid('Custodia::Resource', 'org'),
      context: recordFromJson({}),
    },
    entitiesFromJson([]),
  )
  assert.deepEqual(answer.determining, ['policy/organisation-boundary'])
})

test('each step is an event with who and why, the reason sealed; what goes live raises the revision', async () => {
  const open = start()
  const by = user(newId('org'))
  const { organisationId } = by
  const number = await live(open, by)
  assert.deepEqual(
    open.context.events.map(({ type }) => type),
    ['drafted', 'tested', 'shadowed', 'activated'].map((step) => `access.policies.${step}`),
  )
  assert.deepEqual(open.context.events.at(-1), {
    type: 'access.policies.activated',
    organisationId,
    actor: { kind: 'user', id: by.id },
    subjectId: null,
    data: { version: number, instead: 0, added: ['delete-in-office', 'no-secrets-at-risk'], removed: [], changed: [] },
    personal: { reason },
  })
  assert.equal(await readRevision(opened.database.queries, organisationId), 1)
  const rows = await opened.asOwner(`select reason_sealed::text from access.policy_version
    where organisation_id = '${organisationId}'`)
  assert.equal(JSON.stringify(rows).includes(Buffer.from(reason).toString('hex')), false)
  assert.equal((await showWhole(open.parts, organisationId, number)).reason, reason)
})

test('the application can’t change a text, nor whom it is of', async () => {
  for (const column of ["text = ''", "compiled = ''", "organisation_id = 'x'", 'number = 7'])
    await assert.rejects(
      opened.database.transaction(async (tx) => {
        const { sql } = await import('kysely')
        await sql.raw(`update access.policy_version set ${column}`).execute(tx)
      }),
      /permission denied/,
    )
})

test('versions are listed in pages; a cursor that was made up is refused', async () => {
  const open = start()
  const by = user(newId('org'))
  for (const id of ['a', 'b', 'c']) await draft(open.parts, { text: permitting(id), reason }, by)
  const first = await listVersions(open.parts, by.organisationId, { limit: 2 })
  assert.deepEqual(
    first.items.map(({ number }) => number),
    [3, 2],
  )
  const rest = await listVersions(open.parts, by.organisationId, { limit: 2, cursor: first.next as string })
  assert.deepEqual([rest.items.map(({ number }) => number), rest.next], [[1], null])
  for (const cursor of ['x', '', 'LTE', Buffer.from('1 or 1').toString('base64url'), `${first.next}A`])
    await refused(listVersions(open.parts, by.organisationId, { cursor }), 'ACCESS_CURSOR_INVALID')
})

test('two versions are compared policy by policy and line by line', async () => {
  const open = start()
  const by = user(newId('org'))
  await draft(
    open.parts,
    {
      text: `${permitting('stays')}${permitting('goes')}@id("turns")\nforbid(principal, action, resource)\nwhen { context.risk > 1 };`,
      reason,
    },
    by,
  )
  await draft(
    open.parts,
    {
      text: `${permitting('stays')}${permitting('comes')}@id("turns")\nforbid(principal, action, resource)\nwhen { context.risk > 2 };`,
      reason,
    },
    by,
  )
  const diff = await showDiff(open.parts, by.organisationId, 1, 2)
  assert.deepEqual(
    diff.map(({ id, change }) => [id, change]),
    [
      ['comes', 'added'],
      ['goes', 'removed'],
      ['turns', 'changed'],
    ],
  )
  assert.deepEqual(
    diff[2]?.lines.map(({ change, text }) => [change, text]),
    [
      ['same', '@id("turns")'],
      ['same', 'forbid(principal, action, resource)'],
      ['removed', 'when { context.risk > 1 };'],
      ['added', 'when { context.risk > 2 };'],
    ],
  )
  assert.equal((await showDiff(open.parts, by.organisationId, 0, 1)).length, 3)
})
