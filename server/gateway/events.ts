import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

export const events = {
  'requests.allowed': {
    summary:
      'Requests to an application were allowed. Counted per session or API key, and permission; written every ten seconds.',
    data: Type.Object({
      application: Type.String(),
      permission: Type.String(),
      session: Type.Optional(Type.String()),
      key: Type.Optional(Type.String()),
      requests: Type.Integer(),
      since: Type.String(),
    }),
  },
  'request.refused': {
    summary: 'A request to an application was refused.',
    data: Type.Object({
      application: Type.String(),
      method: Type.String(),
      permission: Type.Union([Type.String(), Type.Null()]),
      reason: Type.String(),
      key: Type.Optional(Type.String()),
      /** SHA-256 of the certificate that the client connected with. */
      certificate: Type.Optional(Type.String()),
    }),
    personal: Type.Object({ path: Type.String(), subject: Type.Optional(Type.String()) }),
  },
  'requests.unfit': {
    summary:
      'Requests to an application were refused, because they do not fit its document. Counted per operation and why; written once a minute.',
    /** `operation`: null where the document has none such. `reason`: unknown, method, unfit, media-type, body. */
    data: Type.Object({
      application: Type.String(),
      operation: Type.Union([Type.String(), Type.Null()]),
      reason: Type.String(),
      requests: Type.Integer(),
      since: Type.String(),
    }),
  },
  'file.refused': {
    summary: 'A file on its way to an application was not passed on.',
    /** `reason`: as for a file that is sent here, or `not-scanned`; `signature`: what the scanner found. */
    data: Type.Object({
      application: Type.String(),
      reason: Type.String(),
      signature: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  'session.arrived': {
    summary: 'A session was carried to the host of an application.',
    data: Type.Object({ application: Type.String(), session: Type.String() }),
  },
} as const

export const event = eventMaker('gateway', events)
