import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Cursor, closed, Id, Instant, Line, NextCursor } from './common.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** A type of event as in `identity.user.invited`, or by `identity.*` all below a prefix. */
export const EventChoice = Type.String({
  minLength: 3,
  maxLength: 100,
  pattern: '^[a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)*(?:\\.\\*)?$',
})
const EventChoices = Type.Array(EventChoice, { minItems: 1, maxItems: 50 })

/** https, without a name or password. */
const ReceiverUrl = Type.String({ minLength: 9, maxLength: 2_000, pattern: '^https://[^\\s]+$' })

/** Somebody's server that is told what happens. Its secret is shown once. */
export const Endpoint = Type.Object({
  id: Id('whe'),
  url: Type.String(),
  description: Type.String(),
  /** Null for all. */
  events: nullable(Type.Array(Type.String())),
  /** True where it gets what is sealed in the ledger, too. */
  personal: Type.Boolean(),
  createdAt: Instant,
  createdBy: nullable(Type.String()),
  /** Until when messages are signed with the secret before, too. */
  overlapUntil: nullable(Instant),
  /** Null where it is on. */
  disabledAt: nullable(Instant),
  /** `person`; `gone`, because it said 410; `failing`, for five days; `overflow`, because too many waited. */
  disabledWhy: nullable(Type.String()),
  /** How many tries in a row failed. */
  failures: Type.Integer(),
  /** Until when it is left alone because of them. */
  restsUntil: nullable(Instant),
  waiting: Type.Integer(),
  dead: Type.Integer(),
})
export type Endpoint = Static<typeof Endpoint>

export const Endpoints = Type.Object({ items: Type.Array(Endpoint) })
export type Endpoints = Static<typeof Endpoints>

export const NewEndpoint = Type.Object(
  {
    url: ReceiverUrl,
    description: Type.Optional(Line(200)),
    /** All unless said. */
    events: Type.Optional(EventChoices),
    personal: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type NewEndpoint = Static<typeof NewEndpoint>

export const EndpointChange = Type.Object(
  {
    url: Type.Optional(ReceiverUrl),
    description: Type.Optional(Line(200)),
    events: Type.Optional(nullable(EventChoices)),
    personal: Type.Optional(Type.Boolean()),
    enabled: Type.Optional(Type.Boolean()),
  },
  { ...closed, minProperties: 1 },
)
export type EndpointChange = Static<typeof EndpointChange>

/** What is shown this once. */
export const EndpointSecret = Type.Object({ endpoint: Endpoint, secret: Type.String() })
export type EndpointSecret = Static<typeof EndpointSecret>

/** A day unless said; 0 ends the old one at once. */
export const RotateSecret = Type.Object(
  { overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })) },
  closed,
)
export type RotateSecret = Static<typeof RotateSecret>

export const DeliveryState = Type.Union([Type.Literal('waiting'), Type.Literal('delivered'), Type.Literal('dead')])
export type DeliveryState = Static<typeof DeliveryState>

export const Attempt = Type.Object({
  number: Type.Integer(),
  at: Instant,
  /** Null where there was no reply. */
  status: nullable(Type.Integer()),
  /** `delivered`, `refused`, `redirect`, `gone`, `timeout`, `unreachable`, `address`. */
  outcome: Type.String(),
  durationMs: Type.Integer(),
})
export type Attempt = Static<typeof Attempt>

export const Delivery = Type.Object({
  id: Id('whd'),
  endpointId: Id('whe'),
  /** What stands in `webhook-id`, at each attempt: the entry of the ledger. */
  messageId: Type.String(),
  type: Type.String(),
  state: DeliveryState,
  createdAt: Instant,
  tries: Type.Integer(),
  nextTryAt: nullable(Instant),
  settledAt: nullable(Instant),
  /** Why no more is tried: `tries`, `gone`, `disabled`, `crashed`, `missing`. */
  deadWhy: nullable(Type.String()),
})
export type Delivery = Static<typeof Delivery>

export const Deliveries = Type.Object({ items: Type.Array(Delivery), next: NextCursor })
export type Deliveries = Static<typeof Deliveries>

export const DeliveryQuery = Type.Object(
  {
    endpoint: Type.Optional(Id('whe')),
    state: Type.Optional(DeliveryState),
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
)
export type DeliveryQuery = Static<typeof DeliveryQuery>

export const DeliveryWithAttempts = Type.Object({ delivery: Delivery, attempts: Type.Array(Attempt) })
export type DeliveryWithAttempts = Static<typeof DeliveryWithAttempts>

export const Replayed = Type.Object({ replayed: Type.Integer() })
export type Replayed = Static<typeof Replayed>

export const EventTypes = Type.Object({
  items: Type.Array(Type.Object({ type: Type.String(), summary: Type.String() })),
})
export type EventTypes = Static<typeof EventTypes>

/** The body of a message. Its shape is the one that Standard Webhooks recommends. */
export const WebhookMessage = Type.Object({
  type: Type.String(),
  /** When it happened; when it was sent stands in `webhook-timestamp`. */
  timestamp: Instant,
  data: Type.Object({
    /** `evt_…`, the entry of the ledger. */
    id: Type.String(),
    /** Its place in the ledger: whoever holds them against one another sees what is missing. Null in a test. */
    index: nullable(Type.Integer()),
    organisationId: Type.String(),
    actor: Type.Object({ kind: Type.String(), id: Type.Optional(Type.String()) }),
    subjectId: nullable(Type.String()),
    data: Type.Record(Type.String(), Type.Unknown()),
    /** There only where the endpoint was given it; null where the person was erased. */
    personal: Type.Optional(nullable(Type.Record(Type.String(), Type.Unknown()))),
  }),
})
export type WebhookMessage = Static<typeof WebhookMessage>

/** How a sender of the table signs. */
export const Senders = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      documentation: Type.String(),
      timestamped: Type.Boolean(),
      bodySigned: Type.Boolean(),
      urlSigned: Type.Boolean(),
    }),
  ),
})
export type Senders = Static<typeof Senders>

const senderNames = [
  'standard',
  'svix',
  'github',
  'gitlab',
  'stripe',
  'slack',
  'shopify',
  'twilio',
  'sendgrid',
  'mailgun',
  'zendesk',
  'discord',
  'square',
] as const
/** A row of the table of senders. */
export const SenderName = Type.Union(senderNames.map((name) => Type.Literal(name)))

/** Where somebody else's webhooks come in. Its secret is never shown. */
export const Source = Type.Object({
  id: Id('whs'),
  name: Type.String(),
  sender: Type.String(),
  /** False where the sender signs no time: that each message counts once is then the only defence against repetition. */
  timestamped: Type.Boolean(),
  /** What is given to the sender. */
  url: Type.String(),
  application: Type.String(),
  path: Type.String(),
  toleranceSeconds: Type.Integer(),
  createdAt: Instant,
  createdBy: nullable(Type.String()),
  overlapUntil: nullable(Instant),
  lastAcceptedAt: nullable(Instant),
})
export type Source = Static<typeof Source>

export const Sources = Type.Object({
  items: Type.Array(Source),
  /** Where applications take webhooks, by the configuration. */
  targets: Type.Array(Type.Object({ application: Type.String(), path: Type.String() })),
})
export type Sources = Static<typeof Sources>

const target = {
  application: Type.String({ minLength: 1, maxLength: 31 }),
  path: Type.String({ minLength: 1, maxLength: 200, pattern: '^/[^\\s?#]*$' }),
}
const SenderSecret = Type.String({ minLength: 5, maxLength: 1_024 })
const Tolerance = Type.Integer({ minimum: 10, maximum: 3_600 })

export const NewSource = Type.Object(
  {
    name: Line(80),
    sender: SenderName,
    ...target,
    /** As the sender shows it; its public key where it signs with a private one. */
    secret: SenderSecret,
    /** Five minutes unless said. */
    toleranceSeconds: Type.Optional(Tolerance),
  },
  closed,
)
export type NewSource = Omit<Static<typeof NewSource>, 'sender'> & { readonly sender: (typeof senderNames)[number] }

export const SourceChange = Type.Object(
  {
    name: Type.Optional(Line(80)),
    application: Type.Optional(target.application),
    path: Type.Optional(target.path),
    toleranceSeconds: Type.Optional(Tolerance),
  },
  { ...closed, minProperties: 1 },
)
export type SourceChange = Static<typeof SourceChange>

export const RotateSource = Type.Object(
  { secret: SenderSecret, overlapSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 604_800 })) },
  closed,
)
export type RotateSource = Static<typeof RotateSource>

/** `repeated` where the same message was passed on before. */
export const Received = Type.Object({ received: Type.Union([Type.Literal('taken'), Type.Literal('repeated')]) })
