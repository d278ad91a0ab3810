import type { AssertionClaims, KeyAssertionClaims } from '@custodia/wire/http/gateway.ts'
import type { Signer } from '../keyring/api.ts'
import type { Clock } from '../platform/clock.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { Described } from './caller.ts'
import { credentialOf } from './caller.ts'

const lifetimeSeconds = 60
const reuseSeconds = 20
const maxRemembered = 10_000

type Said = Described & { readonly audience: string; readonly permissions: readonly string[] }
type Minted = Said & { readonly jwt: string; readonly atMs: number }

const says = (one: Said, { audience, name, email, permissions }: Said): boolean =>
  one.audience === audience &&
  one.name === name &&
  one.email === email &&
  one.permissions.length === permissions.length &&
  one.permissions.every((permission, at) => permission === permissions[at])

/** The public half, as RFC 8037 §2 writes it. */
export function jwkOf(signer: Signer): Record<string, string> {
  const x = Buffer.from(signer.publicKey).toString('base64url')
  return { kty: 'OKP', crv: 'Ed25519', x, kid: signer.keyId, alg: 'EdDSA', use: 'sig' }
}

/**
 * Says who is asking, to one application, for a minute: a JWT (RFC 7519) signed with Ed25519 (RFC 8037). The same one serves
 * the requests of a session or a key for 20 seconds, so that a page with fifty images costs one signature.
 */
export class AssertionMint {
  readonly #signer: Signer
  readonly #issuer: string
  readonly #clock: Clock
  readonly #header: string
  readonly #minted = new Map<string, Minted>()
  /** The last of a caller, by the very object that says who they are: most requests come from whoever sent the one before. */
  readonly #last = new WeakMap<Principal, Minted>()

  constructor(signer: Signer, issuer: string, clock: Clock) {
    this.#signer = signer
    this.#issuer = issuer
    this.#clock = clock
    this.#header = encode({ alg: 'EdDSA', typ: 'custodia-assertion+jwt', kid: signer.keyId })
  }

  /** @param permissions those of the principal that concern this application. */
  mint(audience: string, principal: Principal, { name, email }: Described, permissions: readonly string[]): string {
    const nowMs = this.#clock.nowMs()
    const last = this.#last.get(principal)
    if (
      last !== undefined &&
      nowMs - last.atMs < reuseSeconds * 1000 &&
      says(last, { audience, name, email, permissions })
    )
      return last.jwt
    const by = presenceOf(principal, email)
    const key = JSON.stringify([audience, credentialOf(principal), by, name, principal.roles, permissions])
    const known = this.#minted.get(key)
    if (known !== undefined && nowMs - known.atMs < reuseSeconds * 1000) {
      this.#last.set(principal, known)
      return known.jwt
    }
    const iat = Math.floor(nowMs / 1000)
    const claims: AssertionClaims | KeyAssertionClaims = {
      iss: this.#issuer,
      aud: audience,
      sub: principal.id,
      org: principal.organisationId,
      ...by,
      name,
      roles: [...principal.roles],
      permissions: [...permissions],
      iat,
      exp: iat + lifetimeSeconds,
    }
    // RFC 7515 §5.1: the signature covers the two encoded parts.
    const signed = `${this.#header}.${encode(claims)}`
    const jwt = `${signed}.${Buffer.from(this.#signer.sign(Buffer.from(signed))).toString('base64url')}`
    if (this.#minted.size >= maxRemembered) this.#minted.clear()
    const minted = { jwt, atMs: nowMs, audience, name, email, permissions }
    this.#minted.set(key, minted)
    this.#last.set(principal, minted)
    return jwt
  }
}

/** A person is there with a session and what was proven in it; a program with a key, and maybe a signature. */
function presenceOf(principal: Principal, email: string | null) {
  const known = email === null ? {} : { email }
  if (principal.kind === 'user') return { sid: principal.sessionId, email: email ?? '', amr: [...principal.factors] }
  return {
    key: principal.keyId,
    ...(principal.signed === true ? { signed: principal.signed } : {}),
    ...(principal.scopes === undefined ? {} : { scopes: [...principal.scopes] }),
    ...known,
    amr: [],
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
