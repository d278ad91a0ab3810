import type { CompiledOpenApi } from './openapi/compile.ts'
import type { BodyPlan, InputHead, Operation } from './openapi/operation.ts'
import type { Unfit } from './unfit.ts'

/** An application's document, and how far it is spoken of. */
export type InputDocument = {
  readonly compiled: CompiledOpenApi
  /** The paths that it speaks of: this one, in lower case, and what is below it. `/` is all. */
  readonly under: string
}

/** What a document says of the head of a request, before any of its body is read. */
export type InputVerdict =
  /** The document does not speak of the path. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'allowed'; readonly operation: Operation; readonly body: BodyPlan }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'method'; readonly allowed: readonly string[] }
  | RefusedInput

/** An operation of the document was asked for, and not as it says. */
export type RefusedInput = {
  readonly kind: 'unfit' | 'media-type'
  readonly unfit: Unfit
  /** Null where only the body's plan was judged. */
  readonly operation: Operation | null
}

/** @param path decoded, in its canonical form. */
export function allowInput(
  { compiled, under }: InputDocument,
  head: InputHead & { readonly method: string },
  path: string,
): InputVerdict {
  if (!speaksOf(under, path)) return { kind: 'silent' }
  const found = compiled.find(head.method, path)
  if (found === null) return { kind: 'unknown' }
  if (!('operation' in found)) return { kind: 'method', allowed: found }
  const { operation } = found
  const unfit = operation.head(head, found.path)
  if (unfit !== null) return { kind: 'unfit', unfit, operation }
  const body = operation.body(head.headers)
  const refused = refusalOf(body)
  return refused === null ? { kind: 'allowed', operation, body } : { ...refused, operation }
}

/** @returns null where the plan refuses nothing. */
export function refusalOf(plan: BodyPlan): RefusedInput | null {
  if (plan.act !== 'refuse') return null
  return { kind: plan.mediaType ? 'media-type' : 'unfit', unfit: plan.unfit, operation: null }
}

/** Holds a whole body to its plan. */
export function judgeBody(plan: BodyPlan, bytes: Uint8Array): Unfit | null {
  if (plan.act !== 'check') return null
  if (bytes.length > 0) return plan.check(bytes)
  return plan.required ? { field: 'body', detail: 'is missing' } : null
}

/** Some servers take `/API/x` for `/api/x`: what they would serve there is held to the document, too. */
function speaksOf(under: string, path: string): boolean {
  const lower = path.toLowerCase()
  return under === '/' || lower === under || lower.startsWith(`${under}/`)
}
