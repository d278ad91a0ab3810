import { createHmac } from 'node:crypto'
import type { Queries } from '../../platform/database/database.ts'
import type { Actor } from '../../platform/events/event.ts'
import { base32 } from '../../platform/random.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { Purpose } from './link-store.ts'
import { insertLink } from './link-store.ts'

const daySeconds = 86_400

/** How long a link works, and on which page. */
const kinds: Readonly<Record<Purpose, { readonly seconds: number; readonly page: string }>> = {
  setup: { seconds: daySeconds, page: 'setup' },
  invitation: { seconds: 7 * daySeconds, page: 'invitation' },
  recovery: { seconds: 1_800, page: 'recovery' },
  'delegated-recovery': { seconds: 3 * daySeconds, page: 'recovery' },
  // As long as what it cancels can be under way: a week for the second administrator, a week of waiting, three days of the link.
  'recovery-cancel': { seconds: 17 * daySeconds, page: 'recovery-cancel' },
  'not-me': { seconds: 7 * daySeconds, page: 'not-me' },
}

export const linkSeconds = (purpose: Purpose): number => kinds[purpose].seconds

/** What the database holds of a link's token. */
export function hashLink({ linkKey }: Parts, token: string): Buffer {
  return createHmac('sha256', linkKey).update(token).digest()
}

/**
 * Makes a link with 256 random bits, as 52 characters of base32 after the `#`: a fragment is never sent to a server, so it
 * stands in no log (RFC 3986 §3.5).
 */
export async function makeLink(
  parts: Parts,
  tx: Queries,
  link: { purpose: Purpose; personId: string | null; organisationId: string | null; actor: Actor },
): Promise<{ link: string; expiresAt: Date }> {
  const { random, publicUrl, recorder } = parts.context
  const { purpose, personId, organisationId, actor } = link
  const token = base32(random.bytes(32))
  const now = nowOf(parts)
  const expiresAt = new Date(now.getTime() + linkSeconds(purpose) * 1000)
  await insertLink(tx, {
    token_hash: hashLink(parts, token),
    purpose,
    person_id: personId,
    created_at: now,
    expires_at: expiresAt,
  })
  const data = { purpose, user: personId, expiresAt: expiresAt.toISOString() }
  await recorder.record(tx, event('link.created', { organisationId, actor, subjectId: personId, data }))
  return { link: `${publicUrl}/${kinds[purpose].page}#${token}`, expiresAt }
}
