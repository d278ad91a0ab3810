import type { VerifyingKey } from '@custodia/wire/http-signatures/algorithms.ts'
import type { Keyring } from '../keyring/api.ts'
import type { Bus } from '../platform/cache/cache.ts'
import type { Clock } from '../platform/clock.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Database, Queries } from '../platform/database/database.ts'
import { isRefusal } from '../platform/errors.ts'
import { RecentMap } from '../platform/recent-map.ts'
import type { Networks } from './networks.ts'
import { networksOf } from './networks.ts'
import type { Owner } from './owner.ts'
import { openVerifier } from './signing-key.ts'
import type { KeyRow } from './store.ts'
import { readLiveKey } from './store.ts'

const topic = 'apikeys.revoked'
const maxKeys = 5_000
/** How long a key is believed without asking the database: what the bus did not tell of is noticed then. */
const recheckMs = 60_000

/** A key that is not revoked, as a request is held to it. */
export type LiveKey = {
  readonly id: string
  readonly organisationId: string
  readonly owner: Owner
  readonly environment: string | null
  readonly roles: readonly string[]
  readonly scopes: readonly string[] | null
  readonly networks: Networks | null
  readonly perMinute: number | null
  readonly expiresAtMs: number
  readonly secretHash: Buffer
  readonly requireSignature: boolean
  readonly signing: VerifyingKey | null
  /** What held before the last rotation, until the overlap is over. */
  readonly previous: {
    readonly secretHash: Buffer
    readonly signing: VerifyingKey | null
    readonly untilMs: number
  } | null
  readonly readAtMs: number
  /** When the last use was written down, or is about to be. */
  touchedMs: number
}

type Needs = { readonly database: Database; readonly bus: Bus; readonly clock: Clock; readonly keyring: Keyring }

/**
 * Live keys as this process read them within the last minute, and only while the bus is known to be alive. Keys that are not live
 * are never remembered: floods of wrong ones would push out the right ones.
 */
export class LiveKeys {
  readonly #needs: Needs
  readonly #known = new RecentMap<LiveKey>(maxKeys)
  readonly #unsubscribe: readonly (() => void)[]
  readonly #listeners = new Set<(id: string | null) => void>()
  #generation = 0

  constructor(needs: Needs) {
    this.#needs = needs
    this.#unsubscribe = [
      needs.bus.subscribe(topic, (id) => this.#forget([id])),
      needs.bus.onGap(() => this.#forget(null)),
    ]
  }

  /** What is remembered; undefined says nothing. */
  known(id: string): LiveKey | undefined {
    const { bus, clock } = this.#needs
    const live = bus.healthy() ? this.#known.get(id) : undefined
    return live !== undefined && clock.nowMs() - live.readAtMs < recheckMs ? live : undefined
  }

  /** @returns null where there is none that is live. What changes while it reads is not overwritten by what it found. */
  async read(id: string): Promise<LiveKey | null> {
    const { bus, clock, database, keyring } = this.#needs
    const generation = this.#generation
    const row = await readLiveKey(database.queries, id)
    if (row === null) return null
    const live = await open(keyring, row, clock.nowMs())
    if (live !== null && generation === this.#generation && bus.healthy()) this.#known.set(id, live)
    return live
  }

  /** Makes every process forget these keys once the transaction has committed, and before its caller is answered. */
  changed(tx: Queries, ids: readonly string[]): void {
    if (ids.length === 0) return
    afterCommit(tx, async () => {
      this.#forget(ids)
      await Promise.all(ids.map((id) => this.#needs.bus.publish(topic, id)))
    })
  }

  /** Called after it was forgotten here: with its id, or null where any may have changed. @returns ends the subscription. */
  onChange(listener: (id: string | null) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#listeners.clear()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#forget(null)
  }

  #forget(ids: readonly string[] | null): void {
    this.#generation += 1
    if (ids === null) this.#known.clear()
    else for (const id of ids) this.#known.delete(id)
    for (const id of ids ?? [null]) for (const listener of this.#listeners) listener(id)
  }
}

/** @returns null where the owner was erased, and with them what verifies. */
async function open(keyring: Keyring, row: KeyRow, nowMs: number): Promise<LiveKey | null> {
  const owner = { kind: row.owner_kind, id: row.application_id } as const
  const whose = { id: row.id, organisationId: row.organisation_id, owner }
  const verifier = async (stored: Buffer | null) =>
    stored === null || row.algorithm === null ? null : await openVerifier(keyring, whose, row.algorithm, stored)
  try {
    const overlaps = row.previous_hash !== null && row.previous_until !== null && row.previous_until.getTime() > nowMs
    return {
      ...whose,
      environment: row.environment,
      roles: row.roles,
      scopes: row.scopes,
      networks: networksOf(row.networks),
      perMinute: row.requests_per_minute,
      expiresAtMs: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
      secretHash: row.secret_hash,
      requireSignature: row.require_signature,
      signing: await verifier(row.verifier),
      previous: overlaps
        ? {
            secretHash: row.previous_hash as Buffer,
            signing: await verifier(row.previous_verifier),
            untilMs: (row.previous_until as Date).getTime(),
          }
        : null,
      readAtMs: nowMs,
      touchedMs: row.last_used_at?.getTime() ?? 0,
    }
  } catch (error) {
    if (isRefusal(error, 'KEY_SHREDDED')) return null
    throw error
  }
}
