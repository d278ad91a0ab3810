import type { Bus } from '../../platform/cache/cache.ts'
import { RecentMap } from '../../platform/recent-map.ts'
import type { Compiled } from '../cedar/api.ts'
import { compilePolicies } from '../cedar/api.ts'
import type { LivePolicies, PolicySetJson } from './api.ts'
import type { CedarSchema } from './schema.ts'

/** Organisations whose policies are kept compiled, and those that are known to have none. */
const most = { compiled: 100, empty: 10_000 } as const
export const topic = 'access.policies.changed'

export type LiveRow = { readonly number: number; readonly compiled: string }

/**
 * The live policies of organisations, remembered for as long as the bus is known to be alive. A version never changes, so that it is
 * compiled once, however often what is live is read again. A read that began before a change does not store what it found.
 */
export class LiveCache {
  readonly #bus: Bus
  readonly #schema: CedarSchema
  readonly #read: (organisationId: string, known: number | null) => Promise<LiveRow | number | null>
  readonly #live = new RecentMap<LivePolicies>(most.compiled)
  readonly #versions = new RecentMap<LivePolicies>(most.compiled)
  readonly #empty = new RecentMap<true>(most.empty)
  readonly #none: LivePolicies
  #generation = 0

  /** @param read the live version; its number alone where that is the known one; null where none is live. */
  constructor(
    bus: Bus,
    schema: CedarSchema,
    read: (organisationId: string, known: number | null) => Promise<LiveRow | number | null>,
  ) {
    this.#bus = bus
    this.#schema = schema
    this.#read = read
    this.#none = livePolicies(0, schema, { staticPolicies: {} })
    bus.subscribe(topic, (organisationId) => this.forget(organisationId))
    bus.onGap(() => this.forget(null))
  }

  get(organisationId: string): LivePolicies | Promise<LivePolicies> {
    if (this.#bus.healthy()) {
      const known = this.#live.get(organisationId)
      if (known !== undefined) return known
      if (this.#empty.get(organisationId) !== undefined) return this.#none
    }
    return this.#fill(organisationId)
  }

  /** `null` forgets what is live anywhere; what was compiled stays, since a version never changes. */
  forget(organisationId: string | null): void {
    this.#generation += 1
    if (organisationId === null) {
      this.#live.clear()
      this.#empty.clear()
    } else {
      this.#live.delete(organisationId)
      this.#empty.delete(organisationId)
    }
  }

  /** Forgets here, and tells the others. */
  async announce(organisationId: string): Promise<void> {
    this.forget(organisationId)
    await this.#bus.publish(topic, organisationId)
  }

  async #fill(organisationId: string): Promise<LivePolicies> {
    const generation = this.#generation
    const before = this.#versions.get(organisationId)
    const row = await this.#read(organisationId, before?.version ?? null)
    const keep = generation === this.#generation && this.#bus.healthy()
    if (row === null) {
      if (keep) this.#empty.set(organisationId, true)
      return this.#none
    }
    const live = this.#version(organisationId, row, before)
    if (keep) this.#live.set(organisationId, live)
    return live
  }

  #version(organisationId: string, row: LiveRow | number, before: LivePolicies | undefined): LivePolicies {
    const number = typeof row === 'number' ? row : row.number
    // Of several that were under way the first has compiled it.
    const known = this.#versions.get(organisationId) ?? before
    if (known?.version === number) return known
    if (before?.version === number) return before
    if (typeof row === 'number') throw new Error(`policies of version ${number} were not read`)
    const live = livePolicies(number, this.#schema, JSON.parse(row.compiled) as PolicySetJson)
    this.#versions.set(organisationId, live)
    return live
  }
}

export function livePolicies(version: number, schema: CedarSchema, policies: PolicySetJson): LivePolicies {
  const compiled = new WeakMap<PolicySetJson, Compiled>()
  return {
    version,
    schema,
    policies,
    compileWith(builtIn) {
      const known = compiled.get(builtIn)
      if (known !== undefined) return known
      const made = compilePolicies({ staticPolicies: { ...builtIn.staticPolicies, ...policies.staticPolicies } })
      compiled.set(builtIn, made)
      return made
    },
  }
}
