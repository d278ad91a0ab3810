import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const text = Type.String()
const count = Type.Integer()

// Subjects of applications are named in the applications' own words, which may be personal: the ledger names their keys.
export const events = {
  'key.created': {
    summary: 'A key was made.',
    data: Type.Object({ key: text, application: text, purpose: text, version: count }),
  },
  'subject.shredded': {
    summary: 'Every key of a subject was destroyed.',
    data: Type.Object({ application: text, keys: Type.Array(text) }),
  },
  'data-key.issued': {
    summary: 'An application was handed a key to seal with.',
    data: Type.Object({ key: text, collection: text }),
  },
  'data-keys.opened': {
    summary: 'An application was handed keys to open with.',
    data: Type.Object({ collection: text, asked: count, opened: count, shredded: count }),
  },
  'index-key.issued': {
    summary: 'An application was handed the key of a blind index.',
    data: Type.Object({ key: text, collection: text, field: text }),
  },
} as const

export const event = eventMaker('keyring', events)
