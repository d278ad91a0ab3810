import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Random } from '../../platform/random.ts'

const shape = /^(\d{1,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/

export type Purpose = 'register' | 'refresh'

/** How long a browser may take to sign: a TPM takes a second, and the first key is yet to be made. */
const ttlMs = { register: 300_000, refresh: 120_000 } as const

/**
 * A challenge that nobody has to keep: it carries its time, and a code that binds it to one session and purpose. That one is answered
 * once is for the database to say, which holds for every process.
 */
export function newChallenge(key: Buffer, purpose: Purpose, sessionId: string, random: Random, nowMs: number): string {
  const nonce = random.bytes(16).toString('base64url')
  return `${nowMs}.${nonce}.${codeOf(key, purpose, sessionId, `${nowMs}.${nonce}`).toString('base64url')}`
}

/** When a challenge of ours was made. Null where it is not ours, not for this, or too old. */
export function challengeTime(
  challenge: string,
  { key, purpose, sessionId, nowMs }: { key: Buffer; purpose: Purpose; sessionId: string; nowMs: number },
): Date | null {
  const [, madeMs = '', nonce = '', code = ''] = shape.exec(challenge) ?? []
  const right = codeOf(key, purpose, sessionId, `${madeMs}.${nonce}`)
  const said = Buffer.from(code, 'base64url')
  if (said.length !== right.length || !timingSafeEqual(said, right)) return null
  return nowMs - Number(madeMs) < ttlMs[purpose] ? new Date(Number(madeMs)) : null
}

const codeOf = (key: Buffer, purpose: Purpose, sessionId: string, made: string): Buffer =>
  createHmac('sha256', key).update(`${purpose}\n${sessionId}\n${made}`).digest()
