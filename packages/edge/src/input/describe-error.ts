import type { ErrorObject } from 'ajv'
import type { Unfit } from './unfit.ts'

/** Ajv's words, with the field's path in dots; a value that was sent is never repeated. */
export function describeError(root: string, error: ErrorObject): Unfit {
  const path = [root, ...error.instancePath.split('/').slice(1)]
  const { missingProperty, additionalProperty, unevaluatedProperty } = error.params as Record<
    string,
    string | undefined
  >
  const unknown = additionalProperty ?? unevaluatedProperty
  if (missingProperty !== undefined) return { field: bounded([...path, missingProperty]), detail: 'is missing' }
  if (unknown !== undefined) return { field: bounded([...path, unknown]), detail: 'is not known here' }
  if (error.keyword === 'false schema') return { field: bounded(path), detail: 'is not taken here' }
  return { field: bounded(path), detail: (error.message ?? 'is invalid').slice(0, 200) }
}

const bounded = (path: readonly string[]): string => path.join('.').slice(0, 200)
