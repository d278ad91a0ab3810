import { readFileSync } from 'node:fs'

/** What the person could be expected to put into a password of their own. */
export type OwnWords = { readonly email: string | null; readonly organisation: string | null }

const common: ReadonlySet<string> = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean),
)
/** A word that is repeated to reach the length counts as the word. */
const shortestUnit = 8

/**
 * What is wrong with a new password, after NIST SP 800-63B-4 §3.1.1.2: length first, no rules of composition, nothing that
 * everybody uses, nothing of one's own. A character is a Unicode code point.
 *
 * @param minLength 8 to 64.
 * @returns in words that follow the field's name, without the password; null where it is fit.
 */
export function weakness(password: string, minLength: number, own: OwnWords): string | null {
  if (!password.isWellFormed()) return 'holds characters that are not text'
  const typed = password.normalize('NFC')
  if (length(typed) < minLength) return `is shorter than ${minLength} characters`
  const folded = typed.normalize('NFKC').toLowerCase()
  // `Password2026!!!` is `password` to whoever guesses.
  const word = folded.replace(/[^\p{L}]+$/u, '')
  const units = [folded, word].map(repeatedUnit)
  if (length(units[0] as string) < shortestUnit) return 'repeats itself'
  if ([folded, word, ...units].some((one) => common.has(one))) return 'is among those that everybody guesses first'
  const rest = ownWords(own).reduce((left, one) => left.replaceAll(one, ''), folded)
  if (length(rest) < minLength / 2) return 'is hardly more than your address or the name of your organisation'
  return null
}

const length = (text: string) => [...text].length

/** The shortest text whose repetition, the last perhaps cut off, makes `text`. */
function repeatedUnit(text: string): string {
  for (let period = 1; period < text.length; period++)
    if (text.startsWith(text.slice(period))) return text.slice(0, period)
  return text
}

/** Their parts of four characters and more, the longest first. */
function ownWords({ email, organisation }: OwnWords): string[] {
  const texts = [email, email?.split('@')[0], organisation, ...(organisation?.split(/\s+/) ?? [])]
  return texts
    .filter((text) => text !== null && text !== undefined)
    .map((text) => text.normalize('NFKC').toLowerCase())
    .filter((text) => length(text) >= 4)
    .sort((one, other) => other.length - one.length)
}
