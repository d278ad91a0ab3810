import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../clock.ts'

/** What a client has proven itself with, in the handshake of its connection. */
export type ClientCertificate = {
  /** SHA-256 of the certificate, in hexadecimal digits of lower case. */
  readonly fingerprint: string
  /** As in `O=Example, CN=robot`: in the order of the certificate, with RFC 2253's escapes. Empty where only other names stand in it. */
  readonly subject: string
  readonly notAfterMs: number
  /** `Client-Cert` and `Client-Cert-Chain` of RFC 9440; the second is null where nobody stands between it and the authority. */
  readonly header: string
  readonly chainHeader: string | null
}

/** Why there is none. */
export type NoCertificate = 'not-asked' | 'missing' | 'expired' | 'revoked' | 'untrusted' | 'too-large'

export type ClientProof = ClientCertificate | NoCertificate

// A header goes with each request, and applications take 16 KiB of them all together.
const maxBytes = 4_096
const maxChainBytes = 4_096

/** By connection: the socket of HTTP/1.1, or the session of HTTP/2. */
const proofs = new WeakMap<object, ClientProof>()

export function keepProof(connection: TLSSocket | ServerHttp2Session): void {
  const socket = 'socket' in connection ? (connection.socket as TLSSocket) : connection
  proofs.set(connection, proofOf(socket))
}

/** What the client of this request has proven, and whether that holds still. */
export function clientProof(request: IncomingMessage, nowMs: number): ClientProof {
  const connection = 'stream' in request ? (request as unknown as Http2ServerRequest).stream.session : request.socket
  const proof = connection === undefined ? undefined : proofs.get(connection)
  if (proof === undefined) return 'not-asked'
  return typeof proof === 'object' && proof.notAfterMs <= nowMs ? 'expired' : proof
}

// Node's timers take no more.
const maxTimerMs = 2_147_483_647

/** Ends an upgraded connection when the certificate runs out that it was opened with: nothing on it is decided on any more. */
export function endWithProof(socket: Duplex, request: IncomingMessage, clock: Clock): void {
  const proof = clientProof(request, clock.nowMs())
  if (typeof proof !== 'object') return
  const leftMs = proof.notAfterMs - clock.nowMs()
  const timer = setTimeout(
    () => (leftMs > maxTimerMs ? endWithProof(socket, request, clock) : socket.destroy()),
    Math.min(leftMs, maxTimerMs),
  )
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}

function proofOf(socket: TLSSocket): ClientProof {
  const certificate = socket.getPeerX509Certificate()
  // A resumed session would say what held when it began; none is resumed here, and none is believed.
  if (certificate === undefined || socket.isSessionReused()) return 'missing'
  if (!socket.authorized) return reasonOf(String(socket.authorizationError ?? ''))
  if (certificate.raw.length > maxBytes) return 'too-large'
  const chain = chainOf(socket)
  return {
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    // RFC 5280 §4.1.2.6 lets it be empty; Node gives undefined then, whatever its types say.
    subject: ((certificate.subject as string | undefined) ?? '').split('\n').join(', '),
    notAfterMs: certificate.validToDate.getTime(),
    header: byteSequence(certificate.raw),
    chainHeader: chain.length === 0 ? null : chain.map(byteSequence).join(', '),
  }
}

/** Those between the certificate and the authority, which is known (RFC 9440 §2.3). */
function chainOf(socket: TLSSocket): Buffer[] {
  const chain: Buffer[] = []
  let length = 0
  let below = socket.getPeerCertificate(true)
  for (let above = below.issuerCertificate; above !== undefined; below = above, above = below.issuerCertificate) {
    const selfSigned = above.issuerCertificate === undefined || above.issuerCertificate.raw.equals(above.raw)
    if (selfSigned || above.raw.equals(below.raw)) break
    length += above.raw.length
    if (length > maxChainBytes) break
    chain.push(above.raw)
  }
  return chain
}

/** RFC 9651 §3.3.5. */
const byteSequence = (bytes: Buffer) => `:${bytes.toString('base64')}:`

/** @param code of OpenSSL, as Node says it. */
export function reasonOf(code: string): NoCertificate {
  if (code === 'CERT_HAS_EXPIRED') return 'expired'
  if (code === 'CERT_REVOKED') return 'revoked'
  return 'untrusted'
}
