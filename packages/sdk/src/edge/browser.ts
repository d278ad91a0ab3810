import { randomBytes } from 'node:crypto'
import type { CorsAnswer } from '@custodia/edge/browser/cors.ts'
import { cors, isOrigin, varyByOrigin, withoutCors } from '@custodia/edge/browser/cors.ts'
import type { BrowserHead } from '@custodia/edge/browser/cross-site.ts'
import { crossSite } from '@custodia/edge/browser/cross-site.ts'
import { csrfTokens } from '@custodia/edge/browser/csrf-token.ts'
import type { Profile, ReplyHeaders, Wanted } from '@custodia/edge/browser/headers.ts'
import { headersFor } from '@custodia/edge/browser/headers.ts'
import type { BrowserReport } from '@custodia/edge/browser/reports.ts'
import { maxReportBytes, parseReports } from '@custodia/edge/browser/reports.ts'
import type { BrowserSettings } from '@custodia/edge/browser/settings.ts'
import { checkBrowser } from '@custodia/edge/browser/settings.ts'
import { canonicalPath } from '@custodia/edge/input/canonical-path.ts'
import { CustodiaError } from '../errors.ts'
import type { Problem } from '../middleware/problem.ts'
import { problemFrom } from '../middleware/problem.ts'
import { createLimits } from './limits.ts'

export { csrfHeader } from '@custodia/edge/browser/csrf-token.ts'
export type { ReplyHeaders } from '@custodia/edge/browser/headers.ts'
export type { BrowserReport } from '@custodia/edge/browser/reports.ts'

/** Which pages of other origins may read, and send, what; whatever is not said is refused. */
export type CorsRule = {
  /** `/api/**` for all below, `/feed.json` for one path; everything unless said. */
  readonly path?: string
  /** Exact origins, or `*` alone for what anybody may read without credentials. Never `null`. */
  readonly origins: readonly string[]
  /** `GET` unless said. */
  readonly methods?: readonly string[]
  /** Request headers beside those that need no leave. */
  readonly headers?: readonly string[]
  /** Reply headers that scripts may read. */
  readonly exposed?: readonly string[]
  readonly credentials?: boolean
  /** 0 to 7,200; 600 unless said. */
  readonly maxAgeSeconds?: number
}

/** As `edge.browser` of an application behind the gateway, and what the gateway knows by itself. */
export type BrowserDefenceSettings = {
  /** The application's own, as browsers see them: `https://inbox.example`. The first one says whether it is https. */
  readonly origins: readonly string[]
  /** `strict` holds and is what holds unless said; `learn` only has browsers report; `off` adds no header. */
  readonly profile?: Profile
  /** True where the application writes `nonceOf(request)` into its scripts. */
  readonly nonces?: boolean
  /** Single origins, hashes, `data:` or `blob:` by directive, as in `{ 'img-src': ['https://images.example'] }`. */
  readonly sources?: Readonly<Record<string, readonly string[]>>
  /** False where scripts still write text into places that run it. */
  readonly trustedTypes?: boolean
  readonly cors?: readonly CorsRule[]
  /** Where forms may lead beside the application itself: Custodia's address, where its sign-in page is. */
  readonly signInOrigin?: string
  /** 32 bytes or more, for this alone, the same in every process: tokens for requests that say in no other way where they come from. */
  readonly csrfKey?: Uint8Array
  /** Path that takes reports, where `onReports` is said: `/.custodia/reports` unless said, which behind the gateway is the gateway's. */
  readonly reportPath?: string
  /** Told what browsers refused. 60 bodies a minute of an address and 600 of all, 50 reports of each. Must not wait. */
  onReports?(reports: readonly BrowserReport[]): void
}

/** A request as it came, before anybody has read its body. */
export type BrowserArrival = {
  readonly head: BrowserHead
  /** The path and the query. */
  readonly target: string
  /** The client's, for the rate of reports; those without one share a rate. */
  readonly address: string
  /** The whole of its body. @throws CustodiaError REQUEST_TOO_LARGE */
  readBody(maxBytes: number): Promise<Uint8Array>
}

/** What is decided on one request before the application sees it. */
export type BrowserVerdict = {
  /** For the scripts of this reply; null where none are written. */
  readonly nonce: string | null
  /** What is answered in the application's place: to a preflight or a report. Null where it is asked. */
  readonly answer: Problem | null
  /** The headers of the reply, whoever gives it, from those that it would have. Names in lower case; undefined is none. */
  finish(reply: ReplyHeaders, status: number): ReplyHeaders
  /** Origins of others that may send this very request. */
  readonly admitted: ReadonlySet<string>
}

/** The session of a request, and the token that came with it. */
export type CsrfProof = { readonly session: string | null; readonly token: string | undefined }

export type BrowserDefence = {
  arrive(arrival: BrowserArrival): Promise<BrowserVerdict>
  /**
   * Refuses what another site sends in somebody's name, a WebSocket's begin too: by Fetch Metadata, then Origin, then a token.
   *
   * @param proof asked only of a request that says in no other way where it comes from.
   * @returns null where it may pass.
   */
  refuse(
    head: BrowserHead,
    verdict: BrowserVerdict,
    proof: () => CsrfProof | Promise<CsrfProof>,
  ): Promise<Problem | null>
  /**
   * The session's token for a form or a header, another text each time.
   *
   * @param session the identifier of a session, and never the secret in its cookie.
   * @throws CustodiaError CONFIGURATION_INVALID where there is no `csrfKey`.
   */
  token(session: string): string
}

/**
 * The gateway's browser defences inside an application: headers by profile, nonces, CORS as data, refusal of other sites' requests, reports.
 *
 * @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`.
 */
export function createBrowserDefence(settings: BrowserDefenceSettings): BrowserDefence {
  const { origins, signInOrigin, csrfKey, onReports, reportPath = '/.custodia/reports' } = settings
  const { profile, nonces, allowance, cors: policies } = checked(settings)
  if (origins.length === 0 || origins.length > 20 || !origins.every(isOrigin)) throw wrong('origins')
  if (signInOrigin !== undefined && !isOrigin(signInOrigin)) throw wrong('signInOrigin')
  if (canonicalPath(reportPath) !== reportPath || /[\s"]/.test(reportPath)) throw wrong('reportPath')
  if (csrfKey !== undefined && csrfKey.length < 32) throw wrong('csrfKey')
  const tokens = csrfKey === undefined ? null : csrfTokens(csrfKey, randomBytes)
  const own = new Set(origins)
  const rates = createLimits({ policies: reportRates })
  const common: Omit<Wanted, 'nonce'> = {
    profile,
    allowance,
    live: null,
    secure: (origins[0] as string).startsWith('https:'),
    signInOrigin: signInOrigin ?? null,
    reportPath: onReports === undefined ? null : reportPath,
  }
  const answersAlone = profile === 'strict' || policies.length > 0

  function finisher(nonce: string | null, others: CorsAnswer): BrowserVerdict['finish'] {
    return (reply, status) => {
      const said = answersAlone ? withoutCors(reply) : reply
      const after = { ...headersFor(said, status, { ...common, nonce }) }
      if (others.kind !== 'none') Object.assign(after, others.headers)
      if (policies.length > 0) after.vary = varyByOrigin(reply.vary)
      // One policy is one line, as those who write tests expect it.
      const csp = after['content-security-policy']
      if (Array.isArray(csp) && csp.length === 1) after['content-security-policy'] = csp[0]
      return after
    }
  }

  async function take({ head, target, address, readBody }: BrowserArrival): Promise<Problem> {
    const { refusal } = await rates.arrive('POST', target, address)
    if (refusal !== null) return refusal
    try {
      const body = await readBody(maxReportBytes)
      const type = String(head.headers['content-type'] ?? '')
      const reports = origins.flatMap((origin) => parseReports(body, type, origin))
      if (reports.length > 0) onReports?.(reports)
      return nothing
    } catch (error) {
      return problemFrom(error)
    }
  }

  return {
    async arrive(arrival) {
      const { head, target } = arrival
      const path = canonicalPath(target)
      const others = path === null ? ({ kind: 'none' } as const) : cors(policies, head, path)
      const nonce = nonces && profile !== 'off' ? randomBytes(18).toString('base64url') : null
      const finish = finisher(nonce, others)
      const admitted = others.kind === 'admitted' ? new Set([others.origin]) : nobody
      const verdict = { nonce, finish, admitted }
      if (others.kind === 'preflight') return { ...verdict, answer: nothing }
      const isReport = onReports !== undefined && head.method === 'POST' && path === reportPath
      return { ...verdict, answer: isReport ? await take(arrival) : null }
    },
    async refuse(given, { admitted }, proof) {
      // A WebSocket is asked for by GET, brings the cookies along, and no policy of CORS speaks of it.
      const upgrades = given.headers.upgrade !== undefined
      const head = upgrades ? { ...given, method: 'UPGRADE' } : given
      const rules = { origins: own, admitted: upgrades ? nobody : admitted }
      const header = crossSite(head, rules)
      if (header === null) return null
      // Only what says nothing can be saved by a token: it is looked for then, and not for each request.
      const silent = head.headers.origin === undefined && head.headers['sec-fetch-site'] === undefined
      if (silent && tokens !== null) {
        const { session, token } = await proof()
        const hasToken = () => session !== null && tokens.holds(session, token)
        if (crossSite(head, { ...rules, hasToken }) === null) return null
      }
      return problemFrom(new CustodiaError('CROSS_SITE_REFUSED', { field: `header.${header}` }))
    },
    token(session) {
      if (tokens === null) throw wrong('csrfKey')
      return tokens.make(session)
    },
  }
}

const reportRates = {
  address: { by: 'address', burst: 60, perSeconds: 60 },
  all: { by: 'route', burst: 600, perSeconds: 60 },
} as const

const nobody: ReadonlySet<string> = new Set()
const nothing: Problem = { status: 204, headers: {}, body: '' }
const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })

function checked({ profile, nonces, sources, trustedTypes, cors }: BrowserDefenceSettings): BrowserSettings {
  const said = Object.entries({ profile, nonces, sources, trustedTypes, cors }).filter(([, one]) => one !== undefined)
  try {
    return checkBrowser(Object.fromEntries(said), 'browser')
  } catch (error) {
    throw wrong((error as Error).message)
  }
}
