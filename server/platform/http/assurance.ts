import type { Assurance } from '@custodia/wire/http/sessions.ts'

export const assurances = ['one-factor', 'two-factors', 'phishing-resistant'] as const satisfies readonly Assurance[]

const phishingResistant: ReadonlySet<string> = new Set(['hwk', 'swk'])
const beside: ReadonlySet<string> = new Set(['otp', 'mail', 'sms', 'recovery'])

/**
 * How much the factors of a session prove together. A passkey binds the proof to the site that asks; a password needs something
 * beside it that is not known by heart.
 *
 * @param factors names as identity gives them: pwd, otp, hwk, swk, mail, sms, recovery. Others count for nothing.
 */
export function assuranceOf(factors: readonly string[]): Assurance {
  if (factors.some((factor) => phishingResistant.has(factor))) return 'phishing-resistant'
  return factors.includes('pwd') && factors.some((factor) => beside.has(factor)) ? 'two-factors' : 'one-factor'
}
