import type { RequestHead } from './message.ts'
import { checkHead, componentValue, isComponentName } from './message.ts'
import { SignatureError } from './signature-error.ts'
import type { InnerList } from './structured-fields.ts'
import { serializeBare, serializeInnerList } from './structured-fields.ts'

const maxComponents = 32

/**
 * What is signed: RFC 9421 §2.5, lines of `"name": value` and the parameters of the signature as the last.
 *
 * @throws SignatureError `components`, `absent` or `message`.
 */
export function signatureBase(head: RequestHead, list: InnerList): string {
  checkHead(head)
  const lines = componentsOf(list).map(
    (name) => `${serializeBare({ kind: 'string', value: name })}: ${componentValue(head, name)}`,
  )
  return [...lines, `"@signature-params": ${serializeInnerList(list)}`].join('\n')
}

/**
 * The names that a signature covers, in their order. Parameters (`;sf`, `;bs`, `;key`, `;req`, `;tr`) are refused: each
 * makes another value of the same header.
 *
 * @throws SignatureError `components`.
 */
export function componentsOf(list: InnerList): string[] {
  const names = list.items.map(({ bare, parameters }) => {
    // §2.1: a header's name stands in lower case.
    const known = bare.kind === 'string' && parameters.size === 0 && isComponentName(bare.value)
    if (!known) throw new SignatureError('components')
    return bare.value
  })
  // §2.5 step 2.2: no component twice.
  if (names.length > maxComponents || new Set(names).size !== names.length) throw new SignatureError('components')
  return names
}
