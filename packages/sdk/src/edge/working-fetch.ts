import { ownNames } from '@custodia/edge/challenge/challenges.ts'
import { solveWork } from '@custodia/edge/challenge/solve.ts'
import { RecentMap } from '@custodia/edge/limits/recent-map.ts'
import type { Challenge } from 'altcha-lib'
import { collect, maxBodyBytesOf } from '../body.ts'
import { sdkNames } from './challenge.ts'

export type WorkingFetchOptions = {
  /** The platform's own unless said; `createSignedFetch` signs each attempt anew. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** How long it works for one request before it gives up: 60,000 unless said. */
  readonly patienceMs?: number
  /** A body is read whole, to be sent once more: 1,048,576 unless said, at most 67,108,864. */
  readonly maxBodyBytes?: number
}

export type WorkingFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** The headers that a reply may name; a request is never sent with another. */
const passHeaders = new Map([ownNames, sdkNames].map(({ proof, pass }) => [proof, pass]))
const mostOrigins = 100
const mostProblemBytes = 16_384
/** What our own challenges ask for at most; work without an end is nobody's due. */
const mostRounds = 5_000
const mostDigits = 3

/**
 * A `fetch` that works where it is asked to (PROOF_OF_WORK_REQUIRED), and shows the pass that it got for it with the next requests to the same
 * origin. Once for each call: what is asked again is for the caller to see.
 *
 * @throws CustodiaError CONFIGURATION_INVALID. Its calls: BODY_TOO_LARGE, and whatever `fetch` throws.
 */
export function createWorkingFetch(options: WorkingFetchOptions = {}): WorkingFetch {
  const { patienceMs = 60_000, fetch: send = (url, init) => globalThis.fetch(url, init) } = options
  const maxBodyBytes = maxBodyBytesOf(options.maxBodyBytes)
  const passes = new RecentMap<Readonly<Record<string, string>>>(mostOrigins)

  return async (input, init) => {
    // `duplex` is asked for with a stream, and harmless without one.
    const request = new Request(input, { ...init, duplex: 'half' } as RequestInit)
    const { origin } = new URL(request.url)
    const body = request.body === null ? null : await collect(request.body, maxBodyBytes)
    const attempt = async (more: Readonly<Record<string, string>>): Promise<Response> => {
      const headers = new Headers(request.headers)
      for (const [name, value] of Object.entries({ ...passes.get(origin), ...more })) headers.set(name, value)
      const { method, redirect, signal } = request
      const reply = await send(request.url, {
        method,
        headers,
        redirect,
        signal,
        ...(body === null ? {} : { body: body as Buffer<ArrayBuffer> }),
      })
      for (const name of passHeaders.values()) {
        const pass = reply.headers.get(name)
        if (pass !== null && new URL(reply.url || request.url).origin === origin)
          passes.set(origin, { ...passes.get(origin), [name]: pass })
      }
      return reply
    }
    const first = await attempt({})
    const asked = await askedFor(first)
    if (asked === null) return first
    const proof = await solveWork(asked.challenge, patienceMs, request.signal)
    request.signal.throwIfAborted()
    if (proof === null) return first
    await first.body?.cancel()
    return await attempt({ [asked.proofHeader]: proof })
  }
}

/** @returns null where no work is asked for, or more than ours would be. */
async function askedFor(reply: Response): Promise<{ challenge: Challenge; proofHeader: string } | null> {
  if (reply.status !== 429 || !/^application\/problem\+json\b/.test(reply.headers.get('content-type') ?? ''))
    return null
  try {
    const { code, challenge, proofHeader } = JSON.parse(await beginningOf(reply.clone())) as Record<string, unknown>
    if (code !== 'PROOF_OF_WORK_REQUIRED' || typeof proofHeader !== 'string' || !passHeaders.has(proofHeader))
      return null
    const asked = JSON.parse(String(challenge)) as Challenge
    const { algorithm, cost, keyPrefix, keyLength } = asked.parameters
    const usual =
      algorithm === 'PBKDF2/SHA-256' &&
      cost > 0 &&
      cost <= mostRounds &&
      keyLength === 32 &&
      keyPrefix.length <= mostDigits
    return usual ? { challenge: asked, proofHeader } : null
  } catch {
    return null
  }
}

/** No more of a copy than a problem of ours has: whatever else it is, the caller reads. */
async function beginningOf({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    length += next.value.length
    if (length > mostProblemBytes) break
    parts.push(next.value)
  }
  // Not waited for: it is done once the caller has done with the other copy, too.
  reader?.cancel().catch(() => {})
  return Buffer.concat(parts).toString()
}
