import { createHmac } from 'node:crypto'
import { CustodiaError } from '../errors.ts'

/** Goes into every token: a later normalisation gets another number, so that tokens of both can't be confused. */
const normalisation = 1

/**
 * What a value is compared by: compatibility forms folded, lower case, no space around it.
 * Lower-casing may leave letters decomposed, hence the second folding.
 */
export function normalise(value: string): string {
  return value.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
}

/**
 * The token by which equal values are found without showing them: HMAC-SHA-256, cut to `bits`.
 *
 * @param key 32 bytes.
 * @param value 1 to 1,024 characters, of which something is left after normalising.
 * @param bits 1 to 256. Few bits make values share a token, on purpose: see `plannedBits`.
 * @returns ⌈bits / 8⌉ bytes, the bits that are not used being zero.
 */
export function indexToken(key: Uint8Array, value: string, bits: number): Uint8Array {
  if (!Number.isInteger(bits) || bits < 1 || bits > 256) throw new CustodiaError('INPUT_INVALID', { field: 'bits' })
  const text = value.length > 1024 ? '' : normalise(value)
  if (text === '') throw new CustodiaError('INPUT_INVALID', { field: 'values' })
  const mac = createHmac('sha256', key).update(Uint8Array.of(normalisation)).update(text, 'utf8').digest()
  const token = Uint8Array.from(mac.subarray(0, Math.ceil(bits / 8)))
  const unused = token.length * 8 - bits
  token[token.length - 1] = ((token[token.length - 1] as number) >> unused) << unused
  return token
}

/**
 * How many bits an index of so many records may have: the most at which about two records or more share each token.
 *
 * With R records and L bits, C = R / 2^L of them share a token by chance. C ≥ 2 keeps a token from naming one value;
 * C < √R keeps the search useful. Both bounds are those that the authors of CipherSweet give for blind indexes.
 *
 * @param expectedRecords how many the index will hold within years: 8 to 2^40. Below 8 no length does both.
 * @throws CustodiaError INPUT_INVALID outside of that: open all records and compare instead.
 */
export function plannedBits(expectedRecords: number): number {
  if (!Number.isInteger(expectedRecords) || expectedRecords < 8 || expectedRecords > 2 ** 40) {
    throw new CustodiaError('INPUT_INVALID', { field: 'expectedRecords' })
  }
  return Math.floor(Math.log2(expectedRecords)) - 1
}
