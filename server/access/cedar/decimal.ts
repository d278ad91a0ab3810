import { longOf } from './long.ts'
import { Decimal } from './values.ts'

const form = /^(-?)([0-9]+)\.([0-9]{1,4})$/
// 19 digits with the four behind the point; more can't be held, and are not worth a big number.
const maxDigits = 15

/** Reads a decimal: digits on both sides of the point, at most four behind it. @returns undefined where it is none, or too large. */
export function readDecimal(text: string): Decimal | undefined {
  const match = form.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  const digits = whole.replace(/^0+/, '')
  if (digits.length > maxDigits) return undefined
  const count = BigInt(digits + fraction.padEnd(4, '0'))
  const value = longOf(sign === '-' ? -count : count)
  return value === undefined ? undefined : new Decimal(value)
}
