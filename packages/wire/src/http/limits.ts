import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Id, Instant, Line } from './common.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const oneOf = <const T extends string>(...values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))))

/** For whom something holds: the callers of one's own organisation, or everybody. */
const Scope = oneOf('organisation', 'installation')
const CountedBy = oneOf('address', 'network', 'route', 'account', 'key', 'organisation')
/** What becomes of a request that has no room: it is refused, or whoever proves work comes in. */
const Exceeded = oneOf('refuse', 'challenge')
const LimitClass = oneOf('sign-in', 'read', 'write', 'expensive')
const Method = oneOf('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS')
const Path = Type.String({ minLength: 1, maxLength: 200, pattern: '^/[^*?#\\\\\\s]*(?:(?<=/)\\*\\*)?$' })

export const PolicyName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' })
export type LimitScope = Static<typeof Scope>

const figures = {
  by: CountedBy,
  /** How many may come at once. */
  burst: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  /** In how long they are earned back. */
  perSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
}

/** How often something may be done. */
export const LimitPolicy = Type.Object({
  name: Type.String(),
  /** `built-in`: from the configuration; one of the installation with its name takes its place. `application`: of an application's own. */
  scope: Type.Union([Scope, Type.Literal('built-in'), Type.Literal('application')]),
  ...figures,
  /** True where nobody is refused. */
  dryRun: Type.Boolean(),
  exceeded: Exceeded,
  classes: nullable(Type.Array(LimitClass)),
  methods: nullable(Type.Array(Type.String())),
  path: nullable(Type.String()),
  application: nullable(Type.String()),
})
export type LimitPolicy = Static<typeof LimitPolicy>

export const LimitPolicies = Type.Object({
  items: Type.Array(LimitPolicy),
  /** Where the cells are kept. */
  store: oneOf('process', 'redis', 'postgres'),
  /** True while that store does not answer and each process counts alone. */
  storeLost: Type.Boolean(),
})
export type LimitPolicies = Static<typeof LimitPolicies>

export const SetLimitPolicy = Type.Object(
  {
    scope: Type.Optional(Scope),
    ...figures,
    dryRun: Type.Optional(Type.Boolean()),
    /** `refuse` unless said. `challenge` is for the installation's, by address, network or route. */
    exceeded: Type.Optional(Exceeded),
    classes: Type.Optional(Type.Array(LimitClass, { minItems: 1, maxItems: 4, uniqueItems: true })),
    methods: Type.Optional(Type.Array(Method, { minItems: 1, maxItems: 7, uniqueItems: true })),
    path: Type.Optional(Path),
    /** An application behind the gateway; Custodia's own routes unless said. */
    application: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' })),
  },
  closed,
)
export type SetLimitPolicy = Static<typeof SetLimitPolicy>

export const ScopeQuery = Type.Object({ scope: Type.Optional(Scope) }, closed)

/** Somebody who is let in without a limit, or not at all, for a while. */
export const LimitEntry = Type.Object({
  id: Id('lim'),
  scope: Scope,
  list: oneOf('allow', 'deny'),
  network: nullable(Type.String()),
  /** A person, a service account or an application. */
  account: nullable(Type.String()),
  reason: Type.String(),
  until: Instant,
  createdAt: Instant,
  createdBy: nullable(Type.String()),
})
export type LimitEntry = Static<typeof LimitEntry>

export const LimitEntries = Type.Object({ items: Type.Array(LimitEntry) })
export type LimitEntries = Static<typeof LimitEntries>

export const NewLimitEntry = Type.Object(
  {
    scope: Type.Optional(Scope),
    list: oneOf('allow', 'deny'),
    /** One of the two. */
    network: Type.Optional(Type.String({ minLength: 2, maxLength: 49 })),
    account: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_-]{0,60}$' })),
    reason: Line(200),
    /** A minute to a year. */
    seconds: Type.Integer({ minimum: 60, maximum: 31_536_000 }),
  },
  closed,
)
export type NewLimitEntry = Static<typeof NewLimitEntry>

/** Somebody who had no room under a policy within the last hour. */
export const Limited = Type.Object({
  policy: Type.String(),
  by: Type.String(),
  /** An address or a network, an account, a key, an organisation or a route. */
  subject: Type.String(),
  /** Where it happened last. */
  route: Type.String(),
  dryRun: Type.Boolean(),
  /** True where they were asked for work instead of being refused. */
  challenged: Type.Boolean(),
  times: Type.Integer(),
  /** How many proofs of work were taken. */
  solved: Type.Integer(),
  since: Instant,
  lastAt: Instant,
  /** When it has room again; past where it has. */
  until: Instant,
})
export type Limited = Static<typeof Limited>

export const LimitedNow = Type.Object({ items: Type.Array(Limited) })
export type LimitedNow = Static<typeof LimitedNow>
