import type { EnrolledFactor, FactorKind, Factors, Way } from '@custodia/wire/http/factors.ts'

/**
 * The ways that can be gone here, best first as the server orders them.
 *
 * @param passkeys whether this browser has WebAuthn; a passkey that can't be used is no way.
 */
export function openWays(ways: readonly Way[], passkeys: boolean): readonly Way[] {
  return passkeys ? ways : ways.filter(({ factor }) => factor !== 'passkey')
}

/** How many recovery codes are left. @returns null where the facts do not say. */
export function codesLeft({ facts }: Pick<EnrolledFactor, 'facts'>): number | null {
  for (const fact of facts) {
    const found = /^codes-left:(\d{1,4})$/.exec(fact)
    if (found !== null) return Number(found[1])
  }
  return null
}

/** The last digits of a phone's number, as in `67`. @returns null where the facts do not say. */
export function numberEnd({ facts }: Pick<EnrolledFactor, 'facts'>): string | null {
  for (const fact of facts) {
    const found = /^number:…(\d{2})$/.exec(fact)
    if (found !== null) return found[1] as string
  }
  return null
}

export const isCloned = ({ facts }: Pick<EnrolledFactor, 'facts'>): boolean => facts.includes('clone-suspected')

/** What would do most for an account, from the most urgent down; `safe` where nothing is left. */
export type NextStep = 'cloned' | 'enrol-soon' | 'enrol' | 'stronger' | 'codes' | 'passkey' | 'safe'

const fewCodes = 2

export function nextStep({
  items,
  enrolable,
  enrolBefore,
}: Pick<Factors, 'items' | 'enrolable' | 'enrolBefore'>): NextStep {
  const has = (kind: FactorKind) => items.some(({ factor }) => factor === kind)
  if (items.some(isCloned)) return 'cloned'
  if (enrolBefore !== null) return 'enrol-soon'
  // A phone counts for as long as codes by text are in use, which is when one could be added.
  if (!has('totp') && !has('passkey')) return has('sms-code') && enrolable.includes('sms-code') ? 'stronger' : 'enrol'
  const codes = items.find(({ factor }) => factor === 'recovery-code')
  const left = codes === undefined ? 0 : codesLeft(codes)
  if (left !== null && left <= fewCodes) return 'codes'
  return has('passkey') ? 'safe' : 'passkey'
}

/** True where removing this one leaves the password alone. */
export function isLastSecond(items: readonly EnrolledFactor[], { id }: EnrolledFactor): boolean {
  const seconds = items.filter(({ factor }) => factor === 'totp' || factor === 'passkey' || factor === 'sms-code')
  return seconds.length === 1 && seconds[0]?.id === id
}
