import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { newChallenge } from './challenge.ts'
import { quoted } from './structured.ts'

export const registerPath = '/v1/sessions/bind'

/**
 * The header that asks a browser to make a key for its session (DBSC §8.1). Those that don't know it, or have nowhere to keep a key,
 * ignore it. None is sent on another name of ours (a loopback address): what is bound is bound to the public origin.
 */
export function offer(parts: Parts, sessionId: string, head: RequestHead): Readonly<Record<string, string>> {
  const { random, clock, config, publicUrl } = parts.context
  if (!config.deviceBound || head.host !== new URL(publicUrl).hostname) return {}
  const challenge = newChallenge(parts.bindingKey, 'register', sessionId, random, clock.nowMs())
  return { 'secure-session-registration': `(ES256);path=${quoted(registerPath)};challenge=${quoted(challenge)}` }
}
