import type { KindName } from '@custodia/edge/uploads/kinds.ts'
import { kindNames } from '@custodia/edge/uploads/kinds.ts'
import type { UploadPolicy } from '@custodia/edge/uploads/policy.ts'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import { fits, laxSegments } from '../rules.ts'

/** Where an application takes files, and which. */
export type UploadRule = {
  readonly methods: ReadonlySet<string>
  readonly pattern: readonly string[]
  /** A form with files (RFC 7578), or one file as the body. */
  readonly as: 'form' | 'body'
  readonly policy: UploadPolicy
  /** Whether the application gets images as they were made anew, or as they were sent. */
  readonly images: 'remake' | 'keep'
  /** Of the whole request. */
  readonly maxBytes: number
  readonly maxFiles: number
  readonly maxFields: number
  /** How long all of it may take to arrive. */
  readonly seconds: number
  /** Fields that may stand in a form more than once. */
  readonly repeated: ReadonlySet<string>
}

const known = new Set([
  ...['path', 'methods', 'as', 'kinds', 'images', 'maxBytes', 'maxFiles', 'maxFields', 'seconds', 'repeated'],
])
const methodNames = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const mostBytes = 104_857_600

/** @returns no rule where nothing is said. @throws Error in words. */
export function checkUploads(value: unknown = [], where: string): readonly UploadRule[] {
  if (!Array.isArray(value) || value.length > 50) throw new Error(`${where} is not a list of at most 50 rules`)
  return value.map((rule: unknown, index) => checkRule(rule, `${where}[${index}]`))
}

/**
 * The rule for a request; null where the application takes no files there. A path is compared as a lax server would read it: what it would
 * serve there is looked at, too.
 */
export const uploadRuleFor = (rules: readonly UploadRule[], method: string, path: string): UploadRule | null =>
  rules.find((rule) => rule.methods.has(method) && fits(rule.pattern, laxSegments(path))) ?? null

function checkRule(value: unknown, where: string): UploadRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  for (const name of Object.keys(value)) if (!known.has(name)) throw new Error(`${where}.${name} is not known`)
  const { path, as = 'form', images = 'remake', ...rest } = value as Record<string, unknown>
  if (typeof path !== 'string' || !/^\/[^?#]*$/.test(path) || /\*\*./.test(path))
    throw new Error(`${where}.path is not a path such as /photos or /files/**`)
  if (as !== 'form' && as !== 'body') throw new Error(`${where}.as is not form or body`)
  if (images !== 'remake' && images !== 'keep') throw new Error(`${where}.images is not remake or keep`)
  const { methods = ['POST', 'PUT', 'PATCH'], kinds = usualPolicy.kinds, repeated = [] } = rest
  const maxBytes = within(rest.maxBytes ?? usualPolicy.maxBytes, 1_024, mostBytes, `${where}.maxBytes`)
  if (images === 'keep' && Array.isArray(kinds) && kinds.includes('svg'))
    throw new Error(
      `${where}.images is keep, and kinds has svg: an SVG is never passed on, only what was drawn from it`,
    )
  return {
    as,
    images,
    pattern: laxSegments(path),
    methods: listOf(methods, 1, (one) => methodNames.has(one), `${where}.methods`),
    policy: {
      ...usualPolicy,
      maxBytes,
      kinds: [...listOf(kinds, 1, (one) => kindNames.includes(one as KindName), `${where}.kinds`)] as KindName[],
    },
    maxBytes,
    maxFiles: within(rest.maxFiles ?? 10, 1, 100, `${where}.maxFiles`),
    maxFields: within(rest.maxFields ?? 100, 0, 1_000, `${where}.maxFields`),
    seconds: within(rest.seconds ?? 60, 1, 600, `${where}.seconds`),
    repeated: listOf(repeated, 0, (one) => one !== '' && one.length <= 200, `${where}.repeated`),
  }
}

function within(value: unknown, min: number, max: number, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new Error(`${where} is not a whole number from ${min} to ${max}`)
  return value
}

function listOf(value: unknown, least: 0 | 1, holds: (one: string) => boolean, where: string): ReadonlySet<string> {
  const fine =
    Array.isArray(value) &&
    value.length >= least &&
    value.length <= 100 &&
    value.every((one) => typeof one === 'string' && holds(one))
  if (!fine) throw new Error(`${where} is not a list of what may stand there`)
  return new Set(value)
}
