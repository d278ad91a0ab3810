import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const nullable = Type.Union([Type.String(), Type.Null()])
const list = Type.Union([Type.Array(Type.String()), Type.Null()])

export const events = {
  'policy.set': {
    summary: 'Somebody said how often something may be done.',
    data: Type.Object({
      policy: Type.String(),
      scope: Type.String(),
      by: Type.String(),
      burst: Type.Integer(),
      perSeconds: Type.Integer(),
      dryRun: Type.Boolean(),
      exceeded: Type.Optional(Type.String()),
      classes: list,
      methods: list,
      path: nullable,
      application: nullable,
    }),
  },
  'policy.removed': {
    summary: 'A limit was taken away.',
    data: Type.Object({ policy: Type.String(), scope: Type.String() }),
  },
  'entry.added': {
    summary: 'Somebody was put on the list of those who are let in without a limit, or not at all.',
    data: Type.Object({ entry: Type.String(), scope: Type.String(), list: Type.String(), until: Type.String() }),
    personal: Type.Object({ network: nullable, account: nullable, reason: Type.String() }),
  },
  'entry.removed': {
    summary: 'An entry was taken off the lists before it ended.',
    data: Type.Object({ entry: Type.String(), scope: Type.String(), list: Type.String() }),
  },
} as const

export const event = eventMaker('limits', events)
