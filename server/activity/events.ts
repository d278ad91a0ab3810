import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

export const events = {
  'person.read': {
    summary: 'Somebody read what happened in the account of a person.',
    data: Type.Object({
      user: Type.String(),
      /** True where it was not the first page. */
      continued: Type.Boolean(),
      /** True where addresses and devices were opened. */
      personal: Type.Boolean(),
    }),
  },
} as const

export const event = eventMaker('activity', events)
