import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { newId } from '../platform/random.ts'
import { compilePolicies, entitiesFromJson, entityFromJson, recordFromJson } from './cedar/api.ts'
import { builtInOf } from './decide/built-in.ts'
import { giveRole } from './grants/give-role.ts'
import { roleTableOf } from './grants/role-table.ts'
import type { GrantsHouse } from './grants/testing.ts'
import { keyOf, openGrantsHouse, refused } from './grants/testing.ts'
import { createRole } from './grants/write-role.ts'

const reaching = ['ledger:all', 'limits:all']
const first = newId('org')
const second = newId('org')

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse(['treasurer'], reaching)
  house.access.lendOperating(async () => first)
})
after(() => house?.close())

const administratorOf = (organisationId: string) => house.person(organisationId, ['administrator'])
const allowed = async (who: Parameters<GrantsHouse['access']['decide']>[0], permission: string) =>
  (await house.access.decide(who, permission)).allowed

test('what reaches the installation is its first organisation’s: `*` covers it there, and nowhere else', async () => {
  const [one, other] = [await administratorOf(first), await administratorOf(second)]
  for (const permission of reaching)
    assert.deepEqual([await allowed(one, permission), await allowed(other, permission)], [true, false], permission)
  assert.equal(await allowed(other, 'mail:read'), true)
  const { allowed: no, reason, policies } = await house.access.decide(other, 'limits:all')
  assert.deepEqual([no, reason, policies], [false, 'forbidden', ['installation-reach']])
  assert.deepEqual(
    (await house.access.permissionsOf(one)).filter((it) => !reaching.includes(it)),
    await house.access.permissionsOf(other),
  )
})

test('a key that is narrowed to it, and an application whose role names it, have it in the first organisation alone', async () => {
  for (const [organisationId, expected] of [
    [first, true],
    [second, false],
  ] as const) {
    const key = keyOf(await administratorOf(organisationId), ['limits:*', 'ledger:*'])
    const machine = {
      kind: 'application',
      id: 'app',
      organisationId,
      roles: ['spanning'],
      keyId: newId('key'),
    } as const
    assert.deepEqual([await allowed(key, 'limits:all'), await allowed(machine, 'ledger:all')], [expected, expected])
  }
})

test('nobody there puts it into a role, not the operator either; what stands in one from before counts for nothing', async () => {
  const by = await administratorOf(second)
  const body = { name: 'wide', summary: '', permissions: ['mail:read', 'limits:all'] }
  await refused(createRole(house.parts, by, body), 'ACCESS_PERMISSION_WITHHELD')
  const operator = { kind: 'operator', organisationId: second } as const
  await refused(createRole(house.parts, operator, body), 'ACCESS_PERMISSION_WITHHELD')
  assert.equal((await createRole(house.parts, await administratorOf(first), body)).permissions.length, 2)
  await house.opened.asOwner(`insert into access.role values
    ('${second}', 'from-before', '', '{limits:all,mail:read}', '{}', false, now(), now())`)
  house.access.grants.forget(second)
  const bo = await house.person(second, ['from-before'])
  assert.deepEqual([await allowed(bo, 'limits:all'), await allowed(bo, 'mail:read')], [false, true])
})

test('administrators there go on giving their own role, which has all that they have', async () => {
  const [by, bo] = [await administratorOf(second), await house.person(second)]
  await giveRole(house.parts, by, { subject: bo.id, role: 'administrator', reason: 'because' })
  assert.equal(await house.context.database.transaction((tx) => house.access.exceeds(tx, by, bo.id)), null)
})

test('while nobody is known to operate the installation, it is for nobody', async () => {
  const { access } = await house.another()
  const who = await administratorOf(first)
  assert.equal((await access.decide(who, 'limits:all')).allowed, false)
})

test('a role that covers all that a marked one has here is marked, though the marked one reaches further elsewhere', () => {
  const configured = { ...house.parts.configured, privileged: new Set(['administrator']) }
  const plain = [...configured.permissions].filter((one) => !reaching.includes(one))
  const copy = { name: 'copy', summary: '', permissions: plain, includes: [], privileged: false }
  assert.equal(roleTableOf(configured, [copy], { operates: false }).roles.get('copy')?.privileged, true)
  assert.equal(roleTableOf(configured, [copy], { operates: true }).roles.get('copy')?.privileged, false)
})

test('no role and no policy gets past it, and the compiled form decides as Cedar does', () => {
  const { configured } = house.parts
  const names = [...configured.permissions].filter((one) => /^(mail|pay|ledger|limits)/.test(one))
  const permission = fc.constantFrom(...names)
  const policy = fc.record({
    effect: fc.constantFrom('permit', 'forbid'),
    actions: fc.option(fc.uniqueArray(permission, { minLength: 1 })),
  })
  fc.assert(
    fc.property(
      fc.record({
        operates: fc.boolean(),
        granted: fc.uniqueArray(permission),
        role: fc.constantFrom('administrator', 'own', 'nobody'),
        policies: fc.array(policy, { maxLength: 4 }),
        action: permission,
      }),
      ({ operates, granted, role, policies, action }) => {
        const own = { name: 'own', summary: '', permissions: granted, includes: [], privileged: false }
        const builtIn = builtInOf(new Map())(roleTableOf(configured, [own], { operates })).staticPolicies
        const written = policies.map(({ effect, actions }, at) => [
          `policy/${at}`,
          {
            ...{ effect, principal: { op: 'All' }, resource: { op: 'All' }, conditions: [] },
            action:
              actions === null
                ? { op: 'All' }
                : { op: 'in', entities: actions.map((id) => ({ type: 'Custodia::Action', id })) },
          },
        ])
        const staticPolicies = { ...builtIn, ...Object.fromEntries(written) }
        const principal = { type: 'Custodia::User', id: 'bo' }
        const resource = { type: 'Custodia::Resource', id: 'org' }
        const uid = { type: 'Custodia::Action', id: action }
        const entities = [
          { uid: principal, attrs: { organisation: 'org' }, parents: [{ type: 'Custodia::Role', id: role }] },
          { uid: resource, attrs: { organisation: 'org' }, parents: [] },
        ]
        const compiled = compilePolicies({ staticPolicies }).decide(
          {
            principal: entityFromJson(principal),
            action: entityFromJson(uid),
            resource: entityFromJson(resource),
            context: recordFromJson({}),
          },
          entitiesFromJson(entities),
        )
        const request = { principal, action: uid, resource, context: {}, entities, policies: { staticPolicies } }
        const reference = cedar.isAuthorized(request as never)
        if (reference.type === 'failure') return assert.fail(JSON.stringify(reference.errors))
        assert.equal(compiled.decision, reference.response.decision)
        if (!operates && reaching.includes(action)) assert.equal(compiled.decision, 'deny')
      },
    ),
    { numRuns: 300 },
  )
})
