import { parseStrictJson as parse } from '@custodia/edge/input/strict-json.ts'
import { UnfitInput } from '@custodia/edge/input/unfit.ts'
import { refuseRequest } from './errors.ts'

/**
 * Parses a request body by the rules of `packages/edge/src/input/strict-json.ts`.
 *
 * @throws Refusal REQUEST_INVALID that names the member.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  try {
    return parse(bytes)
  } catch (error) {
    if (!(error instanceof UnfitInput)) throw error
    throw refuseRequest('REQUEST_INVALID', { field: error.field, detail: error.detail })
  }
}
