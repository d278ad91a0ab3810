import { owners } from './owner.ts'
import type { Parts } from './parts.ts'

/** True while the key is neither revoked nor expired and its owner may do anything: asked of what outlives a request. */
export async function holds(parts: Parts, keyId: string): Promise<boolean> {
  const live = parts.live.known(keyId) ?? (await parts.live.read(keyId))
  if (live === null || parts.context.clock.nowMs() >= live.expiresAtMs) return false
  const { owner, organisationId } = live
  return owner.kind === 'application' || (await owners[owner.kind](parts, organisationId, owner.id)) !== null
}
