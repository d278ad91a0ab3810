import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'
import type { Keyring } from '../keyring/api.ts'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { isRefusal } from '../platform/errors.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import { base32, newId, systemRandom } from '../platform/random.ts'
import { testContext } from '../platform/testing.ts'
import type { config } from './config.ts'
import { keyPattern, makeKey, parseKey, scannerPattern } from './key-format.ts'
import { createApiKeys, apikeys as module } from './module.ts'
import { hashSecret } from './secret-hash.ts'

let opened: TestDatabase
before(async () => {
  opened = await openTestDatabase([{ module: 'apikeys', folder: module.migrations as URL }])
})
after(() => opened.close())

// Of its neighbours this module asks two things: a secret that every process shares, and the names of the roles.
const keyring = { secret: async () => Buffer.alloc(32, 7) } as unknown as Keyring
const access = { roles: () => [{ name: 'application', summary: '', permissions: [] }] } as unknown as Access

const identity = { onDisowned: () => () => {} } as unknown as Identity
const permissions = { 'mail:read': { summary: '' }, 'mail:send': { summary: '' }, 'mailbox:read': { summary: '' } }

const start = async (
  database = opened.database,
  from = testContext<typeof config>({ config: { maxDays: 90, retentionDays: 30 }, database, permissions }),
) => ({
  context: from,
  keys: await createApiKeys(from, { keyring, access, identity }),
})

const head = (authorization?: string): RequestHead => ({
  method: 'GET',
  url: '/',
  host: 'custodia.localhost',
  headers: authorization === undefined ? {} : { authorization },
  address: '127.0.0.1',
})

test('every key that is made is read back, and fits the published pattern', () => {
  for (let i = 0; i < 200; i++) {
    const { key, id, secret, environment } = makeKey(systemRandom, 'live')
    assert.match(key, keyPattern)
    assert.deepEqual(parseKey(key), { id, secret, environment })
    const found = `see ${key}, (“${key}”) key=${key};`.match(new RegExp(scannerPattern, 'g'))
    assert.deepEqual(found, [key, key, key])
  }
})

test('a key from before there were environments is read, found by scanners and good for what it was', async () => {
  // Made by the first release.
  const body = 'cus_aaaqeayeaudaocajbifqydiob4_aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq'
  const key = `${body}${crcOf(body)}`
  const id = `key_${body.slice(4, 30)}`
  assert.deepEqual(parseKey(key), { id, secret: body.slice(31), environment: null })
  assert.deepEqual(
    key.match(new RegExp(scannerPattern)),
    Object.assign([key], { index: 0, input: key, groups: undefined }),
  )
  const { keys } = await start()
  const organisationId = newId('org')
  await opened.asOwner(
    `insert into apikeys.key (id, organisation_id, application_id, roles, secret_hash, created_at)
     values ('${id}', '${organisationId}', 'inbox', '{application}', '\\x${hashSecret(body.slice(31), Buffer.alloc(32, 7)).toString('hex')}', now())`,
  )
  const expected = { kind: 'application', id: 'inbox', organisationId, roles: ['application'], keyId: id }
  assert.deepEqual(await keys.authenticate(head(`Bearer ${key}`)), expected)
  // Rotated, it has an environment; the old half holds on as it is.
  const rotated = await keys.rotate(organisationId, id, {})
  assert.match(String(rotated.key), /^cus_live_/)
  for (const one of [key, rotated.key]) assert.deepEqual(await keys.authenticate(head(`Bearer ${one}`)), expected)
})

test('a key with one character wrong, missing or added is no key', () => {
  const { key } = makeKey(systemRandom, 'live')
  fc.assert(
    fc.property(fc.nat(key.length - 1), fc.constantFrom(...'abcz27'), (at, char) => {
      if (key[at] !== char) assert.equal(parseKey(key.slice(0, at) + char + key.slice(at + 1)), null)
    }),
  )
  for (const wrong of [key.slice(0, -1), `${key}a`, ` ${key}`, key.toUpperCase(), '', 'cus_'])
    assert.equal(parseKey(wrong), null)
})

test('an application is known by its key, and stays known without asking the database', async () => {
  const { keys, context } = await start()
  const organisationId = newId('org')
  const { key, keyId } = await keys.issue({ organisationId, applicationId: 'inbox' })
  const expected = { kind: 'application', id: 'inbox', organisationId, roles: ['application'], keyId }
  assert.deepEqual(await keys.authenticate(head(`Bearer ${key}`)), expected)
  assert.deepEqual(keys.authenticate(head(`bearer ${key}`)), expected)
  assert.deepEqual(
    context.events.map((one) => one.type),
    ['apikeys.key.issued'],
  )
})

test('a request without a bearer token is left to others', async () => {
  const { keys } = await start()
  assert.equal(keys.authenticate(head()), null)
  assert.equal(keys.authenticate(head('Basic abc')), null)
})

test('a wrong secret for a right id is refused, also once the right one is remembered', async () => {
  const { keys, context } = await start()
  const { key } = await keys.issue({ organisationId: newId('org'), applicationId: 'inbox' })
  const { id } = parseKey(String(key)) as { id: string }
  await keys.authenticate(head(`Bearer ${key}`))
  // A key with the victim's id, another secret, and a checksum that fits.
  const forged = makeKey({ bytes: (length) => (length === 16 ? bytesOf(id) : systemRandom.bytes(length)) }, 'live').key
  assert.equal(parseKey(forged)?.id, id)
  await assert.rejects(
    async () => await keys.authenticate(head(`Bearer ${forged}`)),
    (error) => isRefusal(error, 'APIKEY_INVALID'),
  )
  assert.equal(context.events.at(-1)?.type, 'apikeys.key.refused')
})

test('garbage, an unknown key and a key of nobody are refused alike', async () => {
  const { keys } = await start()
  for (const token of ['x', makeKey(systemRandom, 'live').key, 'cus_', 'a'.repeat(10_000)])
    await assert.rejects(
      async () => await keys.authenticate(head(`Bearer ${token}`)),
      (error) => isRefusal(error, 'APIKEY_INVALID'),
    )
})

test('a revoked key is refused on the very next request, here and in another process', async () => {
  const { keys, context } = await start()
  const elsewhere = await start(opened.database, context.another(await opened.reopen()))
  const organisationId = newId('org')
  const { key, keyId } = await keys.issue({ organisationId, applicationId: 'inbox' })
  await keys.authenticate(head(`Bearer ${key}`))
  await elsewhere.keys.authenticate(head(`Bearer ${key}`))
  assert.equal(await keys.revoke(organisationId, { keyId }), 1)
  for (const one of [keys, elsewhere.keys])
    await assert.rejects(
      async () => await one.authenticate(head(`Bearer ${key}`)),
      (error) => isRefusal(error, 'APIKEY_INVALID'),
    )
  assert.equal(await keys.revoke(organisationId, { keyId }), 0)
})

test("another organisation can't revoke a key", async () => {
  const { keys } = await start()
  const { key, keyId } = await keys.issue({ organisationId: newId('org'), applicationId: 'inbox' })
  assert.equal(await keys.revoke(newId('org'), { keyId }), 0)
  assert.ok(await keys.authenticate(head(`Bearer ${key}`)))
})

test('a role that does not exist is refused', async () => {
  const { keys } = await start()
  await assert.rejects(keys.issue({ organisationId: newId('org'), applicationId: 'x', roles: ['wizard'] }), (error) =>
    isRefusal(error, 'APIKEY_ROLE_UNKNOWN'),
  )
})

test('neither the key nor its secret stands in the database', async () => {
  const { keys } = await start()
  const { key } = await keys.issue({ organisationId: newId('org'), applicationId: 'inbox' })
  const rows = JSON.stringify(await opened.asOwner('select * from apikeys.key'))
  assert.ok(!rows.includes((parseKey(String(key)) as { secret: string }).secret))
})

function bytesOf(id: string): Buffer {
  const bits = [...id.slice(4)]
    .map((char) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(char).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).slice(0, 16).map((byte) => Number.parseInt(byte, 2)))
}

const crcOf = (body: string): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return base32(bytes)
}
