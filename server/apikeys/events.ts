import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const key = Type.Object({ key: Type.String(), application: Type.String(), roles: Type.Array(Type.String()) })

export const events = {
  'key.issued': { summary: 'A key was made for an application.', data: key },
  'key.revoked': { summary: 'A key was revoked.', data: Type.Object({ key: Type.String() }) },
  'key.refused': { summary: 'A call came with a key that does not hold.', data: Type.Object({ key: Type.String() }) },
} as const

export const event = eventMaker('apikeys', events)
