import type { PermissionTable } from '../platform/module.ts'
import { Decider } from './decide.ts'
import type { RoleTable } from './grants/grants.ts'

let count = 0

/** How many organisations with roles of their own have their policies ready at once. */
const maxKept = 32

/** A decider for each content of a role table: organisations without roles of their own share one. */
export class Deciders {
  readonly #permissions: PermissionTable
  /** Cedar's memory is the process's, and there may be several of these in it. */
  readonly #name = `roles-${++count}`
  readonly #kept = new Map<string, { readonly decider: Decider; readonly place: number }>()

  constructor(permissions: PermissionTable) {
    this.#permissions = permissions
  }

  of({ version, roles }: RoleTable): Decider {
    const known = this.#kept.get(version)
    if (known !== undefined) {
      this.#kept.delete(version)
      this.#kept.set(version, known)
      return known.decider
    }
    // Cedar keeps what it parsed by name and has no way to forget it, so that names are used again.
    let place = this.#kept.size
    if (place >= maxKept) {
      const [[oldest, { place: freed }]] = this.#kept as unknown as [[string, { place: number }]]
      this.#kept.delete(oldest)
      place = freed
    }
    const decider = new Decider([...roles.values()], this.#permissions, `${this.#name}-${place}`)
    this.#kept.set(version, { decider, place })
    return decider
  }
}
