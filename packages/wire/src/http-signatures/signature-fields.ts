import type { RequestHead } from './message.ts'
import { fieldValue } from './message.ts'
import { SignatureError } from './signature-error.ts'
import type { Dictionary, InnerList, Item } from './structured-fields.ts'
import { parseDictionary } from './structured-fields.ts'

/** The parameters that RFC 9421 §2.3 defines. Null where the signature does not have it. */
export type SignatureParameters = {
  /** Seconds since 1970, as is `expires`. */
  readonly created: number | null
  readonly expires: number | null
  readonly nonce: string | null
  readonly alg: string | null
  readonly keyid: string | null
  readonly tag: string | null
}

/** One signature of a message, read and not yet believed. */
export type ReceivedSignature = {
  readonly label: string
  readonly list: InnerList
  readonly parameters: SignatureParameters
  readonly signature: Uint8Array
}

const maxInputLength = 4_096
const maxSignatureLength = 4_096
const maxSignatures = 8
/** Of a nonce, a key id, a tag. */
const maxTextLength = 256

/**
 * Reads the signature with this label, or the only one there is.
 *
 * @throws SignatureError `missing`, `form`, `label` or `parameter`.
 */
export function readSignature(head: RequestHead, label: string | null = null): ReceivedSignature {
  const inputs = dictionaryOf(head, 'signature-input', maxInputLength)
  const signatures = dictionaryOf(head, 'signature', maxSignatureLength)
  // Which of several is meant must be said by whoever verifies: a stranger could have added one.
  const chosen = label ?? (inputs.size === 1 && signatures.size === 1 ? [...inputs.keys()][0] : undefined)
  const list = inputs.get(chosen ?? '')
  const signature = signatures.get(chosen ?? '')
  if (chosen === undefined || list === undefined || signature === undefined) throw new SignatureError('label')
  if (list.kind !== 'list') throw new SignatureError('form')
  return { label: chosen, list, parameters: parametersOf(list), signature: bytesOf(signature) }
}

function dictionaryOf(head: RequestHead, name: string, maxLength: number): Dictionary {
  const text = fieldValue(head, name)
  if (text === null) throw new SignatureError('missing')
  if (text.length > maxLength) throw new SignatureError('form')
  try {
    const members = parseDictionary(text)
    if (members.size > 0 && members.size <= maxSignatures) return members
  } catch {
    // Below: what is wrong with it is nobody's business.
  }
  throw new SignatureError('form')
}

function bytesOf(member: Item | InnerList): Uint8Array {
  if (member.kind !== 'item' || member.bare.kind !== 'bytes' || member.parameters.size > 0)
    throw new SignatureError('form')
  return member.bare.value
}

const kinds: { readonly [Name in keyof SignatureParameters]: 'integer' | 'string' } = {
  created: 'integer',
  expires: 'integer',
  nonce: 'string',
  alg: 'string',
  keyid: 'string',
  tag: 'string',
}

function parametersOf(list: InnerList): SignatureParameters {
  const found: Record<keyof SignatureParameters, string | number | null> = {
    created: null,
    expires: null,
    nonce: null,
    alg: null,
    keyid: null,
    tag: null,
  }
  for (const [name, bare] of list.parameters) {
    // One that we do not know may change what the signature means.
    if (!Object.hasOwn(kinds, name)) throw new SignatureError('parameter')
    const key = name as keyof SignatureParameters
    if (bare.kind !== kinds[key]) throw new SignatureError('parameter')
    const value = bare.value as string | number
    if (typeof value === 'string' && (value === '' || value.length > maxTextLength))
      throw new SignatureError('parameter')
    found[key] = value
  }
  return found as SignatureParameters
}
