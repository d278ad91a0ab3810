import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import type { OwnWords } from './policy.ts'
import { weakness } from './policy.ts'

/** @throws Refusal IDENTITY_PASSWORD_UNFIT with the field and what is wrong, never with the password. */
export function requireFit({ context }: Parts, field: string, password: string, own: OwnWords): void {
  const detail = weakness(password, context.config.minPasswordLength, own)
  if (detail !== null) throw refuse('IDENTITY_PASSWORD_UNFIT', { field, detail })
}
