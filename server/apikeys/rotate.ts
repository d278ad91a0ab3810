import type { RotateKey } from '@custodia/wire/http/keys.ts'
import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Issued } from './issue.ts'
import { daysFor } from './issue-own.ts'
import { makeKey } from './key-format.ts'
import { subjectOf } from './owner.ts'
import type { Parts } from './parts.ts'
import { nowOf } from './parts.ts'
import { hashSecret } from './secret-hash.ts'
import type { MadeSigning } from './signing-key.ts'
import { makeSigning } from './signing-key.ts'
import type { KeyRow, Which } from './store.ts'
import { listUsable, rotateKey } from './store.ts'

const dayMs = 86_400_000
const usualOverlapSeconds = 86_400

/**
 * Gives a key a new secret, and a new signing key where the server makes it. The secret before holds until the overlap is over or it
 * would have expired, whichever is sooner; the one before that ends at once.
 *
 * @throws Refusal APIKEY_UNKNOWN; APIKEY_ROTATED_MEANWHILE, to all but one of those who rotate at once; APIKEY_EXPIRY_TOO_LATE;
 * APIKEY_PUBLIC_KEY_INVALID, also where the key has none to replace.
 */
export async function rotate(
  parts: Parts,
  which: Which & { id: string },
  asked: RotateKey,
  by: Actor,
  allowed?: (tx: Queries) => Promise<void>,
): Promise<Issued> {
  const { context, keyring, pepper } = parts
  const now = nowOf(parts)
  const [row] = await listUsable(context.database.queries, which, now, 1)
  if (row === undefined) throw refuse('APIKEY_UNKNOWN')
  const signing = await nextSigning(parts, row, asked)
  const environment = row.environment ?? 'live'
  const { secret, key } = makeKey(context.random, environment, row.id)
  const next = {
    environment,
    secret_hash: hashSecret(secret, pepper),
    verifier: signing?.verifier ?? row.verifier,
    signing_hash: signing === null ? row.signing_hash : signing.signingHash,
    expires_at: expiryOf(parts, row, asked.days, now),
    rotated_at: now,
    previous_hash: row.secret_hash,
    previous_verifier: signing === null ? null : row.verifier,
    previous_signing_hash: signing === null ? null : row.signing_hash,
    previous_until: overlapEnd(row, asked.overlapSeconds ?? usualOverlapSeconds, now),
  }
  await context.database.transaction(async (tx) => {
    await allowed?.(tx)
    if (!(await rotateKey(tx, row, next))) throw refuse('APIKEY_ROTATED_MEANWHILE')
    const { organisation_id: organisationId, owner_kind: kind, application_id: id } = row
    const data = {
      key: row.id,
      expiresAt: next.expires_at?.toISOString() ?? null,
      overlapUntil: next.previous_until.toISOString(),
    }
    const subjectId = subjectOf({ kind, id })
    await context.recorder.record(tx, event('key.rotated', { organisationId, actor: by, subjectId, data }))
    parts.live.changed(tx, [row.id])
  })
  return {
    row: { ...row, ...next, rotation: row.rotation + 1 },
    token: row.require_signature ? null : key,
    signingSecret: signing?.shown ?? null,
  }

  async function nextSigning({ context }: Parts, row: KeyRow, { publicKey }: RotateKey): Promise<MadeSigning | null> {
    if (publicKey !== undefined && row.algorithm !== 'ed25519') throw refuse('APIKEY_PUBLIC_KEY_INVALID')
    if (row.algorithm === null || (row.algorithm === 'ed25519' && publicKey === undefined)) return null
    const owner = { kind: row.owner_kind, id: row.application_id }
    const whose = { id: row.id, organisationId: row.organisation_id, owner }
    const wanted =
      publicKey === undefined ? ({ algorithm: 'hmac-sha256' } as const) : ({ algorithm: 'ed25519', publicKey } as const)
    return await makeSigning({ keyring, pepper, random: context.random }, whose, wanted)
  }
}

function expiryOf(parts: Parts, row: KeyRow, days: number | undefined, now: Date): Date | null {
  // What never expired goes on without an end, unless one is asked for.
  if (row.owner_kind === 'application' && days === undefined && row.expires_at === null) return null
  return new Date(now.getTime() + daysFor(parts, days) * dayMs)
}

const overlapEnd = ({ expires_at }: KeyRow, overlapSeconds: number, now: Date): Date =>
  new Date(Math.min(now.getTime() + overlapSeconds * 1000, expires_at?.getTime() ?? Number.POSITIVE_INFINITY))
