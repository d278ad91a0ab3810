import type { SignInPolicy } from '@custodia/wire/http/factors.ts'
import { securityTexts } from '../texts-of-security.ts'

/**
 * Says in plain words what a change of policy does to people, before it is saved.
 *
 * @returns sentences, the widest first; one that says so where nothing changes.
 */
export function meaning(before: SignInPolicy, after: SignInPolicy): readonly string[] {
  const { means, demands } = securityTexts.policy
  const said: string[] = []
  if (after.secondFactor !== before.secondFactor || after.graceDays !== before.graceDays) {
    const { secondFactor, graceDays } = after
    said.push(secondFactor === 'optional' ? means.optional : means[secondFactor](graceDays))
  }
  for (const [role, demand] of Object.entries(after.roles))
    if (before.roles[role] !== demand) said.push(means.role(role, demands[demand]))
  for (const role of Object.keys(before.roles))
    if (!Object.hasOwn(after.roles, role)) said.push(means.role(role, securityTexts.policy.asEverybody))
  if (after.mailCodes !== before.mailCodes) said.push(after.mailCodes ? means.mailOn : means.mailOff)
  if (after.smsCodes !== before.smsCodes) said.push(after.smsCodes ? means.smsOn : means.smsOff)
  if (after.attestation !== before.attestation) said.push(means.attestation[after.attestation])
  if (after.authenticators.join() !== before.authenticators.join())
    said.push(after.authenticators.length === 0 ? means.unlisted : means.listed(after.authenticators.length))
  if (after.freshSeconds !== before.freshSeconds)
    said.push(after.freshSeconds === null ? means.freshDefault : means.fresh(Math.round(after.freshSeconds / 60)))
  return said.length === 0 ? [means.same] : said
}

// RFC 9562 §4, in either case.
const aaguid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Reads AAGUIDs, one a line. @returns `wrong`: the first line that is none; null where all are. */
export function readAaguids(text: string): { aaguids: readonly string[]; wrong: string | null } {
  const lines = text
    .split(/\s+/)
    .map((line) => line.trim().toLowerCase())
    .filter((line) => line !== '')
  return { aaguids: [...new Set(lines)], wrong: lines.find((line) => !aaguid.test(line)) ?? null }
}
