import { Type } from 'typebox'

/** An identifier that carries its kind: `usr_` and 26 characters of base32. */
export const Id = (kind: string) => Type.String({ pattern: `^${kind}_[a-z2-7]{26}$` })

/** RFC 3339 in UTC with milliseconds, as in `2026-01-31T09:30:00.000Z`. */
export const Instant = Type.String({ format: 'date-time' })

/** Bytes as base64url without padding (RFC 4648 §5). */
export const Base64Url = (maxLength: number) => Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength })

/** Text that a person typed: no control characters; leading and trailing space is refused. */
export const Line = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\s\\p{Cc}](?:[^\\p{Cc}]*[^\\s\\p{Cc}])?$' })

export const Email = Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@\\p{Cc}]+@[^\\s@\\p{Cc}]+$' })

/** 1 to 1,024 characters; the policy for new ones is in `identity`. */
export const Password = Type.String({ minLength: 1, maxLength: 1024 })

/** A one-time token from a link. */
export const LinkToken = Type.String({ pattern: '^[a-z2-7]{52}$' })

export const closed = { additionalProperties: false } as const

/** Where the next page begins; opaque. Null on the last page. */
export const Cursor = Type.String({ pattern: '^[A-Za-z0-9_-]{1,200}$' })
export const NextCursor = Type.Union([Cursor, Type.Null()])

/** RFC 9457 §3.1, with our extensions. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  /** Stable; switch on this. */
  code: Type.String(),
  help: Type.String(),
  /** The field that is wrong, as in `body.email`. */
  field: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  requestId: Type.String(),
})
