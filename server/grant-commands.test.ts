import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type {
  Approval,
  Assignment,
  Group,
  Membership,
  Review,
  ReviewItem,
  Role,
  ServiceAccount,
} from '@custodia/wire/http/access.ts'
import { grantsAdministration } from './access/grants/administration.ts'
import { giveRole } from './access/grants/give-role.ts'
import { principalOf } from './access/grants/testing.ts'
import type { CommandOptions } from './command-line.ts'
import { failureOf } from './command-output.ts'
import { grantCommands } from './grant-commands.ts'
import type { IdentityHouse, IdentityProcess } from './identity/testing.ts'
import { join, openIdentityHouse, setUp } from './identity/testing.ts'
import type { Browser } from './sessions/testing.ts'

let house: IdentityHouse
/** The server, and the process of the shell beside it. */
let server: IdentityProcess
let shell: IdentityProcess
let ada: Browser
const boss = 'ada@northwind.example'
const reason = 'Covers for Ann'

before(async () => {
  house = await openIdentityHouse()
  server = await house.process()
  shell = await house.process()
})
after(async () => await house.close())

type Found = Record<string, never> & { readonly said: string }
async function run<Value = Found>(line: readonly string[], options: CommandOptions = {}) {
  const command = grantCommands[line.slice(0, 2).join(' ')]
  assert.ok(command, line.join(' '))
  const grants = (organisationId: string) => grantsAdministration(shell.access.grants.parts, organisationId)
  const { value, text } = await command(
    { administration: shell.identity.administration, grants },
    line.slice(2),
    options,
  )
  return { ...(JSON.parse(JSON.stringify(value)) as Value), said: text }
}
const declined = async (line: readonly string[], options: CommandOptions = {}) =>
  await run(line, options).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).code ?? error.message,
  )
const lastOf = (type: string) => house.house.events.findLast((event) => event.type === `access.${type}`)
const seenBy = async (browser: Browser) =>
  ((await browser.call('GET', '/v1/me')).body as { permissions: string[] }).permissions
const role = async (name: string, permissions = 'sessions:read', more: CommandOptions = {}) =>
  await run<{ role: Role }>(['roles', 'create', name, 'For a test'], { permissions, ...more })

test('before there is an organisation every command says what to do', async () => {
  for (const command of ['roles list', 'groups list', 'service-accounts list', 'approvals list', 'reviews list'])
    assert.match(await declined(command.split(' ')), /custodia setup-link/)
  ada = await setUp(server)
})

test('a role is made, shown, changed and deleted, and the ledger has each as done by the system', async () => {
  const made = await role('night-shift', 'identity:users:read,sessions:read', { includes: 'member' })
  assert.match(made.said, /of its own +identity:users:read sessions:read/)
  assert.deepEqual([made.role.from, made.role.includes], ['organisation', ['member']])
  assert.match((await run(['roles', 'list'])).said, /^night-shift +organisation +one/m)
  const changed = await run<{ role: Role }>(['roles', 'change', 'night-shift'], { includes: 'none', summary: 'Other' })
  assert.deepEqual([changed.role.includes, changed.role.ownPermissions.length], [[], 2])
  assert.deepEqual((await run<{ role: Role }>(['roles', 'show', 'night-shift'])).role, changed.role)
  await run(['roles', 'delete', 'night-shift'])
  assert.equal(await declined(['roles', 'show', 'night-shift']), 'ACCESS_ROLE_UNKNOWN')
  for (const type of ['role.created', 'role.changed', 'role.deleted'])
    assert.deepEqual(lastOf(type)?.actor, { kind: 'system' }, type)
})

test('a role is given to somebody by their address, counts on the next request, ends by itself, and is taken', async () => {
  await role('evening')
  const { browser, email } = await join(server, ada)
  const has = async () => (await seenBy(browser)).includes('sessions:read')
  assert.equal(await has(), false)
  const given = await run<{ assignment: Assignment }>(['assignments', 'give', email, 'evening'], {
    reason,
    until: '2999-12-24',
  })
  assert.equal(given.assignment.expiresAt, '2999-12-24T00:00:00.000Z')
  assert.match(given.said, /^\S+@\S+ has the role evening, until 2999-12-24 00:00 UTC\.$/)
  assert.equal(await has(), true)
  assert.partialDeepStrictEqual(lastOf('role.assigned'), { actor: { kind: 'system' }, personal: { reason } })
  const listed = await run<{ items: Assignment[] }>(['assignments', 'list', email], { expiring: true })
  assert.deepEqual(
    listed.items.map((one) => [one.role, one.reason, one.assignedBy]),
    [['evening', reason, null]],
  )
  await run(['assignments', 'take', email, 'evening'], { reason })
  assert.equal(await has(), false)
  assert.equal(await declined(['assignments', 'take', email, 'evening'], { reason }), 'ACCESS_ASSIGNMENT_UNKNOWN')
})

test('a group is made; who is put in it has what it has until they are taken out, or it is deleted', async () => {
  await role('late')
  const { browser, email } = await join(server, ada)
  const has = async () => (await seenBy(browser)).includes('sessions:read')
  const { group } = await run<{ group: Group }>(['groups', 'create', 'Night shift'], { description: 'After ten' })
  await run(['assignments', 'give', group.id, 'late'], { reason })
  await run(['groups', 'add', group.id, email], { reason })
  assert.equal(await has(), true)
  const { items } = await run<{ items: Membership[] }>(['groups', 'show', group.id])
  assert.deepEqual(
    items.map((one) => [one.reason, one.addedBy]),
    [[reason, null]],
  )
  await run(['groups', 'remove', group.id, email], { reason })
  assert.equal(await has(), false)
  await run(['groups', 'add', group.id, email], { reason })
  assert.equal(await has(), true)
  await run(['groups', 'delete', group.id])
  assert.equal(await has(), false)
  assert.equal(await declined(['groups', 'show', group.id]), 'ACCESS_GROUP_UNKNOWN')
})

test('a service account is made, disabled and enabled', async () => {
  const { account } = await run<{ account: ServiceAccount }>(['service-accounts', 'create', 'Nightly report'])
  assert.match(
    (await run(['service-accounts', 'list'])).said,
    new RegExp(`^${account.id} +active .+ Nightly report$`, 'm'),
  )
  await run(['service-accounts', 'disable', account.id])
  assert.match((await run(['service-accounts', 'list'])).said, new RegExp(`^${account.id} +disabled`, 'm'))
  await run(['service-accounts', 'enable', account.id])
  assert.partialDeepStrictEqual(lastOf('service-account.changed')?.data, { account: account.id, disabled: false })
})

test('four eyes: what is marked is declined, by every way to it, unless it is said that it is done alone', async () => {
  await role('keeper', 'sessions:read', { privileged: true })
  const { email } = await join(server, ada)
  const { group } = await run<{ group: Group }>(['groups', 'create', 'Keepers'])
  const give = (subject: string) => ['assignments', 'give', subject, 'keeper']
  assert.equal(await declined(give(email), { reason }), 'ACCESS_PERSON_NEEDED')
  assert.equal(await declined(give(group.id), { reason }), 'ACCESS_PERSON_NEEDED')
  assert.equal((await run(['approvals', 'list'])).said, 'No second administrator was asked for anything.')
  await run(give(group.id), { reason, alone: true })
  assert.equal(await declined(['groups', 'add', group.id, email], { reason }), 'ACCESS_PERSON_NEEDED')
  await run(['groups', 'add', group.id, email], { reason, alone: true })
  assert.deepEqual(lastOf('group.joined')?.actor, { kind: 'system' })
  // What stands still for two administrators stands still for the shell.
  for (const change of [{ permissions: 'none' }, { permissions: 'identity:users:read' }])
    assert.equal(await declined(['roles', 'change', 'keeper'], change), 'ACCESS_ROLE_MARKED')
  assert.equal(await declined(['roles', 'delete', 'keeper']), 'ACCESS_ROLE_MARKED')
})

test('what waits for a second administrator is listed, with why', async () => {
  const { email } = await join(server, ada)
  const { id: organisationId } = await organisation()
  const people = shell.identity.administration.of(organisationId)
  const [{ user }, { user: asking }] = [await people.show(email), await people.show(boss)]
  const by = principalOf(organisationId, asking.id)
  const given = await giveRole(server.access.grants.parts, by, { subject: user.id, role: 'keeper', reason })
  assert.ok('waits' in given)
  const { items } = await run<{ items: Approval[] }>(['approvals', 'list'], { waiting: true })
  assert.deepEqual(
    items.map((one) => [one.subject, one.target, one.reason, one.outcome]),
    [[user.id, 'keeper', reason, null]],
  )
})

test('a review is opened, listed and shown', async () => {
  const open = ['reviews', 'open', 'Administrators, autumn']
  const { review } = await run<{ review: Review }>(open, { until: '2999-01-31T06:00Z', role: 'administrator' })
  assert.deepEqual([review.undecided, review.openedBy], ['keep', 'system'])
  assert.match(
    (await run(['reviews', 'list'])).said,
    new RegExp(`^${review.id} .+ no +keep +Administrators, autumn$`, 'm'),
  )
  const shown = await run<{ items: ReviewItem[] }>(['reviews', 'show', review.id])
  assert.deepEqual(
    shown.items.map((one) => [one.target, one.decision]),
    [['administrator', null]],
  )
  assert.match(shown.said, /What nobody decides is kept\./)
})

test('the last administrator stays, whoever has the machine', async () => {
  assert.equal(await declined(['assignments', 'take', boss, 'administrator'], { reason }), 'ACCESS_LAST_ADMINISTRATOR')
  const shorter = ['assignments', 'give', boss, 'administrator']
  assert.equal(await declined(shorter, { reason, until: '2999-01-01' }), 'ACCESS_LAST_ADMINISTRATOR')
})

test('what is wrong is declined, and says what to do', async () => {
  const id = (kind: string) => `${kind}_${'a'.repeat(26)}`
  const tries: readonly [line: string, CommandOptions, string | RegExp][] = [
    ['roles create evening again', {}, 'ACCESS_ROLE_TAKEN'],
    ['roles create UPPER x', {}, 'REQUEST_INVALID'],
    ['roles create odd x', { permissions: 'identity:*' }, 'REQUEST_INVALID'],
    ['roles create odd x', { permissions: 'made:up' }, 'ACCESS_PERMISSION_UNKNOWN'],
    ['roles create odd x', { includes: 'odd' }, 'ACCESS_CYCLE'],
    ['roles create odd x', { includes: 'application' }, 'ACCESS_ROLE_UNKNOWN'],
    ['roles change evening', {}, /What is to change/],
    ['roles change administrator', { permissions: 'none' }, 'ACCESS_ROLE_FIXED'],
    ['roles delete member', {}, 'ACCESS_ROLE_FIXED'],
    ['roles show __proto__', {}, 'ACCESS_ROLE_UNKNOWN'],
    [`assignments give ${boss} evening`, {}, /^Why\?/],
    [`assignments give ${boss} evening`, { reason: ' ' }, 'REQUEST_INVALID'],
    [`assignments give ${boss} evening`, { reason, until: '2020-01-01' }, 'ACCESS_EXPIRY_PAST'],
    [`assignments give ${boss} evening`, { reason, until: '2999-02-30' }, /--until is a day/],
    [`assignments give ${boss} evening`, { reason, until: 'tomorrow' }, /--until is a day/],
    [`assignments give ${boss} application`, { reason }, 'ACCESS_ROLE_UNKNOWN'],
    [`assignments give ${id('svc')} evening`, { reason }, 'ACCESS_SUBJECT_UNKNOWN'],
    [`assignments give ${id('usr')} evening`, { reason }, 'ACCESS_SUBJECT_UNKNOWN'],
    ['assignments give nobody@example.org evening', { reason }, 'IDENTITY_USER_UNKNOWN'],
    [`assignments give ${boss} wizard`, { reason }, 'ACCESS_ROLE_UNKNOWN'],
    [`assignments take ${boss} evening`, {}, /^Why\?/],
    [`groups add ${id('grp')} ${boss}`, { reason }, 'ACCESS_GROUP_UNKNOWN'],
    [`groups remove ${id('grp')} ${boss}`, { reason }, 'ACCESS_GROUP_UNKNOWN'],
    [`groups delete ${id('grp')}`, {}, 'ACCESS_GROUP_UNKNOWN'],
    [`service-accounts disable ${id('svc')}`, {}, 'ACCESS_SERVICE_ACCOUNT_UNKNOWN'],
    [`reviews show ${id('rvw')}`, {}, 'ACCESS_REVIEW_UNKNOWN'],
    ['reviews open Autumn', {}, /Until when/],
    ['reviews open Autumn', { until: '2020-01-01' }, 'ACCESS_EXPIRY_PAST'],
    ['reviews open Autumn', { until: '2999-01-01', undecided: 'shrug' }, 'REQUEST_INVALID'],
    ['reviews open Autumn', { until: '2999-01-01', role: 'wizard' }, 'ACCESS_REVIEW_EMPTY'],
    ['roles list', { limit: '201' }, /--limit/],
    ['roles list', { organisation: id('org') }, /no organisation/],
  ]
  const before = house.house.events.length
  for (const [line, options, what] of tries) {
    const said = await declined(line.split(' '), options)
    if (typeof what === 'string') assert.equal(said, what, line)
    else assert.match(said, what, line)
  }
  assert.equal(house.house.events.length, before, 'nothing was changed by any of them')
})

test('what strangers typed moves no cursor, and a page ends with how to ask for the next one', async () => {
  await run(['groups', 'create', 'a\u202eb'])
  const { said } = await run(['groups', 'list'], { limit: '1' })
  assert.match(said, /There are more: custodia groups list --after \S+$/)
  const cursor = String(said.split(' ').at(-1))
  assert.ok((await run<{ items: Group[] }>(['groups', 'list'], { after: cursor })).items.length > 0)
  assert.equal((await run(['groups', 'list'], { limit: '200' })).said.includes('\u202e'), false)
})

async function organisation() {
  const [first] = await shell.identity.administration.organisations(1)
  assert.ok(first)
  return first
}
