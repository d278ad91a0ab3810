import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../platform/random.ts'
import { giveRole } from './give-role.ts'
import { listRoles } from './list.ts'
import { closureOf, depthOf, roleTableOf } from './role-table.ts'
import type { GrantsHouse } from './testing.ts'
import { keyOf, openGrantsHouse, principalOf, reason, refused, setRoles } from './testing.ts'
import { changeRole, createRole, deleteRole } from './write-role.ts'

let house: GrantsHouse
before(async () => {
  house = await openGrantsHouse()
})
after(() => house.close())

const content = { summary: 'For a test.' }
const administrator = async (organisationId = newId('org')) => await house.person(organisationId, ['administrator'])

test('a role has its own permissions and those of what it includes, whatever was changed in between', async () => {
  const { parts, access } = house
  const by = await administrator()
  await createRole(parts, by, { ...content, name: 'clerk', permissions: ['mail:send'] })
  await createRole(parts, by, { ...content, name: 'chief', permissions: ['pay:see'], includes: ['clerk', 'reader'] })
  const entry = (await access.roleTable(by.organisationId)).roles.get('chief')
  assert.deepEqual(entry?.permissions, ['mail:read', 'mail:send', 'pay:see'])
  assert.deepEqual(entry?.closure, ['chief', 'clerk', 'reader'])
  await changeRole(parts, by, 'clerk', { permissions: ['mail:write'] })
  const now = (await access.roleTable(by.organisationId)).roles.get('chief')
  assert.deepEqual(now?.permissions, ['mail:read', 'mail:write', 'pay:see'])
})

test('a role decides for whoever has it, and no longer once it changed, in another process too', async () => {
  const { parts } = house
  const by = await administrator()
  const other = await house.another()
  const { organisationId } = by
  await createRole(parts, by, { ...content, name: 'sender', permissions: ['mail:send'] })
  const bo = await house.person(organisationId)
  await giveRole(parts, by, { subject: bo.id, role: 'sender', reason })
  const may = async () => {
    const roles = await other.access.rolesOf(organisationId, bo.id)
    return (await other.access.decide({ ...bo, roles }, 'mail:send')).allowed
  }
  assert.equal(await may(), true)
  await changeRole(parts, by, 'sender', { permissions: ['mail:read'] })
  assert.equal(await may(), false)
})

test('a role of one organisation is nothing in another', async () => {
  const { parts, access } = house
  const [by, stranger] = [await administrator(), await administrator()]
  await createRole(parts, by, { ...content, name: 'sender', permissions: ['mail:send'] })
  const { organisationId } = stranger
  assert.equal((await access.roleTable(organisationId)).roles.has('sender'), false)
  await refused(changeRole(parts, stranger, 'sender', { permissions: [] }), 'ACCESS_ROLE_UNKNOWN')
  await refused(deleteRole(parts, stranger, 'sender'), 'ACCESS_ROLE_UNKNOWN')
  const them = await house.person(organisationId)
  await refused(giveRole(parts, stranger, { subject: them.id, role: 'sender', reason }), 'ACCESS_ROLE_UNKNOWN')
  assert.equal((await access.decide({ ...them, roles: ['sender'] }, 'mail:send')).allowed, false)
})

test('permissions are exact names: unknown ones and patterns are refused and named', async () => {
  const { parts } = house
  const by = await administrator()
  for (const permission of ['mail:*', '*', 'mail:reed', 'mail', '__proto__', 'mail:read '])
    await assert.rejects(
      createRole(parts, by, { ...content, name: 'odd', permissions: ['mail:read', permission] }),
      (error: { code?: string; details?: object }) => {
        assert.equal(error.code, 'ACCESS_PERMISSION_UNKNOWN')
        assert.deepEqual(error.details, { permissions: [permission] })
        return true
      },
    )
})

test('nobody makes, widens, narrows or deletes a role beyond what they have', async () => {
  const { parts } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  await createRole(parts, boss, { ...content, name: 'sender', permissions: ['mail:send'] })
  await createRole(parts, boss, { ...content, name: 'mixed', permissions: ['mail:read', 'mail:send'] })
  const yours = 'ACCESS_NOT_YOURS_TO_GIVE'
  await refused(createRole(parts, helper, { ...content, name: 'x', permissions: ['mail:send'] }), yours, 'own')
  await refused(createRole(parts, helper, { ...content, name: 'x', includes: ['sender'] }), yours, 'included')
  await refused(createRole(parts, helper, { ...content, name: 'x', includes: ['administrator'] }), yours, 'all')
  await refused(changeRole(parts, helper, 'sender', { permissions: [] }), yours, 'taken')
  await refused(changeRole(parts, helper, 'mixed', { includes: ['writer'] }), yours, 'widened')
  await refused(deleteRole(parts, helper, 'sender'), yours, 'deleted')
  await createRole(parts, helper, { ...content, name: 'mine', permissions: ['mail:read'] })
  await changeRole(parts, helper, 'mixed', { permissions: ['mail:send'] })
})

test('rights come from the transaction, not from what the request carries', async () => {
  const { parts } = house
  const boss = await administrator()
  const once = await house.person(boss.organisationId, [])
  const stale = principalOf(boss.organisationId, once.id, ['administrator'])
  const asked = createRole(parts, stale, { ...content, name: 'x', permissions: ['mail:read'] })
  await refused(asked, 'ACCESS_NOT_YOURS_TO_GIVE')
})

test('a key hands on no more than it was made for, whatever its owner has', async () => {
  const { parts } = house
  const boss = await administrator()
  const key = keyOf(boss, ['access:roles:*', 'mail:read'])
  const asked = createRole(parts, key, { ...content, name: 'x', permissions: ['mail:write'] })
  await refused(asked, 'ACCESS_NOT_YOURS_TO_GIVE')
  await createRole(parts, key, { ...content, name: 'y', permissions: ['mail:read'] })
})

test('what somebody has for a time goes into no role, which knows no time', async () => {
  const { parts, context } = house
  const boss = await administrator()
  const helper = await house.person(boss.organisationId, ['helper'])
  const expiresAt = new Date(context.clock.nowMs() + 60_000).toISOString()
  await giveRole(parts, boss, { subject: helper.id, role: 'writer', expiresAt, reason })
  await createRole(parts, boss, { ...content, name: 'old', permissions: ['mail:read'] })
  const late = 'ACCESS_EXPIRY_TOO_LATE'
  await refused(createRole(parts, helper, { ...content, name: 'x', permissions: ['mail:write'] }), late)
  await refused(createRole(parts, helper, { ...content, name: 'x', includes: ['writer'] }), late)
  await refused(changeRole(parts, helper, 'old', { permissions: ['mail:read', 'mail:write'] }), late)
})

test('names that are taken, roles of the configuration and roles that somebody has are refused', async () => {
  const { parts } = house
  const by = await administrator()
  const bo = await house.person(by.organisationId)
  for (const name of ['reader', 'administrator', 'application'])
    await refused(createRole(parts, by, { ...content, name }), 'ACCESS_ROLE_TAKEN')
  for (const name of ['reader', 'administrator']) {
    await refused(changeRole(parts, by, name, { permissions: [] }), 'ACCESS_ROLE_FIXED')
    await refused(deleteRole(parts, by, name), 'ACCESS_ROLE_FIXED')
  }
  await refused(createRole(parts, by, { ...content, name: 'x', includes: ['nobody'] }), 'ACCESS_ROLE_UNKNOWN')
  await refused(createRole(parts, by, { ...content, name: 'x', includes: ['application'] }), 'ACCESS_ROLE_UNKNOWN')
  await createRole(parts, by, { ...content, name: 'one' })
  await refused(createRole(parts, by, { ...content, name: 'one' }), 'ACCESS_ROLE_TAKEN')
  await createRole(parts, by, { ...content, name: 'two', includes: ['one'] })
  await refused(deleteRole(parts, by, 'one'), 'ACCESS_ROLE_IN_USE', 'included')
  await giveRole(parts, by, { subject: bo.id, role: 'two', reason })
  await refused(deleteRole(parts, by, 'two'), 'ACCESS_ROLE_IN_USE', 'assigned')
})

test('circles of roles are refused when they are written, also by two at once, and so is depth', async () => {
  const { parts } = house
  const by = await administrator()
  await refused(createRole(parts, by, { ...content, name: 'self', includes: ['self'] }), 'ACCESS_CYCLE')
  await createRole(parts, by, { ...content, name: 'r0' })
  await createRole(parts, by, { ...content, name: 'r1', includes: ['r0'] })
  await refused(changeRole(parts, by, 'r0', { includes: ['r1'] }), 'ACCESS_CYCLE')
  await createRole(parts, by, { ...content, name: 'a' })
  await createRole(parts, by, { ...content, name: 'b' })
  const both = await Promise.allSettled([
    changeRole(parts, by, 'a', { includes: ['b'] }),
    changeRole(parts, by, 'b', { includes: ['a'] }),
  ])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
  for (let i = 2; i <= 10; i++) await createRole(parts, by, { ...content, name: `r${i}`, includes: [`r${i - 1}`] })
  await refused(createRole(parts, by, { ...content, name: 'r11', includes: ['r10'] }), 'ACCESS_TOO_DEEP')
  await refused(changeRole(parts, by, 'r0', { includes: ['reader'] }), 'ACCESS_TOO_DEEP', 'from below')
})

test('an organisation has a thousand roles of its own and no more', async () => {
  const { parts, opened } = house
  const by = await administrator()
  await opened.asOwner(`insert into access.role select '${by.organisationId}', 'r' || i, '', '{}', '{}', false, now(), now()
    from generate_series(1, 1000) i`)
  await refused(createRole(parts, by, { ...content, name: 'more' }), 'ACCESS_TOO_MANY')
})

test('roles are listed in pages, without those of machines, and a forged cursor is worth nothing', async () => {
  const { parts } = house
  const by = await administrator()
  await createRole(parts, by, { ...content, name: 'own' })
  const names: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await listRoles(parts, by.organisationId, { limit: 2, ...(cursor === '' ? {} : { cursor }) })
    names.push(...page.items.map((role) => role.name))
    cursor = page.next ?? undefined
  }
  assert.deepEqual(names, ['administrator', 'auditor', 'helper', 'member', 'own', 'reader', 'treasurer', 'writer'])
  for (const cursor of ['x', 'AAAA', Buffer.from("a' or 1=1").toString('base64url')])
    assert.equal((await listRoles(parts, by.organisationId, { limit: 1, cursor })).items[0]?.name, 'administrator')
})

test('a name that the configuration took later keeps the meaning that the organisation gave it', async () => {
  const { parts, access, opened, context } = house
  const { organisationId } = await administrator()
  await opened.asOwner(`insert into access.role values
    ('${organisationId}', 'writer', '', '{mail:read}', '{}', false, now(), now())`)
  const bo = await house.person(organisationId)
  await setRoles(access, context, { organisationId, subjectId: bo.id, roles: ['writer'] })
  const written = { name: 'writer', summary: '', permissions: ['mail:read'], includes: [], privileged: false }
  const table = roleTableOf(parts.configured, [written], { operates: true })
  assert.deepEqual(table.roles.get('writer')?.permissions, ['mail:read'])
  assert.equal((await access.decide({ ...bo, roles: ['writer'] }, 'mail:write')).allowed, false)
})

test('a permission that no module declares any more gives nothing and stops nobody', async () => {
  const { access, opened } = house
  const { organisationId } = await administrator()
  await opened.asOwner(`insert into access.role values
    ('${organisationId}', 'old', '', '{mail:read,gone:read}', '{reader,gone}', false, now(), now())`)
  assert.deepEqual((await access.roleTable(organisationId)).roles.get('old')?.permissions, ['mail:read'])
})

test('closures and depths hold for any graph, those with circles too', () => {
  const graph = fc.dictionary(
    fc.constantFrom(...'abcdef'),
    fc.uniqueArray(fc.constantFrom(...'abcdef'), { maxLength: 3 }),
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(graph, fc.constantFrom(...'abcdef'), (edges, start) => {
      const next = (name: string) => edges[name] ?? []
      const reached = closureOf(start, next)
      for (const one of reached) for (const other of next(one)) assert.ok(reached.has(other))
      const circular = [...reached].some((one) => next(one).some((other) => closureOf(other, next).has(one)))
      assert.equal(depthOf(start, next) === Number.POSITIVE_INFINITY, circular)
      if (!circular) for (const one of next(start)) assert.ok(depthOf(start, next) > depthOf(one, next))
    }),
  )
})

test('each change is one event, with what was gained and lost', async () => {
  const { parts, context } = house
  const by = await administrator()
  const from = context.events.length
  await createRole(parts, by, { ...content, name: 'sender', permissions: ['mail:send'] })
  await changeRole(parts, by, 'sender', { permissions: ['mail:read'] })
  await deleteRole(parts, by, 'sender')
  const events = context.events.slice(from)
  assert.deepEqual(
    events.map(({ type, actor }) => [type, actor]),
    ['created', 'changed', 'deleted'].map((verb) => [`access.role.${verb}`, { kind: 'user', id: by.id }]),
  )
  assert.deepEqual(events[1]?.data.gained, ['mail:read'])
  assert.deepEqual(events[1]?.data.lost, ['mail:send'])
})
