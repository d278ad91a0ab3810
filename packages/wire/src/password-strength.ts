/** How well a password withstands guessing: 0 is guessed at once, 4 by nobody. */
export type Strength = {
  readonly score: 0 | 1 | 2 | 3 | 4
  /** What would help most; `fine` where nothing needs to. A key of the pages' texts. */
  readonly advice: Advice
}
export type Advice = 'empty' | 'short' | 'own' | 'repeats' | 'sequence' | 'date' | 'more' | 'fine'

/** A piece of a password that a guesser would try as a whole. */
type Piece = { readonly length: number; readonly bits: number; readonly advice: Advice | null }
type Finder = (text: string, at: number, seen: ReadonlySet<string>) => Piece | null

/** From this many bits on a score is reached. Four words of a list of 7,776 have 52 (Diceware). */
const bitsOf = [25, 38, 48, 64] as const

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'azertyuiop', 'yxcvbnm', '1234567890']
const directions = rows.flatMap((row) => [row, [...row].reverse().join('')])

/**
 * Estimates for the page what a person types; whether a password is fit is for the server to say, which knows what everybody guesses
 * first. A guess in the literal sense: it counts in bits how many tries the pieces take that people like to build from.
 *
 * @param password any text, of 1,024 characters at most; the rest is not looked at.
 * @param minLength in code points; what is shorter scores 1 at most.
 * @param own what the person could be expected to use: address, name, organisation.
 */
export function passwordStrength(
  password: string,
  { minLength = 15, own = [] }: { readonly minLength?: number; readonly own?: readonly string[] } = {},
): Strength {
  const text = password.slice(0, 1_024).normalize('NFKC')
  if (text === '') return { score: 0, advice: 'empty' }
  const words = ownWords(own)
  const finders = [ownWord(words), sameCharacter, neighbours, date, word(words), digits]
  const pieces = cut(text.toLowerCase(), finders)
  const capital = text === text.toLowerCase() ? 0 : 1
  const bits = pieces.reduce((sum, piece) => sum + piece.bits, capital)
  const reached = bitsOf.filter((needed) => bits >= needed).length
  if ([...password.normalize('NFC')].length < minLength) return { score: reached > 0 ? 1 : 0, advice: 'short' }
  const score = reached as Strength['score']
  if (score >= 3) return { score, advice: 'fine' }
  return { score, advice: worst(pieces) ?? 'more' }
}

function cut(text: string, finders: readonly Finder[]): readonly Piece[] {
  const pieces: Piece[] = []
  const seen = new Set<string>()
  for (let at = 0; at < text.length; ) {
    const piece = first(finders, text, at, seen) ?? single(text, at, seen)
    seen.add(text.slice(at, at + piece.length))
    pieces.push(piece)
    at += piece.length
  }
  return pieces
}

function first(finders: readonly Finder[], text: string, at: number, seen: ReadonlySet<string>): Piece | null {
  for (const find of finders) {
    const piece = find(text, at, seen)
    if (piece === null) continue
    // What stands there a second time is worth the idea of repeating it.
    const again = piece.length > 1 && seen.has(text.slice(at, at + piece.length))
    return again ? { length: piece.length, bits: 1, advice: 'repeats' } : piece
  }
  return null
}

/** The advice about the most characters. */
function worst(pieces: readonly Piece[]): Advice | null {
  const lengths = new Map<Advice, number>()
  for (const { advice, length } of pieces) if (advice !== null) lengths.set(advice, (lengths.get(advice) ?? 0) + length)
  return [...lengths].sort((one, other) => other[1] - one[1])[0]?.[0] ?? null
}

const ownWords = (own: readonly string[]) =>
  own
    .flatMap((text) => [text, ...text.split(/[\s@.]+/)])
    .map((text) => text.normalize('NFKC').toLowerCase())
    .filter((text) => text.length >= 3)
    .sort((one, other) => other.length - one.length)

const ownWord =
  (words: readonly string[]): Finder =>
  (text, at) => {
    const found = words.find((one) => text.startsWith(one, at))
    return found === undefined ? null : { length: found.length, bits: 2, advice: 'own' }
  }

const sameCharacter: Finder = (text, at) => {
  const run = /^(.)\1{2,}/su.exec(text.slice(at))
  return run === null ? null : { length: run[0].length, bits: 4 + Math.log2(run[0].length), advice: 'repeats' }
}

/** `abcd`, `4321`, `qwer`: four and more that stand side by side in an alphabet or on a keyboard. */
const neighbours: Finder = (text, at) => {
  const length = Math.max(steps(text, at, 1), steps(text, at, -1), ...directions.map((row) => along(row, text, at)))
  return length < 4 ? null : { length, bits: 5 + Math.log2(length), advice: 'sequence' }
}

function steps(text: string, at: number, by: 1 | -1): number {
  if (!/[\p{L}\d]/u.test(text[at] ?? '')) return 0
  let length = 1
  while (text.charCodeAt(at + length) === text.charCodeAt(at + length - 1) + by) length += 1
  return length
}

function along(row: string, text: string, at: number): number {
  const start = row.indexOf(text[at] ?? ' ')
  if (start < 0) return 0
  let length = 1
  while (start + length < row.length && text[at + length] === row[start + length]) length += 1
  return length
}

/** Days and years of living people: some 40,000 days, 130 years. */
const date: Finder = (text, at) => {
  const day =
    /^(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|(?:19|20)\d\d[./-]?\d{2}[./-]?\d{2}|\d{4}(?:19|20)\d\d)(?!\d)/.exec(
      text.slice(at),
    )
  if (day !== null) return { length: day[0].length, bits: 16, advice: 'date' }
  return /^(?:19|20)\d\d(?!\d)/.test(text.slice(at)) ? { length: 4, bits: 7, advice: 'date' } : null
}

/** Letters, up to where a word of one's own begins. */
const word =
  (own: readonly string[]): Finder =>
  (text, at) => {
    const run = /^[\p{L}\p{M}]{2,}/u.exec(text.slice(at))?.[0]
    if (run === undefined) return null
    const ends = own.map((one) => run.indexOf(one)).filter((end) => end > 0)
    const letters = run.slice(0, Math.min(run.length, ...ends))
    const unit = repeatedUnit(letters)
    if (unit.length * 2 > letters.length) return { length: letters.length, bits: bitsOfLetters(letters), advice: null }
    return { length: letters.length, bits: bitsOfLetters(unit) + 2, advice: 'repeats' }
  }

/** The shortest text whose repetition, the last perhaps cut off, makes `text`. */
function repeatedUnit(text: string): string {
  for (let period = 1; period < text.length; period++)
    if (text.startsWith(text.slice(period))) return text.slice(0, period)
  return text
}

/** Letters that read like a word carry little each; a heap of letters carries what it looks like. */
function bitsOfLetters(letters: string): number {
  const { length } = letters
  // An ideograph or syllable is one of some thousands, and follows from the one before.
  if (/[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(letters))
    return 5.5 * [...letters].length
  if (!/^[\p{Script=Latin}\p{M}]+$/u.test(letters)) return Math.min(2 + 2.2 * length, 4.7 * length)
  const plain = letters.normalize('NFD').replace(/\p{M}/gu, '')
  const vowels = (plain.match(/[aeiouy]/g)?.length ?? 0) / plain.length
  const readable = vowels >= 0.2 && vowels <= 0.67 && !/[^aeiouy]{5}/.test(plain)
  return readable ? Math.min(2 + 2.2 * length, 4.7 * length) : 4.2 * length
}

const digits: Finder = (text, at) => {
  const run = /^\d{2,}/.exec(text.slice(at))
  return run === null ? null : { length: run[0].length, bits: 3.3 * run[0].length, advice: null }
}

/** Anything else: a sign, a space, a picture. The same one again, as between words, tells nothing new. */
function single(text: string, at: number, seen: ReadonlySet<string>): Piece {
  const character = String.fromCodePoint(text.codePointAt(at) as number)
  const alphabet = /^[ -~]$/.test(character) ? 4 : 7
  return { length: character.length, bits: seen.has(character) ? 0.5 : alphabet, advice: null }
}
