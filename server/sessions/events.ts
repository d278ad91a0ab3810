import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

export const events = {
  'session.started': {
    summary: 'A person signed in, and a session began.',
    data: Type.Object({ session: Type.String(), factors: Type.Array(Type.String()) }),
    personal: Type.Object({ address: Type.String(), device: Type.String() }),
  },
  'session.refused': {
    summary: 'A person proved who they are, and has as many sessions as their role allows.',
    data: Type.Object({ live: Type.Integer(), max: Type.Integer() }),
  },
  'session.rotated': {
    summary: 'A factor was proven within a session, and its cookie was replaced by one that is worth more.',
    data: Type.Object({ session: Type.String(), factors: Type.Array(Type.String()) }),
  },
  'session.renewed': {
    summary: 'What a person may do was changed, and the cookie of their session replaced by another.',
    data: Type.Object({ session: Type.String() }),
  },
  'session.drifted': {
    summary: 'A session was used from another network, or by another version of its browser.',
    data: Type.Object({ session: Type.String(), changed: Type.Array(Type.String()) }),
    personal: Type.Object({ address: Type.String(), device: Type.String() }),
  },
  'session.held': {
    summary:
      'A cookie turned up where it does not belong, and its session serves nobody any more: a new sign-in ends it.',
    data: Type.Object({ session: Type.String(), why: Type.String() }),
    personal: Type.Object({ address: Type.String(), device: Type.String() }),
  },
  'session.bound': {
    summary: 'A session was bound to a key of its device: a copied cookie is worth minutes.',
    data: Type.Object({ session: Type.String() }),
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
