import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { pipeline, Readable, Transform } from 'node:stream'
import type { CorsAnswer } from '@custodia/edge/browser/cors.ts'
import { cors, varyByOrigin, withoutCors } from '@custodia/edge/browser/cors.ts'
import type { CsrfTokens } from '@custodia/edge/browser/csrf-token.ts'
import type { ReplyHeaders, Wanted } from '@custodia/edge/browser/headers.ts'
import { headersFor } from '@custodia/edge/browser/headers.ts'
import { InlineHashes } from '@custodia/edge/browser/inline-hashes.ts'
import { maxReportBytes } from '@custodia/edge/browser/reports.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Browser } from '../../browser/api.ts'
import { refuseRequest } from '../../platform/http/errors.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Random } from '../../platform/random.ts'
import type { Application } from '../applications.ts'
import { csrfSession } from './csrf.ts'

/** What an application is told of the nonce for its scripts. A client's own is dropped as every `custodia-` header is. */
const nonceHeader = 'custodia-csp-nonce'
/** What it is told for what its scripts send: the token of this session at this application. */
const tokenHeader = 'custodia-csrf-token'

/** Where browsers report to, on the application's own host. */
export const reportPath = '/.custodia/reports'

/** The browser defences of one application, at the gateway. */
export type BrowserDefence = {
  /** What a page of another origin is let do. */
  admit(head: RequestHead, path: string): CorsAnswer
  /** A fresh one for a request; null where the application writes none. */
  nonce(): string | null
  /** What is added to a request, or changed in it. */
  asking(request: FastifyRequest): Readonly<Record<string, string>>
  /** A reply of the application as it may be passed on: who may read it is not for the application to say. */
  arriving(headers: IncomingHttpHeaders): IncomingHttpHeaders
  /** Whether bodies of replies are read along while they go by. */
  readonly watches: boolean
  /** Last before a reply goes, ours included. @returns its body: the same bytes. */
  send(request: FastifyRequest, reply: FastifyReply, body: unknown): unknown
  /** Takes a report. @throws Refusal LIMIT_REACHED, REQUEST_TOO_LARGE */
  report(request: IncomingMessage, address: string): Promise<void>
}

type Needs = {
  readonly browser: Browser
  readonly random: Random
  readonly publicUrl: string
  readonly csrf: CsrfTokens
}

/**
 * Scripts get no nonce from us on their way: whatever was injected into a page would get one, too. The application is told a fresh one with
 * each request and writes it where it means to; whoever only injects markup does not know it. Nothing is changed in a body.
 */
export function browserDefence(
  application: Application,
  origin: string,
  { browser, random, publicUrl, csrf }: Needs,
): BrowserDefence {
  const { profile, nonces, allowance, cors: policies } = application.edge.browser
  const { name } = application
  const learns = profile === 'learn'
  const common = {
    allowance,
    secure: origin.startsWith('https:'),
    signInOrigin: new URL(publicUrl).origin,
    reportPath,
  }
  const tokenOf = ({ admitted }: FastifyRequest) => {
    const session = csrfSession(application, admitted?.caller?.principal ?? null)
    return session === null ? {} : { [tokenHeader]: csrf.make(session) }
  }
  const wantedFor = ({ forwarded, nonce }: FastifyRequest): Wanted =>
    forwarded
      ? { ...common, profile, nonce, live: learns ? browser.live(name) : null }
      : // Our own pages are sound, and nothing that would have to be learnt.
        { ...common, profile: profile === 'off' ? 'off' : 'strict', nonce: null, live: null }
  return {
    admit: (head, path) => cors(policies, head, path),
    nonce: () => (nonces && profile !== 'off' ? random.bytes(18).toString('base64url') : null),
    asking: (request) => ({
      ...(request.nonce === null ? {} : { [nonceHeader]: request.nonce }),
      ...tokenOf(request),
      // What is to be read must not be packed.
      ...(learns && isDocument(request.headers) ? { 'accept-encoding': 'identity' } : {}),
    }),
    watches: learns,
    arriving: (headers) => (profile === 'strict' || policies.length > 0 ? withoutCors(headers) : headers),
    send(request, reply, body) {
      const before = reply.getHeaders() as ReplyHeaders
      const after = headersFor(before, reply.statusCode, wantedFor(request))
      if (policies.length > 0) after.vary = varyByOrigin(before.vary)
      for (const [key, value] of Object.entries(after))
        if (value !== undefined && value !== before[key]) void reply.header(key, value)
      return learns && request.forwarded && body instanceof Readable ? watch(before, body) : body
    },
    async report(request, address) {
      const retryAfterSeconds = browser.waitFor(name, address)
      if (retryAfterSeconds > 0) throw refuseRequest('LIMIT_REACHED', { retryAfterSeconds })
      const body = await bounded(request)
      browser.receive({ application: name, origin, mediaType: request.headers['content-type'] ?? '', address, body })
    },
  }

  /** Reads a page along while it goes by. */
  function watch(reply: ReplyHeaders, body: Readable): Readable {
    const type = String(reply['content-type'] ?? '')
    if (!/^text\/html\b/i.test(type) || reply['content-encoding'] !== undefined) return body
    const hashes = new InlineHashes()
    const along = new Transform({
      transform(piece: Buffer, _encoding, done) {
        hashes.read(piece)
        done(null, piece)
      },
      flush(done) {
        browser.served(name, hashes.found())
        done()
      },
    })
    pipeline(body, along, () => {})
    return along
  }
}

const isDocument = (headers: IncomingHttpHeaders): boolean =>
  headers['sec-fetch-dest'] === undefined
    ? (headers.accept ?? '').includes('text/html')
    : /^(?:document|iframe|frame)$/.test(String(headers['sec-fetch-dest']))

async function bounded(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = () => refuseRequest('REQUEST_TOO_LARGE', { limitBytes: maxReportBytes })
  if (Number(request.headers['content-length'] ?? 0) > maxReportBytes) throw tooLarge()
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > maxReportBytes) throw tooLarge()
      pieces.push(piece)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    throw refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
  }
  return Buffer.concat(pieces)
}
