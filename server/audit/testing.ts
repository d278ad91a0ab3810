import { createCipheriv, createDecipheriv, createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { Keyring, Place } from '../keyring/api.ts'
import { frozenClock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { TestServerName } from '../platform/database/testing.ts'
import { openTestDatabase } from '../platform/database/testing.ts'
import { refuser } from '../platform/errors.ts'
import type { Event } from '../platform/events/event.ts'
import type { Context } from '../platform/module.ts'
import { systemRandom } from '../platform/random.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Audit } from './module.ts'
import { audit } from './module.ts'

/**
 * A keyring for one test: keys in memory, one a subject, and shredding that is final. The ledger's own tests need to see a
 * destroyed key, not how keys are kept.
 */
export function memoryKeyring(): Keyring {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url')
  const keys = new Map<string, Buffer | null>()
  const refuse = refuser({
    KEY_SHREDDED: { status: 410, title: 'The key was destroyed.', help: 'Nothing can be done.' },
  })
  const name = (organisationId: string | null, subjectId: string | null) => JSON.stringify([organisationId, subjectId])
  const keyOf = ({ organisationId, subjectId }: Place) => {
    const found = keys.get(name(organisationId, subjectId))
    if (found === null) throw refuse('KEY_SHREDDED')
    const key = found ?? randomBytes(32)
    keys.set(name(organisationId, subjectId), key)
    return key
  }
  return {
    async seal(place, plaintext) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyOf(place), iv).setAAD(Buffer.from(JSON.stringify(place)))
      return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    },
    async open(place, sealed) {
      const decipher = createDecipheriv('aes-256-gcm', keyOf(place), sealed.subarray(0, 12))
      decipher.setAAD(Buffer.from(JSON.stringify(place))).setAuthTag(sealed.subarray(-16))
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
    },
    async blindIndex(scope, value) {
      return createHmac('sha256', keyOf({ ...scope, subjectId: null, record: '', schemaVersion: 1 }))
        .update(value)
        .digest()
    },
    async shred(_tx, organisationId, subjectId) {
      keys.set(name(organisationId, subjectId), null)
    },
    async signer() {
      return { keyId: 'ledger', publicKey, sign: (message) => sign(null, message, pair.privateKey) }
    },
    async secret() {
      return randomBytes(32)
    },
  }
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export type TestLedger = {
  readonly audit: Audit
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: ReturnType<typeof frozenClock>
  /** What the metrics say now. */
  readonly figures: Map<string, number>
  /** One more process on the same database. */
  another(): Promise<{ audit: Audit; database: Database }>
  record(...events: Event[]): Promise<void>
  /** SQL of somebody who holds the disk: the triggers are off. */
  tamper(sql: string): Promise<readonly Record<string, unknown>[]>
  asOwner(sql: string): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

/** A ledger on a fresh database. */
export async function openTestLedger(server?: TestServerName): Promise<TestLedger> {
  const folder = new URL('migrations/', import.meta.url)
  const opened = await openTestDatabase([{ module: 'audit', folder }], server === undefined ? {} : { server })
  const keyring = memoryKeyring()
  const clock = frozenClock()
  const figures = new Map<string, number>()
  const started: Audit[] = []
  const start = async (database: Database) => {
    const one = await audit.start(contextFor(database, clock, figures), { keyring })
    started.push(one)
    return one
  }
  const first = await start(opened.database)
  let guarded = true
  const unguard = (table: string) => opened.asOwner(`alter table audit.${table} disable trigger all`)
  return {
    audit: first,
    database: opened.database,
    keyring,
    clock,
    figures,
    async another() {
      const database = await opened.reopen()
      return { audit: await start(database), database }
    },
    async record(...events) {
      await opened.database.transaction(async (tx) => {
        for (const event of events) await first.record(tx, event)
      })
    },
    async tamper(sql) {
      if (guarded) for (const table of ['entry', 'node', 'checkpoint']) await unguard(table)
      guarded = false
      return opened.asOwner(sql)
    },
    asOwner: (sql) => opened.asOwner(sql),
    async close() {
      for (const one of started) await one.stop()
      await opened.close()
    },
  }
}

function contextFor(
  database: Database,
  clock: Context['clock'],
  figures: Map<string, number>,
): Parameters<typeof audit.start>[0] {
  const unused = new Proxy({} as never, {
    get: (_, name) => assertUnused(String(name)),
  })
  return {
    config: { origin: '' },
    database,
    cache: unused,
    bus: unused,
    clock,
    random: systemRandom,
    log: silent,
    metrics: {
      counter: (name) => ({ add: (by = 1) => figures.set(name, (figures.get(name) ?? 0) + by) }),
      gauge: () => {},
      duration: () => ({ observe() {} }),
    },
    recorder: unused,
    permissions: {},
    resources: {},
    contexts: {},
    eventCatalogue: { 'identity.user.invited': 'Invited a person' },
    publicUrl: 'http://custodia.localhost:8080',
    trustedProxies: [],
    dataFolder: '/nowhere',
  }
}

function assertUnused(name: string): never {
  throw new Error(`the ledger was not expected to use ${name}`)
}

/** An event for tests. */
export function testEvent(fields: Partial<Event> = {}): Event {
  return {
    type: 'identity.user.invited',
    organisationId: 'org_a',
    actor: { kind: 'user', id: 'usr_admin' },
    subjectId: 'usr_ann',
    data: { number: 1 },
    ...fields,
  }
}
