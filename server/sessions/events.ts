import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

export const events = {
  'session.started': {
    summary: 'A person signed in, and a session began.',
    data: Type.Object({ session: Type.String(), factors: Type.Array(Type.String()) }),
    personal: Type.Object({ address: Type.String(), device: Type.String() }),
  },
  'session.ended': {
    summary: 'A session was ended before its time.',
    data: Type.Object({ session: Type.String(), why: Type.String() }),
  },
  'sessions.ended-all': {
    summary: 'The sessions of a person were ended at once.',
    data: Type.Object({
      why: Type.String(),
      ended: Type.Integer(),
      /** The session that was spared. */
      except: Type.Union([Type.String(), Type.Null()]),
    }),
  },
} as const

export const event = eventMaker('sessions', events)
