import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const index = Type.Integer({ minimum: 0 })
const filter = Type.Optional(Type.String())

export const events = {
  'ledger.searched': {
    summary: 'Searched the ledger',
    data: Type.Object({
      type: filter,
      actor: filter,
      /** As asked for, or a keyed fingerprint where it could be a mail address. */
      subject: filter,
      since: filter,
      until: filter,
      /** True where it was not the first page. */
      continued: Type.Boolean(),
      /** True where personal fields were opened. */
      personal: Type.Boolean(),
    }),
  },
  'entry.proven': { summary: 'Read the proof of one entry', data: Type.Object({ index }) },
  'entries.exported': {
    summary: 'Read a bundle of entries of all organisations',
    data: Type.Object({ index, width: index }),
  },
  'gap.noticed': {
    summary: 'Events were lost before they could be recorded',
    data: Type.Object({ lost: Type.Integer({ minimum: 1 }) }),
  },
} as const

export const event = eventMaker('audit', events)
