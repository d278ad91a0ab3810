import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const issued = Type.Object({
  key: Type.String(),
  /** `user`, `service` or `application`. */
  kind: Type.String(),
  owner: Type.String(),
  roles: Type.Array(Type.String()),
  scopes: nullable(Type.Array(Type.String())),
  expiresAt: nullable(Type.String()),
  signing: nullable(Type.String()),
})
const rotated = Type.Object({ key: Type.String(), expiresAt: nullable(Type.String()), overlapUntil: Type.String() })
/** `secret`: `current`, with which the key was revoked, or `previous`, whose overlap ended. */
const leaked = Type.Object({ key: Type.String(), kind: Type.String(), owner: Type.String(), secret: Type.String() })

export const events = {
  'key.issued': { summary: 'A key was made.', data: issued },
  'key.rotated': { summary: 'A key was given a new secret.', data: rotated },
  'key.revoked': {
    summary: 'A key was revoked.',
    data: Type.Object({ key: Type.String(), why: Type.String() }),
    /** In the words of whoever did it; empty where they gave none. */
    personal: Type.Object({ reason: Type.String() }),
  },
  'key.leaked': {
    summary: 'The secret of a key was found where others could read it, and holds no more.',
    data: leaked,
    personal: Type.Object({ foundAt: Type.String() }),
  },
  'key.refused': {
    summary: 'A call came with a key that does not hold.',
    data: Type.Object({ key: Type.String(), why: Type.String() }),
  },
} as const

export const event = eventMaker('apikeys', events)
