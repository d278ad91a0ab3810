import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import fc from 'fast-check'
import type { Keyring } from '../keyring/api.ts'
import { keyring as keyringModule } from '../keyring/module.ts'
import type { TestMachine } from '../keyring/testing.ts'
import { testMachine } from '../keyring/testing.ts'
import type { Queries } from '../platform/database/database.ts'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { isRefusal } from '../platform/errors.ts'
import type { Decision } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import { newId } from '../platform/random.ts'
import { testContext } from '../platform/testing.ts'
import type { Access } from './api.ts'
import { usualDecisions } from './decisions/config.ts'
import { createAccess, access as module } from './module.ts'
import { config } from './roles.ts'

const permissions = Object.fromEntries(
  [
    'identity:users:read',
    'identity:users:write',
    'ledger:read',
    'sessions:read',
    'inbox:read',
    'inbox:write',
    'keyring:seal',
    'keyring:open',
    'ledger:read:all',
  ].map((name) => [name, { summary: name }]),
)
const roles = {
  reader: { summary: 'Reads.', permissions: ['inbox:read'] },
  helper: { summary: 'Manages people.', permissions: ['identity:*'] },
}

let opened: TestDatabase
let machine: TestMachine
let keyring: Keyring
before(async () => {
  opened = await openTestDatabase([
    { module: 'keyring', folder: keyringModule.migrations as URL },
    { module: 'access', folder: module.migrations as URL },
  ])
  machine = await testMachine()
  keyring = await machine.start(opened.database)
})
after(async () => {
  await machine.close()
  await opened.close()
})

const start = (configured = roles, known = permissions) => {
  const context = testContext<typeof config>({
    config: { roles: configured, privilegedRoles: [], ...usualDecisions },
    database: opened.database,
    permissions: known,
  })
  return { context, access: createAccess(context, { keyring }) }
}

function user(organisationId: string, held: readonly string[]): Principal {
  return {
    kind: 'user',
    id: newId('usr'),
    organisationId,
    roles: held,
    sessionId: newId('ses'),
    factors: ['pwd'],
    authenticatedAtMs: 0,
  }
}

const give = (
  access: Access,
  organisationId: string,
  subjectId: string,
  held: readonly string[],
  by: Principal | null = null,
) =>
  opened.database.transaction((tx: Queries) =>
    access.setRoles(tx, { organisationId, subjectId, roles: held, by, actor: { kind: 'system' } }),
  )

const plain = ({ allowed, reason, policies }: Decision) => ({ allowed, reason, policies })

test('without a role nothing is allowed, and the reason says so', async () => {
  const { access } = start()
  assert.deepEqual(plain(await access.decide(user('org_a', []), 'inbox:read')), {
    allowed: false,
    reason: 'no-grant',
    policies: [],
  })
})

test('a role allows what it names and nothing more', async () => {
  const { access } = start()
  const principal = user('org_a', ['reader'])
  assert.deepEqual(plain(await access.decide(principal, 'inbox:read')), {
    allowed: true,
    reason: 'permitted',
    policies: ['role/reader'],
  })
  assert.equal((await access.decide(principal, 'inbox:write')).allowed, false)
  assert.equal((await access.decide(principal, 'inbox:rea')).allowed, false)
  assert.equal((await access.decide(principal, 'no:such:permission')).allowed, false)
})

test('an administrator of one organisation is nobody in another, and the boundary is named', async () => {
  const { access } = start()
  const resource = { type: 'mailbox', id: 'x', organisationId: 'org_b' }
  assert.deepEqual(plain(await access.decide(user('org_a', ['administrator']), 'inbox:read', { resource })), {
    allowed: false,
    reason: 'forbidden',
    policies: ['organisation-boundary'],
  })
  assert.equal((await access.decide(user('org_b', ['administrator']), 'inbox:read', { resource })).allowed, true)
})

test('a role that nobody configured gives nothing', async () => {
  const { access } = start()
  assert.equal((await access.decide(user('org_a', ['wizard', 'administrator"]']), 'inbox:read')).allowed, false)
})

test('an application is not a person: its role does not open what a role of people opens', async () => {
  const { access } = start()
  const application: Principal = {
    kind: 'application',
    id: 'inbox',
    organisationId: 'org_a',
    roles: ['application'],
    keyId: 'key_a',
  }
  assert.equal((await access.decide(application, 'keyring:seal')).allowed, true)
  assert.equal((await access.decide(application, 'identity:users:read')).allowed, false)
})

test('for any roles the remembered answer is the answer of the roles themselves', async () => {
  const { access } = start()
  const table = new Map(access.roles().map((role) => [role.name, new Set(role.permissions)]))
  const names = [...table.keys(), 'wizard']
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(...names)),
      fc.constantFrom(...Object.keys(permissions)),
      fc.boolean(),
      async (held, permission, own) => {
        const expected = own && held.some((name) => table.get(name)?.has(permission))
        const resource = { type: 't', id: 'i', organisationId: own ? 'org_a' : 'org_b' }
        for (let i = 0; i < 2; i++)
          assert.equal((await access.decide(user('org_a', held), permission, { resource })).allowed, expected)
      },
    ),
    { numRuns: 300 },
  )
})

test('a pattern that stands for nothing stops the start, and is named', () => {
  assert.throws(() => start({ ...roles, reader: { summary: '', permissions: ['inbx:read'] } }), /reader: inbx:read/)
})

for (const [what, value] of [
  ['a change of administrator', { administrator: { summary: '', permissions: [] } }],
  ['a name with a quote', { 'a"b': { summary: '', permissions: [] } }],
  ['no permissions', { a: { summary: '' } }],
  ['an unknown key', { a: { summary: '', permissions: [], parent: 'b' } }],
  ['a list', []],
  ['a permission with a quote', { a: { summary: '', permissions: ['a"b'] } }],
] as const) {
  test(`${what} is refused as a configuration of roles`, () => assert.throws(() => config.roles.parse(value)))
}

test('roles that were set are read back, sorted, by one and by many', async () => {
  const { access, context } = start()
  const [organisation, subject, other] = [newId('org'), newId('usr'), newId('usr')]
  await give(access, organisation, subject, ['reader', 'administrator'])
  assert.deepEqual(await access.rolesOf(organisation, subject), ['administrator', 'reader'])
  const many = await access.rolesOfMany(organisation, [subject, other])
  assert.deepEqual(many.get(other), [])
  assert.deepEqual(await access.rolesOf(newId('org'), subject), [], 'in another organisation they are nobody')
  assert.deepEqual(context.events.at(-1)?.data, { subject, added: ['administrator', 'reader'], removed: [] })
})

test('setting the same roles again writes no event', async () => {
  const { access, context } = start()
  const [organisation, subject] = [newId('org'), newId('usr')]
  await give(access, organisation, subject, ['reader'])
  const before = context.events.length
  await give(access, organisation, subject, ['reader'])
  assert.equal(context.events.length, before)
})

test('an unknown role and the role of applications are refused for a person', async () => {
  const { access } = start()
  for (const role of ['wizard', 'application', 'verifier'])
    await assert.rejects(give(access, newId('org'), newId('usr'), [role]), (error) =>
      isRefusal(error, 'ACCESS_ROLE_UNKNOWN'),
    )
})

test('nobody gives what they do not have, nor takes it from another', async () => {
  const { access } = start()
  const organisation = newId('org')
  const [administrator, helper, target] = [newId('usr'), user(organisation, ['helper']), newId('usr')]
  await give(access, organisation, administrator, ['administrator'])
  await give(access, organisation, helper.id, ['helper'])
  await assert.rejects(give(access, organisation, target, ['administrator'], helper), (error) =>
    isRefusal(error, 'ACCESS_NOT_YOURS_TO_GIVE'),
  )
  await assert.rejects(give(access, organisation, administrator, [], helper), (error) =>
    isRefusal(error, 'ACCESS_NOT_YOURS_TO_GIVE'),
  )
  await give(access, organisation, target, ['helper'], helper)
})

test('the last administrator stays, also when two resign at once', async () => {
  const { access } = start()
  const organisation = newId('org')
  const [first, second] = [newId('usr'), newId('usr')]
  await give(access, organisation, first, ['administrator'])
  await assert.rejects(give(access, organisation, first, []), (error) => isRefusal(error, 'ACCESS_LAST_ADMINISTRATOR'))
  await give(access, organisation, second, ['administrator'])
  const outcomes = await Promise.allSettled([
    give(access, organisation, first, []),
    give(access, organisation, second, []),
  ])
  assert.equal(outcomes.filter((one) => one.status === 'fulfilled').length, 1)
})

test('a role taken away is gone at once in another process', async () => {
  const { access, context } = start()
  const database = await opened.reopen()
  const elsewhere = createAccess(context.another(database), { keyring })
  const [organisation, subject] = [newId('org'), newId('usr')]
  const heard: (string | null)[] = []
  elsewhere.onChange((id) => heard.push(id))
  await give(access, organisation, subject, ['reader'])
  assert.deepEqual(await elsewhere.rolesOf(organisation, subject), ['reader'])
  await give(access, organisation, subject, [])
  assert.deepEqual(await elsewhere.rolesOf(organisation, subject), [])
  assert.deepEqual(heard, [subject, subject])
})

test('a change that is rolled back is announced to nobody', async () => {
  const { access } = start()
  const heard: (string | null)[] = []
  access.onChange((id) => heard.push(id))
  const failing = opened.database.transaction(async (tx) => {
    await access.setRoles(tx, {
      organisationId: newId('org'),
      subjectId: newId('usr'),
      roles: ['reader'],
      by: null,
      actor: { kind: 'system' },
    })
    throw new Error('later')
  })
  await assert.rejects(failing, /later/)
  assert.deepEqual(heard, [])
})
