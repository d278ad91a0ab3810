import type { JWK } from 'jose'

/** The public half of a device's key: ES256 (RFC 7518 §6.2.1). */
export type DeviceKey = { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }

// Loaded by the first browser that binds its session.
const jose = () => import('jose')

const coordinate = /^[A-Za-z0-9_-]{43}$/

/**
 * The challenge that a DBSC proof answers (a JWS of type `dbsc+jwt`).
 *
 * @returns null where it was not signed with this key by ES256, or was made for another address.
 */
export async function provenChallenge(proof: string, key: DeviceKey, audience: string): Promise<string | null> {
  const { importJWK, jwtVerify } = await jose()
  try {
    const verified = await jwtVerify(proof, await importJWK({ ...key }, 'ES256'), {
      algorithms: ['ES256'],
      typ: 'dbsc+jwt',
    })
    const { jti, aud } = verified.payload
    // Later drafts leave the audience out: the challenge is ours alone as it is.
    return jti !== undefined && (aud === undefined || aud === audience) ? jti : null
  } catch {
    return null
  }
}

/** The key that a registration brings: in the header by the present draft, in the payload by earlier ones. */
export async function broughtKey(proof: string): Promise<DeviceKey | null> {
  const { decodeProtectedHeader } = await jose()
  try {
    const header = decodeProtectedHeader(proof) as { jwk?: unknown; key?: unknown }
    return deviceKey(header.jwk ?? header.key ?? payloadOf(proof).key)
  } catch {
    return null
  }
}

const payloadOf = (proof: string): { key?: unknown } =>
  JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) as { key?: unknown }

function deviceKey(value: unknown): DeviceKey | null {
  const { kty, crv, x, y } = (typeof value === 'string' ? JSON.parse(value) : value) as JWK
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return null
  return coordinate.test(x) && coordinate.test(y) ? { kty: 'EC', crv: 'P-256', x, y } : null
}
