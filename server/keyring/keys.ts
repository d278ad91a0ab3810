import { createSecretKey } from 'node:crypto'
import { looksLikeVersion1, openEnvelope, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { EnvelopeError } from '@custodia/wire/envelope/envelope-error.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/database.ts'
import type { Recorder } from '../platform/events/event.ts'
import type { Random } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { KeyCache } from './key-cache.ts'
import type { ShreddedKey } from './live-key.ts'
import { isLive, LiveKey } from './live-key.ts'
import type { MessageCounts } from './message-counts.ts'
import { newKeyId } from './new-key-id.ts'
import type { KmsProvider } from './providers/provider.ts'
import type { Scope } from './scope.ts'
import { placeOfKey, scopeText, serverItself, tenantScope } from './scope.ts'
import type { KeyRow } from './store.ts'
import { insertKey, readCurrent, readKeys, readShreddedAt, scopeOf, shareSubject } from './store.ts'

export type KeysOptions = {
  readonly database: Database
  readonly provider: KmsProvider
  readonly cache: KeyCache
  readonly counts: MessageCounts
  readonly recorder: Recorder
  readonly clock: Clock
  readonly random: Random
}

/** A stored key that does not unwrap. Not a refusal: no caller can do anything about it, and somebody must look. */
export class BrokenKey extends Error {
  /** Whether it looks like one of before the first release, which nothing reads any more. */
  readonly outdated: boolean

  constructor(id: string, outdated: boolean) {
    const reason = outdated
      ? 'it is sealed as before the first release (envelope version 1)'
      : 'it was changed, or another root key wrapped it'
    super(`the stored key ${id} does not open: ${reason}`)
    this.name = 'BrokenKey'
    this.outdated = outdated
  }
}

/** No key can be made now. Not a refusal: the shredding may be rolled back yet, and whoever tries again hears what became of it. */
class ShreddingUnderWay extends Error {
  /** PostgreSQL's lock_not_available, as of any lock. */
  readonly code = '55P03'

  constructor() {
    super('keys of the subject are being destroyed')
    this.name = 'ShreddingUnderWay'
  }
}

/**
 * Finds keys, and makes those that are missing. Both happen while a caller's transaction is open, hence on the connections that
 * are set apart: on the others, as many transactions as there are connections would wait for one more, and for each other.
 */
export class Keys {
  readonly #options: KeysOptions

  constructor(options: KeysOptions) {
    this.#options = options
  }

  /** The key of the scope that is in memory, for whoever need not wait. */
  cached(scope: Scope): LiveKey | null {
    return this.#options.cache.current(scopeText(scope))
  }

  /**
   * The newest key of a scope, made where there is none: of many processes that make one at the same time, one wins, and all
   * of them get that one.
   *
   * @throws Refusal KEY_SHREDDED; Error 55P03 where there is none, and whether there may be one is being decided.
   */
  async current(scope: Scope): Promise<LiveKey> {
    const known = this.cached(scope) ?? (await this.#readCurrent(scope))
    if (known !== null) return known
    await this.#make(scope)
    const made = await this.#readCurrent(scope)
    if (made === null) throw new Error('a key that was made is not there')
    return made
  }

  /** Keys by id, live or shredded. Those that never were are missing in the answer. */
  async find(ids: readonly string[]): Promise<Map<string, LiveKey | ShreddedKey>> {
    const { cache, database } = this.#options
    const found = new Map<string, LiveKey | ShreddedKey>()
    const missing: string[] = []
    for (const id of ids) {
      const key = cache.byId(id)
      if (key === null) missing.push(id)
      else found.set(id, key)
    }
    if (missing.length === 0) return found
    const generation = cache.generation()
    for (const row of await readKeys(database.aside, missing)) {
      const key = await this.#unwrap(row)
      if (isLive(key)) cache.put(key, false, generation)
      found.set(key.id, key)
    }
    return found
  }

  async #readCurrent(scope: Scope): Promise<LiveKey | null> {
    const { cache, database } = this.#options
    const generation = cache.generation()
    const row = await readCurrent(database.aside, scope)
    if (row === null) return null
    const key = await this.#unwrap(row)
    if (!isLive(key)) throw refuse('KEY_SHREDDED', { keyId: key.id })
    cache.put(key, true, generation)
    return key
  }

  async #unwrap(row: KeyRow): Promise<LiveKey | ShreddedKey> {
    const { id, version, wrapped, wrapped_by: wrappedBy, shredded_at: shreddedAt } = row
    const scope = scopeOf(row)
    if (shreddedAt !== null || wrappedBy === null) return { id, scope, shreddedAt: shreddedAt ?? row.created_at }
    const place = placeOfKey(id, version, scope)
    try {
      const bytes =
        scope.purpose === 'tenant'
          ? await this.#options.provider.unwrap(wrapped, place)
          : openEnvelope(await this.#tenantKey(scope.organisationId, wrappedBy), place, wrapped)
      const secret = createSecretKey(bytes)
      bytes.fill(0)
      if (secret.symmetricKeySize !== 32) throw new EnvelopeError()
      return new LiveKey(id, scope, secret)
    } catch (error) {
      if (!(error instanceof EnvelopeError)) throw error
      throw new BrokenKey(id, looksLikeVersion1(wrapped))
    }
  }

  async #tenantKey(organisationId: string | null, id: string): Promise<LiveKey> {
    const key = (await this.find([id])).get(id)
    const fits = key?.scope.purpose === 'tenant' && key.scope.organisationId === organisationId
    if (key === undefined || !fits || !isLive(key)) throw new EnvelopeError()
    return key
  }

  async #make(scope: Scope): Promise<void> {
    const { database, provider, counts, clock, random } = this.#options
    const id = newKeyId(random)
    const version = 1
    const bytes = random.bytes(32)
    const place = placeOfKey(id, version, scope)
    let wrappedBy: string
    let wrapped: Buffer
    if (scope.purpose === 'tenant') {
      wrappedBy = provider.describe().keyId
      wrapped = await provider.wrap(bytes, place)
    } else {
      // Made before the transaction below begins, which must not wait for a second one of its kind.
      const tenant = await this.current(tenantScope(scope.organisationId))
      wrappedBy = tenant.id
      wrapped = sealEnvelope(tenant, place, bytes)
      counts.add(tenant.id)
    }
    bytes.fill(0)

    await database.aside.transaction().execute(async (tx) => {
      const { organisationId, applicationId, subjectId, purpose } = scope
      if (subjectId !== null) {
        const owners = [applicationId, serverItself]
        if (!(await shareSubject(tx, organisationId, subjectId, owners))) throw new ShreddingUnderWay()
        if ((await readShreddedAt(tx, organisationId, subjectId, owners)) !== null) throw refuse('KEY_SHREDDED')
      }
      const made = await insertKey(tx, {
        id,
        organisation_id: organisationId,
        application_id: applicationId,
        subject_id: subjectId,
        purpose,
        version,
        wrapped_by: wrappedBy,
        wrapped,
        created_at: new Date(clock.nowMs()),
      })
      if (!made || restsUnderLedger(scope)) return
      await this.#options.recorder.record(
        tx,
        event('key.created', {
          organisationId,
          actor: { kind: 'system' },
          subjectId: applicationId === serverItself ? subjectId : null,
          data: { key: id, application: applicationId, purpose, version },
        }),
      )
    })
  }
}

/**
 * The installation's own keys are not events: the ledger signs and seals with them, so that they must be there before it is.
 * There is a handful of them, made once, and every one is a row of `keyring.key`.
 */
const restsUnderLedger = ({ organisationId, subjectId }: Scope) => organisationId === null && subjectId === null
