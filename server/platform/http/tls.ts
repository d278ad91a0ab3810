import type { TlsOptions } from 'node:tls'

/** What the listener proves itself with: PEM texts. */
export type TlsMaterial = { readonly certificate: string; readonly key: string }

/**
 * TLS 1.3 only (RFC 8446). X25519MLKEM768 comes first (draft-ietf-tls-ecdhe-mlkem): recorded traffic stays closed to a quantum
 * computer later, where the client can do it too.
 */
export function tlsOptions(material: TlsMaterial): TlsOptions {
  return {
    cert: material.certificate,
    key: material.key,
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    honorCipherOrder: true,
    handshakeTimeout: 10_000,
  }
}
