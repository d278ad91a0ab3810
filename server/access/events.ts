import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

export const events = {
  'roles.changed': {
    summary: 'The roles of a person or an application were changed.',
    data: Type.Object({ subject: Type.String(), added: Type.Array(Type.String()), removed: Type.Array(Type.String()) }),
  },
  'request.denied': {
    summary: 'A request was refused because its principal lacks the permission.',
    data: Type.Object({ method: Type.String(), route: Type.String(), permission: Type.String() }),
  },
  'policies.drafted': {
    summary: 'A version of the organisation’s policies was written.',
    data: Type.Object({
      version: Type.Integer(),
      hash: Type.String(),
      policies: Type.Integer(),
      tests: Type.Integer(),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.tested': {
    summary: 'A version of the policies passed its tests.',
    data: Type.Object({ version: Type.Integer(), tests: Type.Integer() }),
  },
  'policies.shadowed': {
    summary: 'A version of the policies was tried on decisions of the log.',
    data: Type.Object({
      version: Type.Integer(),
      against: Type.Integer(),
      replayed: Type.Integer(),
      toAllow: Type.Integer(),
      toDeny: Type.Integer(),
    }),
  },
  'policies.activated': {
    summary: 'A version of the policies was made live.',
    data: Type.Object({
      version: Type.Integer(),
      instead: Type.Integer(),
      added: Type.Array(Type.String()),
      removed: Type.Array(Type.String()),
      changed: Type.Array(Type.String()),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.rolled-back': {
    summary: 'An earlier version of the policies was made live again, or none at all.',
    data: Type.Object({
      version: Type.Integer(),
      instead: Type.Integer(),
      added: Type.Array(Type.String()),
      removed: Type.Array(Type.String()),
      changed: Type.Array(Type.String()),
    }),
    personal: Type.Object({ reason: Type.String() }),
  },
  'policies.refused': {
    summary: 'A version of the policies was not made live, because of what it would have given or taken.',
    data: Type.Object({ version: Type.Integer(), why: Type.String() }),
  },
  'decisions.searched': {
    summary: 'Somebody searched the log of decisions.',
    data: Type.Object({ filters: Type.Record(Type.String(), Type.String()), continued: Type.Boolean() }),
  },
  'relations.changed': {
    summary: 'Resources were shared, or no longer.',
    data: Type.Object({ added: Type.Array(Type.String()), removed: Type.Array(Type.String()) }),
  },
} as const

export const event = eventMaker('access', events)
