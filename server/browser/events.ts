import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const version = { application: Type.String(), number: Type.Integer() }

export const events = {
  'policy.made-live': {
    summary: 'Somebody made a learnt content security policy of an application live.',
    data: Type.Object({
      ...version,
      sources: Type.Record(Type.String(), Type.Array(Type.String())),
      trustedTypes: Type.Boolean(),
      instead: Type.Union([Type.Integer(), Type.Null()]),
    }),
  },
  'policy.rolled-back': {
    summary: 'Somebody made live again what was live before, of a learnt content security policy of an application.',
    data: Type.Object({ ...version, restores: Type.Integer(), instead: Type.Integer() }),
  },
  'policy.retired': {
    summary: 'Somebody took the learnt content security policy of an application back.',
    data: Type.Object(version),
  },
} as const

export const event = eventMaker('browser', events)
