import { setTimeout as sleep } from 'node:timers/promises'
import type { Fetch } from '@custodia/wire/node/fetch.ts'
import { readBody } from '@custodia/wire/node/fetch.ts'
import { CustodiaError } from '../errors.ts'
import type { Credential } from './credential.ts'

type CallOptions = {
  /** True where asking twice does no more than asking once (RFC 9110 §9.2.2). Only then is a failed call repeated. */
  readonly idempotent: boolean
}

/** Calls Custodia's API as the application. */
export type Caller = {
  /**
   * @returns the parsed reply, whose shape is not checked yet.
   * @throws CustodiaError CUSTODIA_UNREACHABLE, CUSTODIA_TIMEOUT, CUSTODIA_REFUSED or CUSTODIA_REPLY_INVALID.
   */
  post(path: string, body: unknown, options: CallOptions): Promise<unknown>
  /** As `post`, of what only reads. */
  get(path: string): Promise<unknown>
  /** As `post`, of any method, with a body of bytes or none. */
  send(request: Outgoing, options: CallOptions): Promise<unknown>
  /** As `send`, for what is no JSON: the bytes of a reply with status 200. */
  load(request: Outgoing & { readonly maxReplyBytes: number }): Promise<Buffer>
}

export type Outgoing = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** 131,072 unless said. */
  readonly maxReplyBytes?: number
  /** For each attempt, where it is longer than usual. */
  readonly timeoutMs?: number
}

const attempts = 3
const firstPauseMs = 50
/** A server that asks for more patience than this is not waited for. */
const longestPauseMs = 1_000
/** 256 data keys take about 30 kB. */
const maxReplyBytes = 131_072
const passingStatus = new Set([429, 502, 503, 504])
/** Refused before anything was done (RFC 6585 §4), so that any call may be repeated. */
const untouchedStatus = 429
const doneStatus = new Set([200, 201, 202])
const json = { 'content-type': 'application/json' }

type Answer = { readonly status: number; readonly retryAfterMs: number; readonly body: Buffer }

export function createCaller(options: {
  /** Without a slash at its end. */
  readonly url: string
  readonly credential: Credential
  readonly fetch: Fetch
  /** For each attempt. */
  readonly timeoutMs: number
  readonly pause?: (ms: number) => Promise<unknown>
}): Caller {
  const { credential, pause = sleep } = options

  async function attempt({ method, path, headers, body, ...limits }: Outgoing): Promise<Answer> {
    const key = credential.current()
    const signal = AbortSignal.timeout(Math.max(options.timeoutMs, limits.timeoutMs ?? 0))
    try {
      const response = await options.fetch(`${options.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json, application/problem+json',
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
        signal,
        redirect: 'manual',
      })
      const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * 1000
      return {
        status: response.status,
        retryAfterMs,
        body: await readBody(response, limits.maxReplyBytes ?? maxReplyBytes),
      }
    } catch (error) {
      throw signal.aborted ? new CustodiaError('CUSTODIA_TIMEOUT') : connectionError(error)
    }
  }

  async function call(request: Outgoing, { idempotent }: CallOptions): Promise<Answer> {
    let mayReload = true
    for (let tried = 1; ; tried += 1) {
      const last = tried >= attempts
      let pauseMs = firstPauseMs * 2 ** (tried - 1) * (0.5 + Math.random() / 2)
      try {
        const answer = await attempt(request)
        if (answer.status === 401 && mayReload && credential.reload()) {
          // Refused before anything was done: the key was rotated, and the file already holds the new one.
          mayReload = false
          continue
        }
        const worthWaiting = passingStatus.has(answer.status) && answer.retryAfterMs <= longestPauseMs
        const mayRepeat = idempotent || answer.status === untouchedStatus
        if (last || !mayRepeat || !worthWaiting) return answer
        pauseMs = Math.max(pauseMs, answer.retryAfterMs)
      } catch (error) {
        if (last || !idempotent || !isPassing(error)) throw error
      }
      await pause(pauseMs)
    }
  }

  return {
    post: async (path, body, options) =>
      contentOf(await call({ method: 'POST', path, headers: json, body: JSON.stringify(body) }, options)),
    get: async (path) => contentOf(await call({ method: 'GET', path }, { idempotent: true })),
    send: async (request, options) => contentOf(await call(request, options)),
    async load(request) {
      const answer = await call(request, { idempotent: true })
      return answer.status === 200 ? answer.body : (contentOf(answer) as never)
    },
  }
}

/** The reply's content; the bytes it came in are overwritten, since they may hold keys. */
function contentOf(answer: Answer): unknown {
  if (answer.status === 204) return null
  let content: unknown
  try {
    content = JSON.parse(answer.body.toString('utf8'))
  } catch {
    throw new CustodiaError('CUSTODIA_REPLY_INVALID', { status: answer.status })
  } finally {
    answer.body.fill(0)
  }
  if (doneStatus.has(answer.status)) return content
  const problem = (content as { code?: unknown } | null)?.code
  // Only what looks like one of Custodia's codes is passed on: somebody else's reply may hold anything.
  const known = typeof problem === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(problem) ? problem : 'UNKNOWN'
  throw new CustodiaError('CUSTODIA_REFUSED', { status: answer.status, problem: known })
}

function isPassing(error: unknown): boolean {
  return error instanceof CustodiaError && (error.code === 'CUSTODIA_UNREACHABLE' || error.code === 'CUSTODIA_TIMEOUT')
}

function connectionError(error: unknown): CustodiaError {
  if (error instanceof RangeError) return new CustodiaError('CUSTODIA_REPLY_INVALID')
  // The platform's own `fetch` hides the connection's error one level deeper.
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  const reason = code ?? cause?.code
  return new CustodiaError('CUSTODIA_UNREACHABLE', { reason: typeof reason === 'string' ? reason : 'unknown' })
}
