import { randomBytes } from 'node:crypto'
import { isNavigation } from '@custodia/edge/browser/own-page.ts'
import type { Sent, WorkNames } from '@custodia/edge/challenge/challenges.ts'
import { Challenges } from '@custodia/edge/challenge/challenges.ts'
import {
  challengePage,
  challengePageHeaders,
  challengeScriptHeaders,
  challengeScripts,
} from '@custodia/edge/challenge/page.ts'
import { longestWaitMs } from '@custodia/edge/limits/guarded-cells.ts'
import type { Verdict } from '@custodia/edge/limits/limits.ts'
import { RecentMap } from '@custodia/edge/limits/recent-map.ts'
import { orAborted } from '../calls/or-aborted.ts'
import { CustodiaError } from '../errors.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'

/** What policies with `exceeded: 'challenge'` need. */
export type ChallengeSettings = {
  /** 32 to 1,024 secret bytes, the same in every process of the application. */
  readonly secret: Uint8Array
  /**
   * Where processes remember together what was redeemed: true the first time that `key` is asked for, for so many seconds. Each remembers by
   * itself unless said, and while this fails or does not answer within 50 ms; a proof that is taken by two of them makes the same pass at both.
   */
  readonly once?: (key: string, seconds: number) => Promise<boolean>
}

/** Not those of Custodia, which the gateway takes away from what passes it. */
export const sdkNames: WorkNames = { proof: 'work-proof', pass: 'work-pass', cookie: '__Host-work-pass-' }

const mostRemembered = 50_000

/** @throws CustodiaError CONFIGURATION_INVALID */
export function openChallenges({ secret, once }: ChallengeSettings): Challenges {
  if (secret.length < 32 || secret.length > 1_024)
    throw new CustodiaError('CONFIGURATION_INVALID', { field: 'challenge.secret' })
  const burnt = new RecentMap<true>(mostRemembered)
  const alone = async (key: string) => {
    if (burnt.get(key)) return false
    burnt.set(key, true)
    return true
  }
  const together = async (key: string, seconds: number) => {
    if (once === undefined) return await alone(key)
    try {
      return await orAborted(once(key, seconds), AbortSignal.timeout(longestWaitMs), () => {})
    } catch {
      return await alone(key)
    }
  }
  return new Challenges({
    secret: Uint8Array.from(secret),
    nowMs: () => Date.now(),
    randomBytes: (size) => randomBytes(size),
    once: together,
    names: sdkNames,
  })
}

/** A script of the page, where the application has to serve it itself. */
export function challengeScript(method: string, path: string): Problem | null {
  const script = method === 'GET' ? challengeScripts.get(path) : undefined
  return script === undefined ? null : { status: 200, headers: challengeScriptHeaders, body: script }
}

/** A page that works by itself for people, and the challenge for programs. */
export function askForWork({ challenge, waitMs }: Verdict, method: string, sent: Sent): Problem {
  const text = JSON.stringify(challenge)
  const error = new CustodiaError('PROOF_OF_WORK_REQUIRED', {
    challenge: text,
    proofHeader: sdkNames.proof,
    passHeader: sdkNames.pass,
  })
  const problem = problemFrom(error)
  if (!isNavigation(method, sent.headers)) return problem
  const page = { challenge: text, proofHeader: sdkNames.proof, retryAfterSeconds: waitMs / 1_000, note: error.code }
  return { status: problem.status, headers: challengePageHeaders, body: challengePage(page) }
}

/** The host is read only where somebody has no room. */
export const sentBy = (headers: Sent['headers']): Sent => ({
  headers,
  get host() {
    return String(headers.host ?? '')
      .toLowerCase()
      .replace(/:\d+$/, '')
  },
})
