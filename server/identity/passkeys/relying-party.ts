import type { Parts } from '../parts.ts'

/** How long a challenge holds, in the options for the browser and in the database. */
export const challengeSeconds = 300

/**
 * Whom authenticators know us as: the host name of the public address, with exactly its origin. Passkeys are bound to that name for
 * ever; under another one none of them works.
 */
export function relyingParty({ context }: Parts): { readonly id: string; readonly origin: string } {
  const { hostname, origin } = new URL(context.publicUrl)
  return { id: hostname, origin }
}
