import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Bus } from '../platform/cache/cache.ts'
import type { Database } from '../platform/database/database.ts'
import type { Recorder } from '../platform/events/event.ts'
import type { RequestHead } from '../platform/http/ports.ts'
import type { ApplicationPrincipal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import { parseKey } from './key-format.ts'
import { readLiveKey } from './store.ts'

export const revokedTopic = 'apikeys.revoked'
const maxKeys = 5_000

type LiveKey = { readonly principal: ApplicationPrincipal; readonly secretHash: Buffer }

/** Finds out which application calls. Live keys are remembered while the bus is healthy; wrong ones never are. */
export class KeyVerifier {
  readonly #live = new Map<string, LiveKey>()
  readonly #needs: { database: Database; bus: Bus; recorder: Recorder; pepper: Buffer }
  #generation = 0

  constructor(needs: { database: Database; bus: Bus; recorder: Recorder; pepper: Buffer }) {
    this.#needs = needs
    needs.bus.subscribe(revokedTopic, (id) => this.forget(id))
    needs.bus.onGap(() => this.forget(null))
  }

  /** Null where the request carries no bearer token at all. */
  authenticate(head: RequestHead): ApplicationPrincipal | null | Promise<ApplicationPrincipal> {
    const header = head.headers.authorization
    if (header === undefined || !/^bearer /i.test(header)) return null
    const parts = parseKey(header.slice(7).trim())
    if (parts === null) throw refuse('APIKEY_INVALID')
    const known = this.#needs.bus.healthy() ? this.#live.get(parts.id) : undefined
    return known === undefined ? this.#read(parts.id, parts.secret) : this.#prove(known, parts.id, parts.secret)
  }

  forget(id: string | null): void {
    this.#generation += 1
    if (id === null) this.#live.clear()
    else this.#live.delete(id)
  }

  async #read(id: string, secret: string): Promise<ApplicationPrincipal> {
    const generation = this.#generation
    const row = await readLiveKey(this.#needs.database.queries, id)
    if (row === null) return this.#refuse(id, null)
    const { organisation_id: organisationId, application_id: applicationId, roles, secret_hash: secretHash } = row
    const live = {
      principal: { kind: 'application', id: applicationId, organisationId, roles, keyId: id },
      secretHash,
    } as const
    const principal = this.#prove(live, id, secret)
    if (generation === this.#generation && this.#needs.bus.healthy()) {
      if (this.#live.size >= maxKeys) this.#live.clear()
      this.#live.set(id, live)
    }
    return principal
  }

  #prove(live: LiveKey, id: string, secret: string): ApplicationPrincipal {
    if (timingSafeEqual(hashSecret(secret, this.#needs.pepper), live.secretHash)) return live.principal
    return this.#refuse(id, live.principal.organisationId)
  }

  #refuse(id: string, organisationId: string | null): never {
    this.#needs.recorder.note(event('key.refused', { organisationId, actor: { kind: 'anonymous' }, data: { key: id } }))
    throw refuse('APIKEY_INVALID')
  }
}

/** What is stored of the secret half: HMAC-SHA-256 under a key of the installation. */
export function hashSecret(secret: string, pepper: Buffer): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}
