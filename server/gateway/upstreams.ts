import { isIP } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect, createSecureContext } from 'node:tls'
import type { Clock } from '../platform/clock.ts'
import { checkMaterial } from '../platform/http/transport/certificate.ts'
import { checkAuthorities, othersCanRead, readPem } from '../platform/http/transport/pem.ts'
import type { Watched } from '../platform/http/transport/watch-files.ts'
import { watchFiles } from '../platform/http/transport/watch-files.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'
import type { Application } from './applications.ts'
import { maxUpstreamConnections } from './upstream-queue.ts'
import type { UpstreamTls } from './upstream-tls.ts'

const connectMs = 5_000

type Connected = (...outcome: [error: null, socket: TLSSocket] | [error: Error, socket: null]) => void

/** How connections are made to one upstream of https. */
export type SecureUpstream = {
  /** What `tls.connect` and `https.request` are given, as it is now. */
  options(): ConnectionOptions
  /** The same as a connector of undici. */
  connect(to: { hostname: string; port: string }, connected: Connected): TLSSocket
}

/** Upstreams of https by the name of their application. */
export type Upstreams = {
  get(application: string): SecureUpstream | undefined
  /** Looks now whether there are other certificates. */
  look(): Promise<void>
  stop(): void
}

type Needs = { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics }

/**
 * Reads what upstreams of https are verified by, and what the gateway proves itself with to them; and again every ten seconds.
 * Connections from then on are made with what is new; those that stand go on for ten minutes at most.
 *
 * @throws Error where a file can't be read, or is not what it should be.
 */
export async function openUpstreams(applications: readonly Application[], needs: Needs): Promise<Upstreams> {
  const refused = needs.metrics.counter(
    'custodia_gateway_upstream_certificate_refused_total',
    'Certificates for the way to an upstream that were found in place of those in use, and could not be used.',
    ['application'],
  )
  const watched: Watched<unknown>[] = []
  const bare = new Set<string>()
  const sayBare = (keyFile: string) => {
    if (!bare.has(keyFile)) needs.log.warn({ keyFile }, othersCanRead)
    bare.add(keyFile)
  }
  const upstreams = new Map<string, SecureUpstream>()
  try {
    for (const { name, upstream, upstreamTls } of applications) {
      if (upstreamTls === null) continue
      const one = await watchFiles({
        everySeconds: 10,
        read: async () => read(upstreamTls, sayBare),
        use: (found) => contextOf(upstreamTls, found, needs.clock),
        changed: () => needs.log.info({ application: name }, 'other certificates are in use towards the upstream'),
        refused(reason) {
          refused.add(1, { application: name })
          needs.log.warn(
            { application: name, reason },
            'certificates that were found can not be used towards the upstream; the old ones stay',
          )
        },
      })
      watched.push(one)
      upstreams.set(name, secureUpstream(one, serverNameOf(upstreamTls, upstream)))
    }
  } catch (error) {
    for (const one of watched) one.stop()
    throw error
  }
  return {
    get: (application) => upstreams.get(application),
    async look() {
      for (const one of watched) await one.look()
    },
    stop() {
      for (const one of watched) one.stop()
    },
  }
}

type Found = { readonly authorities: string | null; readonly certificate: string | null; readonly key: string | null }

function read({ caFile, pair }: UpstreamTls, sayBare: (keyFile: string) => void): Found {
  const key = pair === null ? null : readPem(pair.keyFile)
  if (key?.readableByOthers === true) sayBare(pair?.keyFile as string)
  return {
    authorities: caFile === null ? null : readPem(caFile).text,
    certificate: pair === null ? null : readPem(pair.certificateFile).text,
    key: key?.text ?? null,
  }
}

function contextOf({ caFile, pair, minVersion }: UpstreamTls, found: Found, clock: Clock) {
  const { authorities, certificate, key } = found
  if (authorities !== null) checkAuthorities(authorities, caFile as string)
  if (certificate !== null && key !== null)
    try {
      checkMaterial({ certificate, key }, clock)
    } catch (error) {
      throw new Error(`${pair?.certificateFile}: ${(error as Error).message}`)
    }
  return createSecureContext({
    minVersion,
    ...(authorities === null ? {} : { ca: authorities }),
    ...(certificate === null || key === null ? {} : { cert: certificate, key }),
  })
}

/** @param serverName empty where the upstream is an address. */
function secureUpstream(context: Watched<ReturnType<typeof createSecureContext>>, serverName: string): SecureUpstream {
  // Said in full: what asks for HTTP would take the name from the Host header, which is the client's business.
  const options = () => ({ secureContext: context.current(), servername: serverName, rejectUnauthorized: true })
  return {
    options,
    connect({ hostname, port }, connected) {
      // Without a session of before: what was once believed would not be looked at again.
      const socket = connect({ ...options(), host: hostname, port: Number(port || 443), ALPNProtocols: ['http/1.1'] })
      const late = setTimeout(
        () =>
          socket.destroy(Object.assign(new Error('the upstream did not answer'), { code: 'UND_ERR_CONNECT_TIMEOUT' })),
        connectMs,
      )
      let waiting: Connected | null = connected
      const over = (...outcome: Parameters<Connected>) => {
        clearTimeout(late)
        waiting?.(...outcome)
        waiting = null
      }
      socket.setNoDelay(true).setKeepAlive(true, 60_000)
      socket.once('secureConnect', () => over(null, socket))
      socket.on('error', (error) => over(error, null))
      socket.once('close', () => over(new Error('the upstream closed the connection'), null))
      return socket
    },
  }
}

function serverNameOf({ serverName }: UpstreamTls, upstream: string): string {
  const host = new URL(upstream).hostname.replace(/^\[|\]$/g, '')
  return serverName ?? (isIP(host) === 0 ? host : '')
}

// As OpenSSL and Node name what a certificate lacks, and what a handshake fails of.
const mistrust =
  /^(?:ERR_SSL_|ERR_TLS_|CERT_|CRL_|CA_|EE_|UNABLE_TO_|ERROR_IN_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH)|^EPROTO$/

/** Why nothing was sent to an upstream, as in `CERT_HAS_EXPIRED`. Null where it is not that it could not prove itself. */
export function mistrustOf(error: unknown): string | null {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth++) {
    const { code } = one as NodeJS.ErrnoException
    if (code !== undefined && mistrust.test(code)) return code
  }
  return null
}

/** What the client is answered, and what only the log says. */
export function failureOf(error: unknown) {
  const why = mistrustOf(error)
  return why === null
    ? ({ code: 'GATEWAY_UPSTREAM_DOWN', reason: null } as const)
    : ({ code: 'GATEWAY_UPSTREAM_UNTRUSTED', reason: { reason: why } } as const)
}

/** Whether an upstream was not there in time, or did not begin to answer in time. */
export const isLate = (error: unknown): boolean =>
  /^UND_ERR_(?:HEADERS|CONNECT)_TIMEOUT$/.test((error as NodeJS.ErrnoException).code ?? '')

/** The connections of one application, as undici keeps them. */
export function upstreamPool(timeoutSeconds: number, secure: SecureUpstream | undefined) {
  return {
    connections: maxUpstreamConnections,
    pipelining: 1,
    connectTimeout: connectMs,
    headersTimeout: timeoutSeconds * 1000,
    bodyTimeout: timeoutSeconds * 1000,
    // Within these, a connection is made anew: with the certificates of then.
    ...(secure === undefined ? {} : { connect: secure.connect, clientTtl: 600_000 }),
  }
}
