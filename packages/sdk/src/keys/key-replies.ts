import type { DataKeyName } from '@custodia/wire/http/keyring.ts'
import { CustodiaError } from '../errors.ts'

// The shapes are those of `http/keyring.ts` in the wire package. They are read by hand: a key that is one byte short
// must stop here, and the rest of a reply does not concern us.

type NamedKey = DataKeyName & { readonly bytes: Uint8Array }

const invalid = () => new CustodiaError('CUSTODIA_REPLY_INVALID')

/** RFC 4648 §5 without padding: 43 characters are 32 bytes, where the last one has no bit to spare. */
const keyText = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw invalid()
  return value as Record<string, unknown>
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > 256) throw invalid()
  return value
}

function key(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !keyText.test(value)) throw invalid()
  return Uint8Array.from(Buffer.from(value, 'base64url'))
}

function name(value: unknown): DataKeyName {
  const { keyId, number } = record(value)
  if (typeof keyId !== 'string' || !uuid.test(keyId)) throw invalid()
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 0xffff_ffff) throw invalid()
  return { keyId, number }
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readNewKey(reply: unknown): NamedKey {
  return { ...name(reply), bytes: key(record(reply).key) }
}

/**
 * @returns by `keyId number`; null stands for a destroyed key, which wins where the reply says both.
 * @throws CustodiaError CUSTODIA_REPLY_INVALID
 */
export function readOpenedKeys(reply: unknown): Map<string, Uint8Array | null> {
  const { keys, shredded } = record(reply)
  const opened = new Map<string, Uint8Array | null>()
  for (const one of list(keys).map(readNewKey)) opened.set(`${one.keyId} ${one.number}`, one.bytes)
  for (const one of list(shredded).map(name)) opened.set(`${one.keyId} ${one.number}`, null)
  return opened
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
export function readIndexKey(reply: unknown): Uint8Array {
  return key(record(reply).key)
}
