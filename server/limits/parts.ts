import type { LimitScope } from '@custodia/wire/http/limits.ts'
import type { Access } from '../access/api.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import { refuseRequest } from '../platform/http/errors.ts'
import { boundBy } from '../platform/http/operator.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Context } from '../platform/module.ts'
import type { config } from './config.ts'
import type { LimitedRecently } from './limited-now.ts'
import type { Standing } from './standing.ts'

/** What the use cases of this module stand on. */
export type Parts = {
  readonly context: Context<typeof config>
  readonly access: Access
  readonly standing: Standing
  readonly limited: LimitedRecently
}

/** The topic on which processes tell each other that policies or lists are others. */
export const changed = 'limits.changed'

export const nowOf = ({ context }: Pick<Parts, 'context'>): Date => new Date(context.clock.nowMs())

/** The operator acts on one organisation, or where none is named, on the installation. */
export type By = Principal | { readonly kind: 'operator'; readonly organisationId: string | null }

export async function mayInstallation({ access }: Pick<Parts, 'access'>, by: By): Promise<boolean> {
  const principal = boundBy(by)
  return principal === null || (await access.decide(principal, 'limits:installation', { quiet: true })).allowed
}

/**
 * Whose policy or entry it is to be.
 *
 * @returns null for the installation's.
 * @throws Refusal ACCESS_DENIED where the caller may decide for its own organisation only.
 */
export async function scopeFor(parts: Parts, by: By, scope: LimitScope = 'organisation') {
  if (scope === 'organisation' || by.kind === 'operator') return by.organisationId
  if (await mayInstallation(parts, by)) return null
  throw refuseRequest('ACCESS_DENIED', { permission: 'limits:installation' })
}

export const scopeName = (organisationId: string | null): LimitScope =>
  organisationId === null ? 'installation' : 'organisation'

/** Once it has committed every process counts by it; this one before the caller is answered. The others hear even where it can't be read here. */
export function announce(parts: Parts, tx: Queries): void {
  afterCommit(tx, () => parts.standing.read())
  afterCommit(tx, () => parts.context.bus.publish(changed, ''))
}
