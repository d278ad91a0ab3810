import { setting } from '../platform/config/setting.ts'

/** How many sessions a person may have at once, and what becomes of one more. */
export type Limit = { readonly max: number; readonly when: 'end-oldest' | 'refuse-new' }

/** By role. */
export type Limits = Readonly<Record<string, Limit>>

const most = 200

export const limits = setting.structure<Limits>({
  description:
    'How many sessions at once the people of a role may have, and whether one more ends the oldest or is refused. Of several roles the strictest counts, and maxPerPerson beside them.',
  shape: `a mapping of role to { max: 1 to ${most}, when: end-oldest or refuse-new }`,
  example: '{ "administrator": { "max": 2, "when": "refuse-new" } }',
  default: {},
  check: checkLimits,
})

/** The least that the roles allow; where two allow as little, refusing is the stricter. */
export function strictest(limits: Limits, roles: readonly string[], maxPerPerson: number): Limit {
  let found: Limit = { max: maxPerPerson, when: 'end-oldest' }
  for (const role of roles) {
    const limit = Object.hasOwn(limits, role) ? (limits[role] as Limit) : found
    if (limit.max < found.max || (limit.max === found.max && limit.when === 'refuse-new')) found = limit
  }
  return found
}

function checkLimits(value: unknown): Limits {
  if (!isMapping(value)) throw new Error('it is not a mapping')
  for (const [role, limit] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9-]{0,49}$/.test(role)) throw new Error(`${role.slice(0, 50)} is not a role name`)
    if (!isMapping(limit)) throw new Error(`${role} is not a mapping`)
    const unknown = Object.keys(limit).find((key) => key !== 'max' && key !== 'when')
    if (unknown !== undefined) throw new Error(`${role}.${unknown} is not known`)
    if (!Number.isInteger(limit.max) || Number(limit.max) < 1 || Number(limit.max) > most)
      throw new Error(`${role}.max is not a number from 1 to ${most}`)
    if (limit.when !== 'end-oldest' && limit.when !== 'refuse-new')
      throw new Error(`${role}.when is neither end-oldest nor refuse-new`)
  }
  return value as Limits
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
