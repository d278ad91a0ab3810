import { texts } from '../texts.ts'

/** What somebody proved at sign-in, in words. A factor without a word keeps its registered name. */
export function factorWords(factors: readonly string[]): string {
  const named = factors.map((factor) =>
    Object.hasOwn(texts.home.factors, factor) ? texts.home.factors[factor] : factor,
  )
  return named.length === 0 ? '–' : new Intl.ListFormat('en', { type: 'conjunction' }).format(named as string[])
}
