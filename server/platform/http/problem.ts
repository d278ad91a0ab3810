import type { Refusal } from '../errors.ts'
import { isRefusal } from '../errors.ts'
import { refuseRequest } from './errors.ts'

/** A problem as it is sent: RFC 9457 §3.1, with `code`, `help`, `requestId` and the occurrence's own facts. */
export type ProblemReply = {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Record<string, unknown>
}

/** The media type of RFC 9457 §6.1. */
export const problemType = 'application/problem+json'

/** The page of a code: a stable name, resolvable on the server itself. */
export const problemPage = (code: string, base = '') => `${base}/docs/errors/${code}`

/**
 * Turns whatever was thrown into what the caller may know. A fault becomes SERVER_FAULT and nothing more.
 *
 * @param base Custodia's own address, for replies on the host of somebody else.
 */
export function problemFor(error: unknown, requestId: string, base = ''): ProblemReply {
  const refusal = isRefusal(error) ? error : translate(error)
  const { retryAfterSeconds, rateLimit, rateLimitPolicy, pass, passCookie, ...details } = refusal.details
  const headers: Record<string, string> = {}
  if (typeof rateLimit === 'string' && typeof rateLimitPolicy === 'string')
    Object.assign(headers, { ratelimit: rateLimit, 'ratelimit-policy': rateLimitPolicy })
  // Earned with this request, under another policy than the one that refuses.
  if (typeof pass === 'string' && typeof passCookie === 'string')
    Object.assign(headers, { 'custodia-pass': pass, 'set-cookie': passCookie })
  if (typeof retryAfterSeconds === 'number') headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSeconds)))
  if (typeof details.acceptSignature === 'string') headers['accept-signature'] = details.acceptSignature // RFC 9421 §5.1
  // Whoever stands between may have read another head than we did, and have another next request.
  if (refusal.code === 'REQUEST_HEADER_INVALID') headers.connection = 'close'
  if (refusal.definition.status === 401) headers['www-authenticate'] = 'Bearer realm="custodia"' // RFC 9110 §11.6.1
  return {
    status: refusal.definition.status,
    headers,
    body: {
      ...details,
      type: problemPage(refusal.code, base),
      title: refusal.definition.title,
      status: refusal.definition.status,
      code: refusal.code,
      help: refusal.definition.help,
      requestId,
    },
  }
}

/** What a stream says that was ended by whoever took it. */
const ended: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_ABORTED'])

/**
 * True where the error is nobody's refusal: it is logged with its stack, and only there.
 *
 * @param answer what it is about. A stream that ends with an answer whose client is gone is no fault: strangers could fill the log with it.
 */
export function isFault(error: unknown, answer?: { readonly destroyed: boolean }): boolean {
  if (answer?.destroyed === true && ended.has((error as { code?: unknown } | null)?.code)) return false
  return !isRefusal(error) && translate(error).definition.status === 500
}

/** What Fastify throws on its own account, said in our codes. */
const translations: Readonly<Record<string, () => Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => refuseRequest('REQUEST_TOO_LARGE'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => refuseRequest('MEDIA_TYPE_UNSUPPORTED'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => refuseRequest('REQUEST_HEADER_INVALID', { field: 'header.content-length' }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'is empty' }),
  FST_ERR_BAD_URL: () => refuseRequest('REQUEST_INVALID', { field: 'path', detail: 'is not a valid address' }),
  // What can not be shared for the moment is no fault of ours, and soon over.
  CACHE_LOST: () => refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 }),
  // PostgreSQL's lock_not_available: too many at once want the same row, as when one session is used from everywhere.
  '55P03': () => refuseRequest('SERVER_BUSY', { retryAfterSeconds: 2 }),
  FST_ERR_MAX_PARAM_LENGTH: () => refuseRequest('REQUEST_INVALID', { field: 'path', detail: 'is too long' }),
}

/** Fastify marks so what it could not read of a body: its sender went away. Of a database or a store the status says nothing. */
const isBrokenOff = ({ code, statusCode }: { code?: unknown; statusCode?: unknown }): boolean =>
  code === 'ECONNRESET' && statusCode === 400

function translate(error: unknown): Refusal {
  const code = (error as { code?: unknown } | null)?.code
  if (isBrokenOff(error ?? {})) return refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
  const known = typeof code === 'string' && Object.hasOwn(translations, code) ? translations[code] : undefined
  return known?.() ?? refuseRequest('SERVER_FAULT')
}
