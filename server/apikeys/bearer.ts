import type { RequestHead } from '../platform/http/ports.ts'
import { acceptSignature } from '../platform/http/steps/signed.ts'
import type { Caller } from './admit.ts'
import { admit, refused } from './admit.ts'
import { refuse } from './errors.ts'
import type { KeyParts } from './key-format.ts'
import { parseKey } from './key-format.ts'
import type { LiveKey } from './live-keys.ts'
import type { Parts } from './parts.ts'
import { fitsOne, hashSecret } from './secret-hash.ts'

/**
 * Finds out whose key a bearer token is (RFC 6750 §2.1). Of an application's it answers at once where the key is remembered.
 *
 * @returns null where the request carries no bearer token at all.
 * @throws Refusal as `admit`; APIKEY_INVALID, whether the id or the secret is wrong; APIKEY_SIGNATURE_REQUIRED.
 */
export function byBearer(parts: Parts, head: RequestHead): Caller | null | Promise<Caller> {
  const header = head.headers.authorization
  if (header === undefined || !/^bearer /i.test(header)) return null
  const key = parseKey(header.slice(7).trim())
  if (key === null) throw refuse('APIKEY_INVALID')
  const known = parts.live.known(key.id)
  return known === undefined ? read(parts, key, head) : prove(parts, known, key, head)
}

async function read(parts: Parts, key: KeyParts, head: RequestHead): Promise<Caller> {
  const live = await parts.live.read(key.id)
  if (live === null) throw refused(parts, { id: key.id, organisationId: null }, 'unknown', 'APIKEY_INVALID')
  return await prove(parts, live, key, head)
}

function prove(
  parts: Parts,
  live: LiveKey,
  { secret, environment }: KeyParts,
  head: RequestHead,
): Caller | Promise<Caller> {
  const hash = hashSecret(secret, parts.pepper)
  const before = live.previous !== null && parts.context.clock.nowMs() < live.previous.untilMs ? live.previous : null
  const holds = fitsOne(hash, [live.secretHash, before?.secretHash ?? null])
  // The word in it is for people to read: one that was changed would mislead them. Keys from before there were any have none.
  if (!holds || (environment !== null && environment !== live.environment))
    throw refused(parts, live, 'secret', 'APIKEY_INVALID')
  if (live.requireSignature) throw refuse('APIKEY_SIGNATURE_REQUIRED', { acceptSignature })
  return admit(parts, live, head.address, false)
}
