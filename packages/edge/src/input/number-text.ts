const grammar = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const smallestNormal = 2 ** -1022

/**
 * Whether a number as it is written means the same to whoever keeps it as a double and to whoever does not (RFC 7493 §2.2): no integer
 * that would be rounded, nothing that would become infinite or zero, no more than the 17 digits that a double can tell apart.
 *
 * @param text a number by the grammar of RFC 8259 §6.
 */
export function survives(text: string): boolean {
  // Nearly all are short integers.
  if (text.length < 16 && !/[.eE]/.test(text)) return true
  const value = Number(text)
  if (!Number.isFinite(value)) return false
  const digits = significant(text)
  if (digits === '') return true
  // Written as JavaScript would write it again.
  if (significant(String(value)) === digits) return true
  if (Math.abs(value) < smallestNormal) return false
  return /[.eE]/.test(text) ? digits.length <= 17 : BigInt(text) === BigInt(value)
}

/** A number in an address or a header, by the same grammar; null where it is none. No hexadecimal, no space, no plus sign. */
export function numberIn(text: string): number | null {
  return text.length <= 400 && grammar.test(text) && survives(text) ? Number(text) : null
}

/** The digits without sign, point, exponent and the zeros at both ends. */
const significant = (text: string): string =>
  (text.split(/[eE]/, 1)[0] as string).replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '')
