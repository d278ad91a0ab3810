import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { challengeSeconds } from './relying-party.ts'
import type { Purpose } from './store.ts'
import { consumeChallenge, insertChallenge } from './store.ts'

/** What a challenge is bound to: a sign-in under way, a session, or a browser before anybody has signed in with it. */
export type Bound = { readonly kind: 'attempt' | 'session' | 'browser'; readonly id: string }

/** 256 random bits that one answer may be made to, for five minutes. */
export async function newChallenge(parts: Parts, purpose: Purpose, bound: Bound): Promise<Buffer> {
  const challenge = parts.context.random.bytes(32)
  const expires_at = new Date(nowOf(parts).getTime() + challengeSeconds * 1_000)
  const row = { challenge, purpose, flow: flowOf(bound), expires_at }
  await insertChallenge(parts.context.database.queries, row)
  return challenge
}

/** @returns false where it is unknown, over, used, or was made for something else. */
export async function useChallenge(parts: Parts, purpose: Purpose, bound: Bound, challenge: Buffer): Promise<boolean> {
  const { queries } = parts.context.database
  return await consumeChallenge(queries, { challenge, purpose, flow: flowOf(bound) }, nowOf(parts))
}

const flowOf = ({ kind, id }: Bound): string => `${kind}:${id}`
