import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const message = Type.String()
const kind = Type.String()

export const events = {
  'message.sent': {
    summary: 'A mail was handed to the mail server.',
    data: Type.Object({ message, kind, tries: Type.Integer() }),
  },
  'message.kept': {
    summary: 'A mail was put into the development mailbox.',
    data: Type.Object({ message, kind }),
  },
  'message.failed': {
    summary: 'A mail could not be delivered, and is not tried again.',
    data: Type.Object({ message, kind, tries: Type.Integer(), failure: Type.String() }),
  },
  'message.withheld': {
    summary: 'A mail was not sent.',
    data: Type.Object({ kind, why: Type.String() }),
  },
  'mailbox.read': {
    summary: 'The development mailbox was read.',
    data: Type.Object({ messages: Type.Integer() }),
  },
} as const

export const event = eventMaker('mail', events)
