import { fold } from './fold.ts'

/** What the person could be expected to put into a password of their own. */
export type OwnWords = { readonly email: string | null; readonly organisation: string | null }

/** Looks a password up among those that everybody guesses first. */
export type Listed = (text: string) => boolean

export const guessedFirst = 'is among those that everybody guesses first'

/** A word that is repeated to reach the length counts as the word. */
const shortestUnit = 8
/** A listed word this long stands for the whole, whatever is behind it; a shorter one only with little behind it. */
const longWord = 8
/** Below this a word says nothing about what surrounds it. */
const shortestWord = 4

/**
 * What is wrong with a new password, after NIST SP 800-63B-4 §3.1.1.2: length first, no rules of composition, nothing that
 * everybody uses, nothing of one's own. A character is a Unicode code point.
 *
 * @param minLength 8 to 64.
 * @returns in words that follow the field's name, without the password; null where it is fit.
 */
export function weakness(password: string, minLength: number, own: OwnWords, listed: Listed): string | null {
  if (!password.isWellFormed()) return 'holds characters that are not text'
  const typed = password.normalize('NFC')
  if (length(typed) < minLength) return `is shorter than ${minLength} characters`
  const folded = fold(typed)
  if (length(repeatedUnit(folded)) < shortestUnit) return 'repeats itself'
  if (listed(typed) || isGuessedFirst(folded, listed)) return guessedFirst
  const rest = ownWords(own).reduce((left, one) => left.replaceAll(one, ''), folded)
  if (length(rest) < minLength / 2) return 'is hardly more than your address or the name of your organisation'
  return null
}

/** `Password2026!!!` and `letmeinletmein` are `password` and `letmein` to whoever guesses. */
function isGuessedFirst(folded: string, listed: Listed): boolean {
  const known = (text: string) => text !== '' && (listed(text) || listed(repeatedUnit(text)))
  if (known(folded)) return true
  const word = folded.replace(/[^\p{L}]+$/u, '')
  if (length(word) < shortestWord || !known(word)) return false
  const tail = folded.slice(word.length)
  if (length(word) >= longWord || length(tail) <= length(word)) return true
  return known(tail) || length(repeatedUnit(tail)) < shortestWord
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
    .map(fold)
    .filter((text) => length(text) >= 4)
    .sort((one, other) => other.length - one.length)
}
