import type { LeakReceipt, LeakReport } from '@custodia/wire/http/keys.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { KeyParts } from './key-format.ts'
import { parseKey, signingWord } from './key-format.ts'
import { subjectOf } from './owner.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { fitsOne, hashSecret } from './secret-hash.ts'
import type { KeyRow } from './store.ts'
import { endOverlap, readLiveKeys, revokeKeys } from './store.ts'

/**
 * Takes the word of anybody who holds whole keys that they should not: those are revoked, and their owners hear of it. The answer says of
 * each only whether it has the form of a key, which everybody can compute. Nothing is looked up before it is given, so that neither it nor
 * its time tells a real key from a made-up one.
 *
 * @throws Refusal APIKEY_BUSY.
 */
export function reportLeaked(parts: Parts, { tokens, foundAt = '' }: LeakReport): LeakReceipt {
  const found = tokens.map((token) => parseKey(token.trim()))
  const keys = found.filter((key) => key !== null)
  if (keys.length > 0 && !parts.background.soon(() => revokeLeaked(parts, keys, foundAt)))
    throw refuse('APIKEY_BUSY', { retryAfterSeconds: 10 })
  return { accepted: found.map((key) => key !== null) }
}

async function revokeLeaked(parts: Parts, keys: readonly KeyParts[], foundAt: string): Promise<void> {
  const { database } = parts.context
  const rows = await readLiveKeys(database.queries, [...new Set(keys.map(({ id }) => id))])
  for (const row of rows) {
    const secrets = keys.filter(({ id }) => id === row.id).map((key) => secretOf(parts, key, row))
    if (secrets.includes('current')) await revokeOne(parts, row, foundAt, 'current')
    else if (secrets.includes('previous')) await revokeOne(parts, row, foundAt, 'previous')
  }
}

/**
 * Which of a key's secrets this is. The whole of it must be there: who knows an id, which is public, ends nobody's key. One that was replaced
 * by a rotation and holds no more is none: that it is found then is no reason to end what replaced it.
 */
function secretOf(parts: Parts, { secret, environment }: KeyParts, row: KeyRow): 'current' | 'previous' | null {
  const hash = hashSecret(secret, parts.pepper)
  const signs = environment === signingWord
  const current = fitsOne(hash, [signs ? row.signing_hash : row.secret_hash])
  const previous = fitsOne(hash, [signs ? row.previous_signing_hash : row.previous_hash])
  if (current) return 'current'
  return previous && row.previous_until !== null && row.previous_until > nowOf(parts) ? 'previous' : null
}

async function revokeOne(parts: Parts, row: KeyRow, foundAt: string, secret: 'current' | 'previous'): Promise<void> {
  const { organisation_id: organisationId, owner_kind: kind, application_id: id } = row
  await parts.context.database.transaction(async (tx) => {
    const now = nowOf(parts)
    const ended =
      secret === 'previous'
        ? await endOverlap(tx, row, now)
        : (await revokeKeys(tx, { organisationId, id: row.id }, now, 'leaked')).length > 0
    if (!ended) return
    await parts.context.recorder.record(
      tx,
      event('key.leaked', {
        organisationId,
        actor: { kind: 'anonymous' },
        subjectId: subjectOf({ kind, id }),
        data: { key: row.id, kind, owner: id, secret },
        personal: { foundAt },
      }),
    )
    if (kind === 'user') await parts.identity.tellOfKey(tx, id, 'key-leaked')
    parts.live.changed(tx, [row.id])
  })
}
