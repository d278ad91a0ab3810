import type { Principal } from '../../platform/http/principal.ts'
import { refuse } from '../errors.ts'

/** The type of the organisation as a whole. */
export const wholeOrganisation = 'organisation'

/** The application that a permission or a resource type belongs to: what stands before its first colon. */
export const ownerOf = (name: string): string => name.split(':', 1)[0] as string

/**
 * An application asks about what is its own: permissions and types that begin with its name, and these on the organisation as a whole.
 * People and service accounts ask about anything in their organisation.
 *
 * @throws Refusal ACCESS_NOT_YOUR_APPLICATION
 */
export function requireOwn(principal: Principal, asked: { permission?: string; type: string }): void {
  if (principal.kind !== 'application') return
  const own = (name: string) => name.startsWith(`${principal.id}:`)
  if (asked.permission !== undefined && !own(asked.permission))
    throw refuse('ACCESS_NOT_YOUR_APPLICATION', { permission: asked.permission })
  if (asked.type !== wholeOrganisation && !own(asked.type))
    throw refuse('ACCESS_NOT_YOUR_APPLICATION', { type: asked.type })
}
