import { describeError } from '@custodia/edge/input/describe-error.ts'
import type { ErrorObject, ValidateFunction } from 'ajv'
import Ajv from 'ajv'
import addFormats from 'ajv-formats'
import { refuseRequest } from './errors.ts'

// Addresses carry text only, so their numbers and flags are read from it; bodies are taken at their word.
const options = {
  allErrors: false,
  removeAdditional: false,
  useDefaults: true,
  strict: true,
  strictTypes: false,
} as const
const forBody = addFormats.default(new Ajv.default({ ...options, coerceTypes: false }), ['date-time', 'uuid'])
const forAddress = addFormats.default(new Ajv.default({ ...options, coerceTypes: true }), ['date-time', 'uuid'])

const compilers = { body: forBody, querystring: forAddress, params: forAddress, headers: forBody } as const

/**
 * Fastify's validator compiler: schema → check that throws a refusal which names the field. The schema is compiled when it is asked for
 * first: all of them would take a tenth of a start, and most are not asked for in an hour.
 */
export function compileValidator(schema: object, part: string): (value: unknown) => true {
  const compiler = compilers[part as keyof typeof compilers] ?? forBody
  let validate: ValidateFunction | null = null
  const root = part === 'querystring' ? 'query' : part
  const coerces = compiler === forAddress
  return (value) => {
    validate ??= compiler.compile(schema)
    if (validate(value)) {
      const infinite = coerces ? infiniteField(value) : null
      if (infinite === null) return true
      throw refuseRequest('REQUEST_INVALID', { field: `${root}.${infinite}`, detail: 'is out of range' })
    }
    throw refuseRequest('REQUEST_INVALID', describeError(root, (validate.errors as ErrorObject[])[0] as ErrorObject))
  }
}

/** Ajv makes a number of `1e999`, and then does not hold what is infinite to the schema's bounds. */
function infiniteField(value: unknown): string | null {
  const fields = value as Record<string, unknown>
  for (const name in fields) if (typeof fields[name] === 'number' && !Number.isFinite(fields[name])) return name
  return null
}
