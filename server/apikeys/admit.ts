import { longestWaitMs } from '@custodia/edge/limits/guarded-cells.ts'
import { withDeadline } from '../platform/cache/deadline.ts'
import type { ApplicationPrincipal, KeyPrincipal } from '../platform/http/principal.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { LiveKey } from './live-keys.ts'
import { owners } from './owner.ts'
import type { Parts } from './parts.ts'
import { touchKey } from './store.ts'

export type Caller = ApplicationPrincipal | KeyPrincipal

const touchMs = 60_000

/**
 * What is asked of a key once it is proven to be in the hands of whoever calls: not before, so that a stranger learns nothing of it and
 * uses none of its budget up.
 *
 * @throws Refusal APIKEY_EXPIRED, APIKEY_ELSEWHERE, APIKEY_RATE, or APIKEY_INVALID where its owner may do nothing any more.
 */
export function admit(parts: Parts, live: LiveKey, address: string, signed: boolean): Caller | Promise<Caller> {
  const nowMs = parts.context.clock.nowMs()
  if (nowMs >= live.expiresAtMs) throw refused(parts, live, 'expired', 'APIKEY_EXPIRED')
  if (live.networks !== null && !live.networks(address)) throw refused(parts, live, 'network', 'APIKEY_ELSEWHERE')
  if (live.perMinute !== null || live.owner.kind !== 'application') return admitSlowly(parts, live, signed)
  touch(parts, live, nowMs)
  return applicationOf(live, signed)
}

async function admitSlowly(parts: Parts, live: LiveKey, signed: boolean): Promise<Caller> {
  const { owner, organisationId, id: keyId, scopes } = live
  if (live.perMinute !== null) await spend(parts, live, live.perMinute)
  if (owner.kind === 'application') {
    touch(parts, live, parts.context.clock.nowMs())
    return applicationOf(live, signed)
  }
  const roles = await owners[owner.kind](parts, organisationId, owner.id)
  if (roles === null) throw refused(parts, live, 'owner', 'APIKEY_INVALID')
  touch(parts, live, parts.context.clock.nowMs())
  return {
    kind: 'key',
    owner: { kind: owner.kind, id: owner.id },
    id: owner.id,
    organisationId,
    roles,
    keyId,
    // A key of a person without scopes can't be made; were there one, it would be worth nothing.
    scopes: scopes ?? [],
    ...(signed ? { signed } : {}),
  }
}

function applicationOf({ owner, organisationId, roles, id, scopes }: LiveKey, signed: boolean): ApplicationPrincipal {
  return {
    kind: 'application',
    id: owner.id,
    organisationId,
    roles,
    keyId: id,
    ...(scopes === null ? {} : { scopes }),
    ...(signed ? { signed } : {}),
  }
}

async function spend({ context, own }: Parts, { id }: LiveKey, perMinute: number): Promise<void> {
  const key = `apikeys.rate:${id}`
  // Without the shared store each process counts by itself, which is looser and never open. A limit is waited for no longer than any other.
  const budget = await withDeadline('the cache', longestWaitMs, context.cache.spend(key, perMinute, 60)).catch(() =>
    own.spend(key, perMinute, 60),
  )
  if (!budget.allowed) throw refuse('APIKEY_RATE', { retryAfterSeconds: budget.retryAfterSeconds })
}

/** Written down behind the request, once a minute; of several processes each may write, and the first counts. */
function touch({ context, background }: Parts, live: LiveKey, nowMs: number): void {
  if (nowMs - live.touchedMs < touchMs) return
  live.touchedMs = nowMs
  background.soon(() => touchKey(context.database.queries, live.id, new Date(nowMs)))
}

export function refused(
  { context }: Parts,
  { id, organisationId }: { readonly id: string; readonly organisationId: string | null },
  why: string,
  code: 'APIKEY_INVALID' | 'APIKEY_EXPIRED' | 'APIKEY_ELSEWHERE' | 'APIKEY_SIGNATURE_INVALID',
) {
  const actor = { kind: 'anonymous' } as const
  context.recorder.note(event('key.refused', { organisationId, actor, data: { key: id, why } }))
  return refuse(code)
}
