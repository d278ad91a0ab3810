import { Type } from 'typebox'
import { eventMaker } from '../platform/events/event.ts'

const endpoint = Type.String()
const choice = Type.Object({
  endpoint,
  /** Null for all. */
  types: Type.Union([Type.Array(Type.String()), Type.Null()]),
  personal: Type.Boolean(),
})
const source = Type.Object({ source: Type.String(), sender: Type.String(), application: Type.String() })
/** The address is its owner's: sealed under the organisation's key. */
const where = Type.Object({ url: Type.String() })

export const events = {
  'endpoint.created': { summary: 'An endpoint for webhooks was added.', data: choice, personal: where },
  'endpoint.changed': { summary: 'An endpoint for webhooks was changed.', data: choice, personal: where },
  'endpoint.removed': { summary: 'An endpoint for webhooks was removed.', data: Type.Object({ endpoint }) },
  'endpoint.disabled': {
    summary: 'An endpoint for webhooks was switched off.',
    data: Type.Object({ endpoint, why: Type.String(), given: Type.Integer() }),
  },
  'endpoint.enabled': { summary: 'An endpoint for webhooks was switched on.', data: Type.Object({ endpoint }) },
  'endpoint.rotated': {
    summary: 'An endpoint for webhooks was given a new secret.',
    data: Type.Object({ endpoint, overlapUntil: Type.String() }),
  },
  'delivery.given-up': {
    summary: 'A webhook was not taken, and is not tried again.',
    data: Type.Object({ endpoint, delivery: Type.String(), tries: Type.Integer(), why: Type.String() }),
  },
  'delivery.replayed': {
    summary: 'Somebody had webhooks sent once more.',
    data: Type.Object({ endpoint, deliveries: Type.Integer() }),
  },
  'delivery.tested': {
    summary: 'Somebody had a test sent to an endpoint for webhooks.',
    data: Type.Object({ endpoint, outcome: Type.String() }),
  },
  'source.created': { summary: 'A source of incoming webhooks was added.', data: source },
  'source.changed': { summary: 'A source of incoming webhooks was changed.', data: source },
  'source.removed': { summary: 'A source of incoming webhooks was removed.', data: source },
  'source.rotated': {
    summary: 'A source of incoming webhooks was given a new secret.',
    data: Type.Object({ source: Type.String(), overlapUntil: Type.String() }),
  },
  'message.received': {
    summary: 'A webhook came in, held, and was taken by the application.',
    data: Type.Object({ source: Type.String(), application: Type.String(), bytes: Type.Integer() }),
  },
  'message.refused': {
    summary: 'Something came in for a source of webhooks that did not hold.',
    data: Type.Object({ source: Type.String(), why: Type.String() }),
  },
} as const

export const event = eventMaker('webhooks', events)
