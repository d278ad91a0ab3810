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
} as const

export const event = eventMaker('access', events)
