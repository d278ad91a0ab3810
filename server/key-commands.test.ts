import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ApiKey } from '@custodia/wire/http/keys.ts'
import { grantsAdministration } from './access/grants/administration.ts'
import type { KeysHouse, KeysProcess } from './apikeys/testing.ts'
import { bearer, makeKeyAs, openKeysHouse } from './apikeys/testing.ts'
import type { CommandOptions } from './command-line.ts'
import { failureOf } from './command-output.ts'
import { join, setUp } from './identity/testing.ts'
import { keyCommands } from './key-commands.ts'

let house: KeysHouse
/** The server, and the process of the shell beside it. */
let server: KeysProcess
let shell: KeysProcess

before(async () => {
  house = await openKeysHouse()
  server = await house.process()
  shell = await house.process()
})
after(async () => await house.close())

async function run<Value = Record<string, string>>(line: readonly string[], options: CommandOptions = {}) {
  const command = keyCommands[line.slice(0, 2).join(' ')]
  assert.ok(command)
  const on = { keys: shell.keys, administration: shell.identity.administration }
  const { value, text } = await command(on, line.slice(2), options)
  return { ...(JSON.parse(JSON.stringify(value)) as Value), said: text }
}
const declined = async (line: readonly string[], options: CommandOptions = {}) =>
  await run(line, options).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).code ?? error.message,
  )
const known = async (key: string | null) =>
  await Promise.resolve(server.keys.authenticate(bearer(key))).then(
    (principal) => principal,
    (error) => error.code,
  )

test('before there is an organisation there is nothing to make keys for', async () => {
  assert.match(await declined(['keys', 'list']), /custodia setup-link/)
  await setUp(server)
  assert.equal((await run(['keys', 'list'])).said, 'There are no keys.')
})

test('an application’s key is made, narrowed, listed, rotated and revoked, and the server knows it at once', async () => {
  const made = await run(['keys', 'create', 'inbox'], {
    scopes: 'identity:users:read',
    networks: '192.0.2.0/24',
    days: '7',
  })
  assert.partialDeepStrictEqual(await known(made.key ?? null), { id: 'inbox', scopes: ['identity:users:read'] })
  assert.match(made.said, /^cus_live_\S+\n\S+ is shown once\. Give it to inbox\.$/)
  const { items, said } = await run<{ items: ApiKey[] }>(['keys', 'list'])
  assert.deepEqual(
    items.map(({ id, owner }) => [id, owner.id]),
    [[made.keyId, 'inbox']],
  )
  assert.ok(!said.includes(String(made.key).slice(40)))
  const next = await run(['keys', 'rotate', String(made.keyId)], { overlap: '0' })
  assert.equal(await known(made.key ?? null), 'APIKEY_INVALID')
  assert.partialDeepStrictEqual(await known(next.key ?? null), { id: 'inbox' })
  await run(['keys', 'revoke', String(made.keyId)])
  assert.equal(await known(next.key ?? null), 'APIKEY_INVALID')
})

test('a key that signs shows its secret alone', async () => {
  const made = await run(['keys', 'create', 'inbox'], { signing: 'hmac-sha256' })
  assert.equal(made.key, null)
  assert.match(made.said, /^cus_sign_\S+\nAll of this text is the secret/)
})

test('of a person all keys are listed and revoked by their address; their secrets stay theirs', async () => {
  const { browser, email } = await join(server, await again(), { roles: ['reader'] })
  const made = await makeKeyAs(browser)
  const { items } = await run<{ items: ApiKey[] }>(['keys', 'list', email])
  assert.deepEqual(
    items.map(({ name }) => name),
    ['Nightly report'],
  )
  assert.equal(await declined(['keys', 'rotate', made.key.id]), 'APIKEY_UNKNOWN')
  assert.partialDeepStrictEqual(await known(made.token), { kind: 'key' })
  assert.match((await run(['keys', 'revoke', email])).said, /^1 key of /)
  assert.equal(await known(made.token), 'APIKEY_INVALID')
})

const account = async (roles: readonly string[] = []) => {
  const [{ id: organisationId } = { id: '' }] = await shell.identity.administration.organisations(1)
  const grants = grantsAdministration(shell.access.grants.parts, organisationId)
  const { id } = await grants.createServiceAccount({ name: `account-${Math.random()}` })
  for (const role of roles) await grants.give({ subject: id, role, reason: 'x' }, false)
  return id
}
const scopes = 'identity:users:read'

test('a service account’s key is made with its name and scopes, listed, rotated and revoked with a reason', async () => {
  const [id, beside] = [await account(['reader']), await account(['reader'])]
  const of = { 'service-account': id }
  const made = await run(['keys', 'create', 'nightly'], { ...of, scopes, days: '7' })
  assert.partialDeepStrictEqual(await known(made.key ?? null), { kind: 'key', id, scopes: [scopes] })
  assert.match(made.said, new RegExp(`^cus_live_\\S+\n\\S+ is shown once\\. It is a key of ${id}\\.$`))
  const listed = await run<{ items: ApiKey[] }>(['keys', 'list'], of)
  assert.deepEqual(
    listed.items.map(({ id, name }) => [id, name]),
    [[made.keyId, 'nightly']],
  )
  assert.equal((await run(['keys', 'list'], { 'service-account': beside })).said, 'There are no keys.')

  const keyId = String(made.keyId)
  for (const line of [
    ['keys', 'rotate', keyId],
    ['keys', 'revoke', keyId],
  ])
    assert.equal(await declined(line, { 'service-account': beside }), 'APIKEY_UNKNOWN', String(line[1]))
  assert.equal(
    await declined(['keys', 'rotate', keyId]),
    'APIKEY_UNKNOWN',
    'without --service-account: of applications',
  )
  const next = await run(['keys', 'rotate', keyId], { ...of, overlap: '0' })
  assert.equal(await known(made.key ?? null), 'APIKEY_INVALID')
  await run(['keys', 'revoke', keyId], { ...of, reason: 'Found in a log' })
  assert.equal(await known(next.key ?? null), 'APIKEY_INVALID')
  const revoked = house.house.events.findLast(({ type }) => type === 'apikeys.key.revoked')
  assert.partialDeepStrictEqual(revoked, {
    actor: { kind: 'system' },
    data: { key: keyId, why: 'revoked' },
    personal: { reason: 'Found in a log' },
  })
})

test('all keys of a service account are revoked, and of nobody else', async () => {
  const [id, beside] = [await account(), await account()]
  for (const name of ['one', 'two']) await run(['keys', 'create', name], { 'service-account': id, scopes })
  await run(['keys', 'create', 'three'], { 'service-account': beside, scopes })
  assert.match((await run(['keys', 'revoke'], { 'service-account': id })).said, /^2 keys of svc_/)
  assert.equal((await run<{ items: ApiKey[] }>(['keys', 'list'], { 'service-account': beside })).items.length, 1)
})

test('what is said of a service account’s keys and makes no sense is declined, and makes none', async () => {
  const of = { 'service-account': await account() }
  const nobody = { 'service-account': `svc_${'a'.repeat(26)}` }
  const tries: readonly [readonly string[], CommandOptions, string | RegExp][] = [
    [['keys', 'create', 'nightly'], of, 'REQUEST_INVALID'],
    [['keys', 'create', 'nightly'], { ...of, scopes, days: '91' }, 'APIKEY_EXPIRY_TOO_LATE'],
    [['keys', 'create', 'nightly'], { ...of, scopes: 'nothing:*' }, 'APIKEY_SCOPE_UNKNOWN'],
    [['keys', 'create', 'nightly', 'reader'], { ...of, scopes }, /name none/],
    [['keys', 'create', 'nightly'], { ...nobody, scopes }, 'APIKEY_OWNER_UNKNOWN'],
    [['keys', 'list', 'ada@northwind.example'], of, /not both/],
    [['keys', 'revoke', 'ada@northwind.example'], of, /not both/],
    [['keys', 'revoke'], {}, /Which key/],
    [['keys', 'revoke'], { ...of, reason: 'x'.repeat(501) }, 'REQUEST_INVALID'],
  ]
  for (const [line, options, what] of tries) {
    const said = await declined(line, options)
    if (typeof what === 'string') assert.equal(said, what, line.join(' '))
    else assert.match(said, what)
  }
  assert.equal((await run(['keys', 'list'], of)).said, 'There are no keys.')
  assert.equal((await run<{ revoked: number }>(['keys', 'revoke'], nobody)).revoked, 0)
})

test('what is wrong is declined: unknown keys, people and roles, odd numbers, networks and scopes', async () => {
  const key = `key_${'a'.repeat(26)}`
  const tries: readonly [readonly string[], CommandOptions, string][] = [
    [['keys', 'revoke', key], {}, 'APIKEY_UNKNOWN'],
    [['keys', 'rotate', key], {}, 'APIKEY_UNKNOWN'],
    [['keys', 'rotate', key], { overlap: '700000' }, 'REQUEST_INVALID'],
    [['keys', 'list', 'nobody@example.org'], {}, 'IDENTITY_USER_UNKNOWN'],
    [['keys', 'create', 'inbox', 'wizard'], {}, 'APIKEY_ROLE_UNKNOWN'],
    [['keys', 'create', 'inbox'], { days: '0' }, 'REQUEST_INVALID'],
    [['keys', 'create', 'inbox'], { days: 'soon' }, 'REQUEST_INVALID'],
    [['keys', 'create', 'inbox'], { networks: '192.0.2.0/99' }, 'APIKEY_NETWORK_INVALID'],
    [['keys', 'create', 'inbox'], { scopes: 'nothing:*' }, 'APIKEY_SCOPE_UNKNOWN'],
    [['keys', 'create', 'inbox'], { environment: 'sign' }, 'REQUEST_INVALID'],
  ]
  for (const [line, options, code] of tries) assert.equal(await declined(line, options), code, line.join(' '))
  assert.match(await declined(['keys', 'create', 'inbox'], { signing: 'ed25519' }), /hmac-sha256/)
  assert.match(await declined(['keys', 'list'], { organisation: `org_${'a'.repeat(26)}` }), /no organisation/)
})

async function again() {
  const browser = server.server.browser()
  await browser.call('POST', '/v1/sign-in', { email: 'ada@northwind.example', password: 'seven grey herons wade' })
  return browser
}
