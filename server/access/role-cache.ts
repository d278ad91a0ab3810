import type { Bus } from '../platform/cache/cache.ts'

const maxSubjects = 20_000

/**
 * Roles by subject, remembered for as long as the bus is known to be alive. A read that began before a change does not
 * store what it found.
 */
export class RoleCache {
  readonly #bus: Bus
  readonly #roles = new Map<string, { readonly organisationId: string; readonly roles: readonly string[] }>()
  #generation = 0

  constructor(bus: Bus) {
    this.#bus = bus
  }

  get(organisationId: string, subjectId: string): readonly string[] | undefined {
    const found = this.#bus.healthy() ? this.#roles.get(subjectId) : undefined
    return found?.organisationId === organisationId ? found.roles : undefined
  }

  async fill(
    organisationId: string,
    subjectId: string,
    read: () => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const generation = this.#generation
    const roles = await read()
    if (generation === this.#generation && this.#bus.healthy()) {
      if (this.#roles.size >= maxSubjects) this.#roles.clear()
      this.#roles.set(subjectId, { organisationId, roles })
    }
    return roles
  }

  /** `null` forgets everybody. */
  forget(subjectId: string | null): void {
    this.#generation += 1
    if (subjectId === null) this.#roles.clear()
    else this.#roles.delete(subjectId)
  }
}
