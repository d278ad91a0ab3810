import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AssertionClaims } from '@custodia/wire/http/gateway.ts'
import type { JWTHeaderParameters } from 'jose'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Clock } from '../clock.ts'

/** A clock that stands still until it is told to move. */
export function frozenClock(startMs = Date.UTC(2026, 0, 1)): Clock & { advance(ms: number): void } {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}

export const newKey = async (kid: string) => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return { kid, ...pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'EdDSA', use: 'sig' } }
}
export type TestKey = Awaited<ReturnType<typeof newKey>>

/** Claims of somebody who may read and write the inbox, valid for one minute. */
export function claimsAt(clock: Clock, issuer: string): AssertionClaims {
  const iat = Math.floor(clock.nowMs() / 1000)
  return {
    iss: issuer,
    aud: 'inbox',
    sub: 'usr_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    org: 'org_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    sid: 'ses_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    email: 'mara@example.org',
    name: 'Mara',
    roles: ['member'],
    permissions: ['inbox:read', 'inbox:write'],
    amr: ['pwd'],
    iat,
    exp: iat + 60,
  }
}

/** An assertion as the gateway signs it, or with another head or other claims. */
export async function signAssertion(
  key: TestKey,
  claims: Readonly<Record<string, unknown>>,
  head: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'custodia-assertion+jwt', kid: key.kid, ...head })
    .sign(key.privateKey)
}

/** A real server on the loopback that publishes a key set, and counts who asks. */
export async function keySetServer(keys: readonly TestKey[]) {
  const state = { keys: [...keys], status: 200, asked: 0, body: null as string | null }
  const server = createServer((_, response) => {
    state.asked += 1
    response.writeHead(state.status, { 'content-type': 'application/jwk-set+json' })
    response.end(state.body ?? JSON.stringify({ keys: state.keys.map((key) => key.jwk) }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    state,
    /** A name that only browsers resolve, so that every test also shows that we reach it. */
    url: `http://custodia.localhost:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
