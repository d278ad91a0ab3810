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

/** Claims of the identity assertion (JWT, `alg` EdDSA, `typ` `custodia-assertion+jwt`) in the header `Custodia-Assertion`. */
export type AssertionClaims = {
  /** Custodia's public address. */
  iss: string
  /** The application's name. */
  aud: string
  /** `usr_…` */
  sub: string
  /** `org_…` */
  org: string
  /** `ses_…` */
  sid: string
  email: string
  name: string
  roles: string[]
  /** Only those that concern this application. */
  permissions: string[]
  /** RFC 8176 */
  amr: string[]
  iat: number
  exp: number
}

export const assertionHeader = 'custodia-assertion'
