import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import type { CallOptions } from '../../tools/demo/call.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'
import { unlimited } from './target.ts'

// Two organisations in one installation, each with an administrator whose role is `*`. What reaches beyond an organisation is the
// business of the first one, which operates the installation; the second one's administrator tries all of it.

const configuration = `gateway:
  applications:
    app:
      title: App
      host: app.localhost
      upstream: http://127.0.0.1:1
      rules:
        - { path: "/**", public: true }
      edge:
        browser: { profile: learn }
`
/** What reaches the whole installation. */
const reaching = [
  'browser:policies:write',
  'browser:reports:read',
  'ledger:installation',
  'ledger:read:all',
  'limits:installation',
]
const proposed = { sources: { 'default-src': ["'self'"] } }

let server: TestServer
let superuser: Superuser
let first: string
let second: string
before(async () => {
  server = await startTestServer({ configuration, environment: unlimited })
  const accounts = await withAccounts(server)
  superuser = await superuserOf(server.folder)
  // Nothing makes a second organisation yet but the set-up, which makes one where there is none: so the first one stands aside meanwhile.
  const [kept] = await superuser.run('select * from identity.organisation')
  await superuser.run('set session_replication_role = replica; delete from identity.organisation')
  const password = 'seven grey herons wade'
  const email = 'bo@other.example'
  const token = String(server.command('setup-link').link).split('#')[1]
  const made = await server.call('POST', '/v1/setup', {
    body: { token, organisation: 'Other', name: 'Bo Lind', email, password },
  })
  if (made.status !== 200) throw new Error(`the set-up failed: ${JSON.stringify(made.body)}`)
  const { id, name } = kept as { id: string; name: string }
  await superuser.run(`insert into identity.organisation values ('${id}', '${name}', now() - interval '1 day')`)
  await superuser.close()
  await server.stop()
  const { folder } = server
  server = await startTestServer({ folder, configuration, environment: unlimited })
  superuser = await superuserOf(folder)
  first = await signIn(server.call, accounts[0] as Account)
  second = await signIn(server.call, { ...(accounts[0] as Account), email, password })
})
after(async () => {
  await superuser?.close()
  await server?.remove()
})

const call = (cookie: string, method: string, path: string, body?: object) =>
  server.call(method, path, { cookie, ...(body === undefined ? {} : { body }) } as CallOptions)

const installation = { scope: 'installation', by: 'address', burst: 1, perSeconds: 60, classes: ['read'] }
const deny = { scope: 'installation', list: 'deny', network: '198.51.100.0/24', reason: 'An attack.', seconds: 600 }

const organisationOf = async (cookie: string) => (await meOf(cookie)).organisationId
const meOf = async (cookie: string) =>
  (await call(cookie, 'GET', '/v1/me')).body.user as { id: string; organisationId: string }

test('the administrator of a second organisation is one', async () => {
  const [mine, theirs] = [await organisationOf(second), await organisationOf(first)]
  assert.notEqual(mine, theirs)
  for (const path of ['/v1/users', '/v1/roles', '/v1/limits/policies', '/v1/ledger/entries', '/v1/webhooks/endpoints'])
    assert.equal((await call(second, 'GET', path)).status, 200, path)
})

test('they reach nothing of the installation', async () => {
  const entry = await call(first, 'POST', '/v1/limits/entries', deny)
  assert.equal(entry.status, 201)
  for (const [method, path, body] of [
    ['GET', '/v1/ledger/installation-entries'],
    ['GET', '/ledger/tile/entries/000'],
    ['GET', '/v1/browser-reports'],
    ['GET', '/v1/browser-policies'],
    ['GET', '/v1/browser-policies/app'],
    ['POST', '/v1/browser-policies/app', { instead: 0, ...proposed }],
    ['DELETE', '/v1/browser-policies/app?number=1'],
    ['PUT', '/v1/limits/policies/mine', installation],
    ['DELETE', '/v1/limits/policies/class-read?scope=installation'],
    ['POST', '/v1/limits/entries', deny],
    ['DELETE', `/v1/limits/entries/${entry.body.id}?scope=installation`],
  ] as const) {
    const { status, body: said } = await call(second, method, path, body)
    assert.deepEqual([status, said.code], [403, 'ACCESS_DENIED'], `${method} ${path}: ${JSON.stringify(said)}`)
  }
  const listed = (await call(second, 'GET', '/v1/limits/entries')).body.items as unknown[]
  assert.deepEqual(listed, [])
  assert.equal(((await call(first, 'GET', '/v1/limits/entries')).body.items as unknown[]).length, 1)
})

test('what they may do, as they and the console read it, names none of it', async () => {
  const mine = (await call(second, 'GET', '/v1/me')).body.permissions as string[]
  assert.deepEqual(
    mine.filter((one) => reaching.includes(one)),
    [],
  )
  assert.ok(mine.includes('limits:write'))
  const roles = (await call(second, 'GET', '/v1/roles')).body.items as { name: string; permissions: string[] }[]
  for (const { name, permissions } of roles)
    assert.deepEqual(
      permissions.filter((one) => reaching.includes(one)),
      [],
      name,
    )
  const whole = (await call(first, 'GET', '/v1/me')).body.permissions as string[]
  assert.deepEqual(
    reaching.filter((one) => whole.includes(one)),
    reaching,
  )
})

test('they give it to nobody: by no role, group, service account, key or policy', async () => {
  for (const permission of reaching) {
    const made = await call(second, 'POST', '/v1/roles', { name: 'mine', summary: 'Mine.', permissions: [permission] })
    assert.deepEqual([made.status, made.body.code], [403, 'ACCESS_PERMISSION_WITHHELD'], permission)
    const key = await call(second, 'POST', '/v1/keys', { name: 'Mine', scopes: [permission] })
    assert.deepEqual([key.status, key.body.code], [403, 'APIKEY_SCOPE_NOT_YOURS'], permission)
  }
  const account = await call(second, 'POST', '/v1/service-accounts', { name: 'robot', description: 'A robot.' })
  const assignment = { subject: account.body.id, role: 'administrator', reason: 'To reach more.' }
  assert.equal((await call(second, 'POST', '/v1/assignments', assignment)).status, 201)
  const path = `/v1/service-accounts/${account.body.id}/keys`
  const issued = await call(second, 'POST', path, { name: 'Reaching', scopes: ['limits:*', 'ledger:*', 'browser:*'] })
  const authorization = `Bearer ${issued.body.token}`
  assert.equal(issued.status, 201, JSON.stringify(issued.body))
  const tile = await server.call('GET', '/ledger/tile/entries/000', { headers: { authorization } })
  assert.equal(tile.status, 403)
  const reports = await server.call('GET', '/v1/browser-reports', { headers: { authorization } })
  assert.equal(reports.status, 403)
  for (const action of reaching) {
    const text = `@id("mine") permit(principal, action == Custodia::Action::"${action}", resource);`
    const drafted = await call(second, 'POST', '/v1/policies', { text, reason: 'To reach more.' })
    assert.deepEqual([drafted.status, drafted.body.code], [403, 'ACCESS_NOT_YOURS_TO_GIVE'], action)
  }
})

test('whoever writes rows past the rules gains nothing by them', async () => {
  const { id, organisationId: other } = await meOf(second)
  const list = `{${reaching.map((one) => `"${one}"`).join(',')}}`
  await superuser.run(`insert into access.role values
    ('${other}', 'forged', 'Forged.', '${list}', '{}', false, now(), now())`)
  await superuser.run(`insert into access.assignment (organisation_id, subject_id, role, assigned_at)
    values ('${other}', '${id}', 'forged', now())`)
  // Another change makes every process read anew.
  const made = await call(second, 'POST', '/v1/roles', {
    name: 'plain',
    summary: 'Plain.',
    permissions: ['ledger:read'],
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  for (const path of ['/v1/ledger/installation-entries', '/ledger/tile/entries/000', '/v1/browser-reports'])
    assert.equal((await call(second, 'GET', path)).status, 403, path)
})

test('why they may not is told like any other refusal', async () => {
  const { id, organisationId } = await meOf(second)
  const why = await call(second, 'POST', '/v1/access/explain', {
    subject: { type: 'user', id },
    permission: 'ledger:read:all',
    resource: { type: 'organisation', id: organisationId },
  })
  assert.equal(why.body.decision, false, JSON.stringify(why.body))
  assert.match(JSON.stringify(why.body), /installation-reach/)
})

test('the first organisation is as before', async () => {
  for (const path of ['/v1/ledger/installation-entries', '/v1/browser-reports', '/v1/browser-policies/app'])
    assert.equal((await call(first, 'GET', path)).status, 200, path)
  assert.equal(
    (await call(first, 'PUT', '/v1/limits/policies/everybody', { ...installation, burst: 1_000 })).status,
    200,
  )
})
