import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed } from './common.ts'

/** `GET /v1/applications`: those that this person may open. */
export const Applications = Type.Object({
  items: Type.Array(Type.Object({ name: Type.String(), title: Type.String(), url: Type.String() })),
})
export type Applications = Static<typeof Applications>

/**
 * `POST /v1/hand-over`: from the sign-in page back to the application that sent the browser here.
 * `state` and `host` come from the address of the sign-in page. The location carries a code that works once, for 60 s,
 * on that host and in that browser only.
 */
export const HandOver = Type.Object(
  { host: Type.String({ minLength: 1, maxLength: 255 }), state: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) },
  closed,
)
export type HandOver = Static<typeof HandOver>
export const HandedOver = Type.Object({ location: Type.String() })
export type HandedOver = Static<typeof HandedOver>

/** Claims of every identity assertion (JWT, `alg` EdDSA, `typ` `custodia-assertion+jwt`) in the header `Custodia-Assertion`. */
type Claims = {
  /** Custodia's public address. */
  iss: string
  /** The application's name. */
  aud: string
  /** `usr_…`; `svc_…` of a service account, and the name of an application, which call with keys. */
  sub: string
  /** `org_…` */
  org: string
  name: string
  roles: string[]
  /** Only those that concern this application. */
  permissions: string[]
  /** RFC 8176; empty where a program calls. */
  amr: string[]
  iat: number
  exp: number
}

/** Of a person who is there, in a session. */
export type AssertionClaims = Claims & {
  /** `ses_…` */
  sid: string
  email: string
}

/** Of a program, which calls with an API key of whoever `sub` is. */
export type KeyAssertionClaims = Claims & {
  /** `key_…` */
  key: string
  /** There where the whole request was signed with that key (RFC 9421). */
  signed?: true
  /** What the key is narrowed to, as `inbox:read` and `inbox:*`; absent where it is not. `permissions` has been narrowed already. */
  scopes?: string[]
  /** Where the key is a person's. */
  email?: string
}

export const assertionHeader = 'custodia-assertion'
