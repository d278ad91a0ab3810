import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Base64Url, closed, Id, Instant, Line } from './common.ts'

/** A permission, or by `prefix:*` all below a prefix. */
export const KeyScope = Type.String({
  minLength: 3,
  maxLength: 100,
  pattern: '^[a-z][a-z0-9.-]*(?::[a-z0-9.-]+)*(?::\\*)?$',
})

/** A short word in the key itself that says what it is for. `sign` is taken. */
export const KeyEnvironment = Type.String({ pattern: '^(?!sign$)[a-z][a-z0-9]{1,11}$' })

export const KeyAlgorithm = Type.Union([Type.Literal('hmac-sha256'), Type.Literal('ed25519')])
export type KeyAlgorithm = Static<typeof KeyAlgorithm>

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** A key without its secret, which is shown once. */
export const ApiKey = Type.Object({
  id: Id('key'),
  owner: Type.Object({
    kind: Type.Union([Type.Literal('user'), Type.Literal('service'), Type.Literal('application')]),
    id: Type.String(),
  }),
  /** Null for those of applications that have none. */
  name: nullable(Type.String()),
  environment: nullable(Type.String()),
  /** Null where it may do all that its owner may: keys of applications only. */
  scopes: nullable(Type.Array(Type.String())),
  /** Addresses and ranges that it may be used from; none where it may from everywhere. */
  networks: Type.Array(Type.String()),
  requestsPerMinute: nullable(Type.Integer()),
  createdAt: Instant,
  /** `usr_…`, or `system` for the operator. */
  createdBy: nullable(Type.String()),
  /** Null where it never does: keys of applications only. */
  expiresAt: nullable(Instant),
  /** To the minute. */
  lastUsedAt: nullable(Instant),
  rotatedAt: nullable(Instant),
  /** Until when its old secret holds beside the new one. */
  overlapUntil: nullable(Instant),
  /** With what requests can be signed. */
  signing: nullable(KeyAlgorithm),
  /** True where nothing but signed requests is taken. */
  requireSignature: Type.Boolean(),
})
export type ApiKey = Static<typeof ApiKey>

/** `GET /v1/keys`, and `GET /v1/users/:userId/keys` with `apikeys:keys:read`: those that are live, the newest first, at most 50. */
export const ApiKeys = Type.Object({ items: Type.Array(ApiKey), maxDays: Type.Integer() })
export type ApiKeys = Static<typeof ApiKeys>

/** The 32 bytes of RFC 8032 §5.1.5, as base64url or as a JWK (RFC 8037 §2). */
export const Ed25519PublicKey = Type.Union([
  Base64Url(43),
  Type.Object({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: Base64Url(43) }, closed),
])
export type Ed25519PublicKey = Static<typeof Ed25519PublicKey>

/** `POST /v1/keys`. */
export const NewKey = Type.Object(
  {
    name: Line(80),
    scopes: Type.Array(KeyScope, { minItems: 1, maxItems: 50 }),
    /** `live` unless said. */
    environment: Type.Optional(KeyEnvironment),
    /** The longest that the installation allows unless said. */
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
    networks: Type.Optional(Type.Array(Type.String({ minLength: 2, maxLength: 49 }), { maxItems: 20 })),
    requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    signing: Type.Optional(
      Type.Union([
        Type.Object({ algorithm: Type.Literal('hmac-sha256') }, closed),
        Type.Object({ algorithm: Type.Literal('ed25519'), publicKey: Ed25519PublicKey }, closed),
      ]),
    ),
    requireSignature: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type NewKey = Static<typeof NewKey>

/** What is shown this once. */
export const IssuedKey = Type.Object({
  key: ApiKey,
  /** Null where the key takes signed requests only. */
  token: nullable(Type.String()),
  /** All of this text is the HMAC secret. Null where the key has none, or it stays. */
  signingSecret: nullable(Type.String()),
})
export type IssuedKey = Static<typeof IssuedKey>

/** `POST /v1/keys/:keyId/rotate`. */
export const RotateKey = Type.Object(
  {
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
    /** How long the old secret holds beside the new one: a day unless said, never beyond its own expiry. */
    overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })),
    /** In place of the one that the key has; the old one holds as long as the old secret. */
    publicKey: Type.Optional(Ed25519PublicKey),
  },
  closed,
)
export type RotateKey = Static<typeof RotateKey>

/** `POST /v1/service-accounts/:accountId/keys/:keyId/revoke`, and `…/keys/revoke` for all. The reason is sealed. */
export const RevokeKeys = Type.Object({ reason: Line(500) }, closed)
export type RevokeKeys = Static<typeof RevokeKeys>

/** `DELETE /v1/keys`, `DELETE /v1/users/:userId/keys`, and the two above. */
export const RevokedKeys = Type.Object({ revoked: Type.Integer() })
export type RevokedKeys = Static<typeof RevokedKeys>

/** `GET /v1/keys/format`. */
export const KeyFormat = Type.Object({
  /** A regular expression (RE2, PCRE, ECMAScript) that finds keys in any text. */
  pattern: Type.String(),
  prefix: Type.String(),
  /** How the last seven characters follow from those before them. */
  checksum: Type.String(),
  /** Where those that were found are reported. */
  report: Type.String(),
})
export type KeyFormat = Static<typeof KeyFormat>

/** `POST /v1/keys/leaked`, by anybody. */
export const LeakReport = Type.Object(
  {
    tokens: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 100 }),
    /** Where they were found, as an address or in words. */
    foundAt: Type.Optional(Line(500)),
  },
  closed,
)
export type LeakReport = Static<typeof LeakReport>

/** In the order of the tokens: whether it has the form of a key. Whether it is one, nobody is told. */
export const LeakReceipt = Type.Object({ accepted: Type.Array(Type.Boolean()) })
export type LeakReceipt = Static<typeof LeakReceipt>
