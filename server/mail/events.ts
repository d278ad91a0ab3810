import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const message = Type.String()
const kind = Type.String()

export const events = {
  'message.sent': {
    summary: 'A mail or a text was handed to whoever carries it.',
    data: Type.Object({ message, kind, tries: Type.Integer() }),
  },
  'message.kept': {
    summary: 'A mail or a text was put into the development mailbox.',
    data: Type.Object({ message, kind }),
  },
  'message.failed': {
    summary: 'A mail or a text could not be delivered, and is not tried again.',
    data: Type.Object({ message, kind, tries: Type.Integer(), failure: Type.String() }),
  },
  'message.withheld': {
    summary: 'A mail or a text was not sent.',
    data: Type.Object({ kind, why: Type.String() }),
  },
  'mailbox.read': {
    summary: 'The development mailbox was read.',
    data: Type.Object({ messages: Type.Integer() }),
  },
} as const

export const event = eventMaker('mail', events)
