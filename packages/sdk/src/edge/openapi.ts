import type { CompiledOpenApi } from '@custodia/edge/input/openapi/compile.ts'
import { compileOpenApi as compile } from '@custodia/edge/input/openapi/compile.ts'
import { CustodiaError } from '../errors.ts'

export type { CompiledOpenApi } from '@custodia/edge/input/openapi/compile.ts'

/**
 * Compiles an application's OpenAPI document (3.0 or 3.1), once, at its start. Needs the packages `ajv` and `ajv-formats`.
 *
 * @param document as it was read from JSON or YAML. Only `#/components/…` is followed; patterns run as they are written.
 * @param options.unknownQuery what becomes of a query parameter that an operation does not name; `refuse` unless said.
 * @throws CustodiaError CONFIGURATION_INVALID for what can not be held to, with the place and the reason in `details.field`.
 */
export function compileOpenApi(
  document: unknown,
  options: { readonly unknownQuery?: 'refuse' | 'pass' } = {},
): CompiledOpenApi {
  try {
    return compile(document, { replies: false, ...options })
  } catch (error) {
    throw new CustodiaError('CONFIGURATION_INVALID', { field: (error as Error).message })
  }
}
