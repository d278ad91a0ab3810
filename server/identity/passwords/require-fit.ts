import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { readPolicy } from '../policy/sign-in-policy.ts'
import type { OwnWords } from './policy.ts'
import { guessedFirst, weakness } from './policy.ts'

/** NIST SP 800-63B-4 §3.1.1.2: at least this long where nothing else is asked for. */
const onlyFactorLength = 15

type Whose = OwnWords & {
  /** Whose policy says whether a second factor is demanded. Null where there is no organisation yet. */
  readonly organisationId: string | null
}

/**
 * @throws Refusal IDENTITY_PASSWORD_UNFIT with the field and what is wrong, never with the password.
 */
export async function requireFit(parts: Parts, field: string, password: string, whose: Whose): Promise<void> {
  const { breached } = parts
  const detail =
    weakness(password, await minLengthFor(parts, whose.organisationId), whose, breached.listed) ??
    // Asked last: a stranger's service hears only of what would be taken.
    ((await breached.leaked(password.normalize('NFC'))) ? guessedFirst : null)
  if (detail !== null) throw refuse('IDENTITY_PASSWORD_UNFIT', { field, detail })
}

/** What the setting says; below 15 only where the organisation demands a second factor of everybody. */
async function minLengthFor({ context }: Parts, organisationId: string | null): Promise<number> {
  const { minPasswordLength } = context.config
  if (minPasswordLength >= onlyFactorLength) return minPasswordLength
  if (organisationId === null) return onlyFactorLength
  const { policy } = await readPolicy(context.database.queries, organisationId)
  return policy.secondFactor === 'optional' ? onlyFactorLength : minPasswordLength
}
