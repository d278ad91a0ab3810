import { constants } from 'node:crypto'
import type { TlsOptions } from 'node:tls'

/** What the listener proves itself with: PEM texts. */
export type TlsMaterial = { readonly certificate: string; readonly key: string }

/** What clients prove themselves with. */
export type ClientCertificates = {
  /** PEM of the authorities that are believed. */
  readonly authorities: string
  /** PEM of the lists of what these have revoked: one of each authority. Null where nobody looks. */
  readonly revoked: string | null
  /** False where they are asked for a certificate, and may come without. */
  readonly required: boolean
}

/**
 * TLS 1.3 only (RFC 8446). X25519MLKEM768 comes first (draft-ietf-tls-ecdhe-mlkem): recorded traffic stays closed to a quantum
 * computer later, where the client can do it too.
 *
 * Where clients prove themselves, no session is resumed: each connection shows a certificate that holds now.
 */
export function tlsOptions(material: TlsMaterial, clients: ClientCertificates | null = null): TlsOptions {
  return {
    cert: material.certificate,
    key: material.key,
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    honorCipherOrder: true,
    handshakeTimeout: 10_000,
    ...(clients === null ? {} : clientOptions(clients)),
  }
}

const clientOptions = ({ authorities, revoked, required }: ClientCertificates): TlsOptions => ({
  requestCert: true,
  rejectUnauthorized: required,
  ca: authorities,
  ...(revoked === null ? {} : { crl: revoked }),
  secureOptions: constants.SSL_OP_NO_TICKET,
})
