import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { deriveDataKey } from '@custodia/wire/envelope/derive-keys.ts'
import { keyIdBytes, openEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'
import type { DataKey, IndexKey, OpenedDataKeys } from '@custodia/wire/http/keyring.ts'
import type { TestDatabase } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { AddressLimits } from '../platform/http/limits.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { HttpServer } from '../platform/http/server.ts'
import { createHttpServer } from '../platform/http/server.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { KeyringModule } from './module.ts'
import { keyring as manifest } from './module.ts'
import { openLocalFile } from './providers/local-file.ts'
import type { TestMachine } from './testing.ts'
import { testMachine } from './testing.ts'

const all = ['keyring:seal', 'keyring:open', 'keyring:shred']
const application = (id: string, organisationId: string, roles = all): Principal => ({
  kind: 'application',
  id,
  organisationId,
  roles,
  keyId: 'key_x',
})
const callers: Readonly<Record<string, Principal>> = {
  inbox: application('inbox', 'org_a'),
  notes: application('notes', 'org_a'),
  foreign: application('inbox', 'org_b'),
  crm: application('crm', 'org_a'),
  reader: application('inbox', 'org_a', ['keyring:open']),
  impostor: application('custodia', 'org_a'),
  person: {
    kind: 'user',
    id: 'usr_admin',
    organisationId: 'org_a',
    roles: all,
    sessionId: 'ses_x',
    factors: ['pwd'],
    authenticatedAtMs: Date.UTC(2026, 0, 1),
  },
}

let db: TestDatabase
let machine: TestMachine
let keyring: KeyringModule
let server: HttpServer
let url: string

before(async () => {
  db = await openTestDatabase([{ module: 'keyring', folder: manifest.migrations as URL }])
  machine = await testMachine()
  keyring = await machine.start(db.database)
  const context = machine.context(db.database)
  server = await createHttpServer({
    routes: keyring.routes,
    services: {
      clock: machine.clock,
      limits: new AddressLimits(machine.clock),
      authenticators: [{ name: 'test', authenticate: ({ headers }) => callers[String(headers['x-caller'])] ?? null }],
      authorizer: {
        decide: (principal, permission) => {
          const allowed = principal.roles.includes(permission)
          return { allowed, reason: allowed ? 'permitted' : 'no-grant', policies: [] }
        },
      },
      ownOrigins: new Set(),
      sensitiveMaxAgeSeconds: 300,
      onDenied() {},
    },
    ownHosts: new Set(['127.0.0.1']),
    hostHandlers: [],
    pages: null,
    tls: null,
    log: keepingLog().log,
    metrics: context.metrics,
    trustedProxies: [],
    requestTimeoutSeconds: 10,
    bodyLimitBytes: 65_536,
  })
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})
after(async () => {
  await server.drain(1)
  await machine.close()
  await db.close()
})

async function call<T>(caller: string, path: string, body?: unknown, method = 'POST') {
  const response = await fetch(`${url}/v1/keyring/${path}`, {
    method,
    headers: { 'x-caller': caller, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as T & { code?: string } }
}
const seal = (caller: string, subject = 'mailbox:team', collection = 'messages') =>
  call<DataKey>(caller, 'data-keys', { subject, collection })
const open = (caller: string, keys: unknown[], collection = 'messages') =>
  call<OpenedDataKeys>(caller, 'data-keys/open', { collection, keys })
const index = (caller: string, subject = 'mailbox:team', collection = 'messages', field = 'from') =>
  call<IndexKey>(caller, 'index-keys', { subject, collection, field })
const nameOf = ({ keyId, number }: DataKey) => ({ keyId, number })

test('a key that an application got to seal with opens again, and is the one that the root key and the specification give', async () => {
  const { status, body: key } = await seal('inbox')
  assert.equal(status, 200)
  assert.deepEqual((await open('inbox', [nameOf(key)])).body, { keys: [key], shredded: [] })

  // From the root key down, with nothing of the keyring but its rows.
  const root = await openLocalFile({ file: join(machine.folder, 'root.key'), passphrase: null })
  const read = async (where: string) => (await db.asOwner(`select * from keyring.key where ${where}`))[0] ?? {}
  const subjectRow = await read(`id = '${key.keyId}'`)
  const tenantRow = await read(`id = '${subjectRow.wrapped_by}'`)
  const common = { organisationId: 'org_a', collection: 'keyring.key', schemaVersion: 1 }
  const server = { ...common, applicationId: 'custodia', subjectId: null, field: 'tenant', record: `${tenantRow.id}` }
  const tenant = await root.unwrap(tenantRow.wrapped as Buffer, server)
  const subject = openEnvelope(
    { keyId: keyIdBytes(`${tenantRow.id}`), number: 0, sealing: new KcXaesKey(tenant) },
    { ...common, applicationId: 'inbox', subjectId: 'mailbox:team', field: 'subject', record: key.keyId },
    subjectRow.wrapped as Buffer,
  )
  const scope = { organisationId: 'org_a', applicationId: 'inbox', collection: 'messages', number: key.number }
  assert.equal(deriveDataKey(subject, scope).toString('base64url'), key.key)
})

test('each key to seal with is fresh', async () => {
  const numbers = await Promise.all(Array.from({ length: 20 }, async () => (await seal('inbox')).body.number))
  assert.equal(new Set(numbers).size, 20)
})

test('nobody opens the keys of another application or organisation: they are left out, live or shredded', async () => {
  const { body: key } = await seal('inbox', 'mailbox:private')
  for (const caller of ['notes', 'foreign'])
    assert.deepEqual((await open(caller, [nameOf(key)])).body, { keys: [], shredded: [] })
  assert.equal((await call('inbox', 'subjects/mailbox:private', undefined, 'DELETE')).status, 200)
  for (const caller of ['notes', 'foreign'])
    assert.deepEqual((await open(caller, [nameOf(key)])).body, { keys: [], shredded: [] })
})

test('another collection or number gives another key', async () => {
  const { body: key } = await seal('inbox')
  const [other] = (await open('inbox', [nameOf(key)], 'drafts')).body.keys
  const [next] = (await open('inbox', [{ keyId: key.keyId, number: (key.number % 1_000) + 1 }])).body.keys
  assert.ok(other !== undefined && other.key !== key.key)
  assert.ok(next !== undefined && next.key !== key.key)
})

test('an index key is the same each time, and another for every part that differs', async () => {
  const { body } = await index('inbox')
  assert.deepEqual((await index('inbox')).body, body)
  const others = await Promise.all([
    index('notes'),
    index('foreign'),
    index('inbox', 'mailbox:other'),
    index('inbox', 'mailbox:team', 'drafts'),
    index('inbox', 'mailbox:team', 'messages', 'to'),
  ])
  assert.equal(new Set([body, ...others.map((one) => one.body)].map(({ key }) => key)).size, 6)
})

test('a data key, an index key and the server’s own keys of one subject have nothing in common', async () => {
  const place = {
    organisationId: 'org_a',
    subjectId: 'usr_x',
    collection: 'c',
    record: 'r',
    field: 'f',
    schemaVersion: 1,
  }
  const sealed = await keyring.seal(place, 'x')
  const keyId = sealed.toString('hex', 2, 18).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  assert.match(keyId, /^[0-9a-f-]{36}$/)
  assert.deepEqual((await open('inbox', [{ keyId, number: 1 }])).body, { keys: [], shredded: [] })
  await index('inbox', 'usr_x')
  const rows = await db.asOwner(
    `select id, purpose from keyring.key where application_id = 'inbox' and purpose = 'index'`,
  )
  const names = rows.map(({ id }) => ({ keyId: id, number: 1 }))
  assert.deepEqual((await open('inbox', names)).body, { keys: [], shredded: [] })
})

test('shredding: nothing is handed out any more, in any process, and the reply tells when', async () => {
  const { body: key } = await seal('inbox', 'mailbox:gone')
  await index('inbox', 'mailbox:gone')
  const first = await call<{ shreddedAt: string }>('inbox', 'subjects/mailbox:gone', undefined, 'DELETE')
  assert.equal(first.status, 200)
  machine.clock.advance(5_000)
  const second = await call<{ shreddedAt: string }>('inbox', 'subjects/mailbox:gone', undefined, 'DELETE')
  assert.deepEqual(second.body, first.body)
  assert.deepEqual((await open('inbox', [nameOf(key)])).body, { keys: [], shredded: [nameOf(key)] })
  for (const again of [await seal('inbox', 'mailbox:gone'), await index('inbox', 'mailbox:gone')]) {
    assert.equal(again.status, 410)
    assert.equal(again.body.code, 'KEY_SHREDDED')
  }
})

test('an application destroys only its own keys of a subject; the server destroys all of them', async () => {
  const place = {
    organisationId: 'org_a',
    subjectId: 'usr_both',
    collection: 'c',
    record: 'r',
    field: 'f',
    schemaVersion: 1,
  }
  const sealed = await keyring.seal(place, 'x')
  const { body: notes } = await seal('notes', 'usr_both')
  await seal('inbox', 'usr_both')
  await call('inbox', 'subjects/usr_both', undefined, 'DELETE')
  assert.equal((await keyring.open(place, sealed)).toString(), 'x')
  assert.equal((await open('notes', [nameOf(notes)])).body.keys.length, 1)

  await db.database.transaction((tx) => keyring.shred(tx, 'org_a', 'usr_both'))
  await assert.rejects(keyring.open(place, sealed), /KEY_SHREDDED/)
  assert.deepEqual((await open('notes', [nameOf(notes)])).body, { keys: [], shredded: [nameOf(notes)] })
  // What it had no key for yet, it gets none for either; another organisation is not touched.
  assert.equal((await index('notes', 'usr_both')).status, 410)
  assert.equal((await seal('crm', 'usr_both')).status, 410)
  assert.equal((await index('foreign', 'usr_both')).status, 200)
})

test('people get no keys, whatever their roles; neither does an application that calls itself custodia', async () => {
  const { body: key } = await seal('inbox')
  for (const caller of ['person', 'impostor'])
    for (const reply of [
      await seal(caller),
      await open(caller, [nameOf(key)]),
      await index(caller),
      await call(caller, 'subjects/mailbox:team', undefined, 'DELETE'),
    ]) {
      assert.equal(reply.status, 403)
      assert.equal((reply.body as { code?: string }).code, 'KEYRING_APPLICATION_ONLY')
    }
  assert.equal((await open('inbox', [nameOf(key)])).body.keys.length, 1)
})

test('strangers get 401, and an application without the permission 403', async () => {
  assert.equal((await seal('nobody')).status, 401)
  assert.equal((await seal('reader')).status, 403)
  assert.equal((await call('reader', 'subjects/mailbox:team', undefined, 'DELETE')).status, 403)
})

test('organisation and application come from the credential: a body that names them is refused', async () => {
  for (const extra of [{ organisation: 'org_b' }, { organisationId: 'org_b' }, { application: 'notes' }])
    assert.equal((await call('inbox', 'data-keys', { subject: 'a', collection: 'messages', ...extra })).status, 400)
})

test('names out of their shape, too many keys and impossible numbers are refused; unknown and odd ones are left out', async () => {
  for (const subject of ['', 'a b', 'a\n', 'ü', 'a'.repeat(129), null, 7])
    assert.equal((await call('inbox', 'data-keys', { subject, collection: 'messages' })).status, 400, String(subject))
  const keyId = randomUUID()
  for (const keys of [
    [],
    [{ keyId, number: 0 }],
    [{ keyId, number: 2 ** 32 }],
    [{ keyId, number: 1.5 }],
    [{ keyId: 'x', number: 1 }],
    Array.from({ length: 257 }, () => ({ keyId, number: 1 })),
  ])
    assert.equal((await open('inbox', keys)).status, 400)
  const unknown = await open('inbox', [
    { keyId, number: 1 },
    { keyId: keyId.toUpperCase(), number: 1 },
    { keyId: `urn:uuid:${keyId}`, number: 1 },
  ])
  assert.deepEqual([unknown.status, unknown.body], [200, { keys: [], shredded: [] }])
})

test('256 keys of many subjects come in one call, and one that is asked for twice comes once', async () => {
  const made = await Promise.all(Array.from({ length: 12 }, (_, i) => seal('inbox', `mailbox:many${i}`)))
  const names = made.map(({ body }) => nameOf(body))
  const asked = Array.from({ length: 256 }, (_, i) => names[i % names.length])
  const { body } = await open('inbox', asked)
  assert.deepEqual(body.keys.map(({ key }) => key).sort(), made.map((one) => one.body.key).sort())
})

test('every call that hands out keys is an event, with counts and neither keys nor subjects', async () => {
  machine.events.length = 0
  const { body: key } = await seal('inbox', 'ann@example.org')
  await open('inbox', [nameOf(key), { keyId: randomUUID(), number: 1 }])
  const { body: indexKey } = await index('inbox', 'ann@example.org')
  await call('inbox', 'subjects/ann@example.org', undefined, 'DELETE')
  assert.deepEqual(
    machine.events.map(({ type }) => type),
    [
      'keyring.key.created',
      'keyring.data-key.issued',
      'keyring.data-keys.opened',
      'keyring.key.created',
      'keyring.index-key.issued',
      'keyring.subject.shredded',
    ],
  )
  const counts = { collection: 'messages', asked: 2, opened: 1, shredded: 0 }
  assert.deepEqual(machine.events[2]?.data, counts)
  assert.equal((machine.events.at(-1)?.data as { keys: string[] } | undefined)?.keys.length, 2)
  const text = JSON.stringify(machine.events)
  for (const secret of [key.key, indexKey.key, 'ann@example.org']) assert.ok(!text.includes(secret))
  const noted = machine.events.filter(({ type }) => type !== 'keyring.key.created')
  for (const { actor, organisationId } of noted) {
    assert.deepEqual(actor, { kind: 'application', id: 'inbox' })
    assert.equal(organisationId, 'org_a')
  }
})
