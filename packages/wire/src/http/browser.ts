import type { Static } from 'typebox'
import { Type } from 'typebox'
import { closed, Instant } from './common.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** An application as the configuration names it. */
export const ApplicationName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,30}$' })

/** What browsers refused, counted by place. */
export const BrowserReport = Type.Object({
  /** Null for Custodia's own pages. */
  application: nullable(Type.String()),
  kind: Type.Union((['csp', 'coep', 'coop', 'permissions'] as const).map((one) => Type.Literal(one))),
  /** `enforce`: it was refused. `report`: it would have been. */
  disposition: Type.Union([Type.Literal('enforce'), Type.Literal('report')]),
  directive: Type.String(),
  /** An origin, a scheme, `'self'`, or `inline`, `eval`, `trusted-types`, `other`. */
  blocked: Type.String(),
  /** Without identifiers: they are `*`. */
  path: Type.String(),
  count: Type.Integer(),
  firstAt: Instant,
  lastAt: Instant,
})
export type BrowserReport = Static<typeof BrowserReport>

/** `GET /v1/browser-reports`: the newest first, at most 500. */
export const BrowserReports = Type.Object({ items: Type.Array(BrowserReport) })
export type BrowserReports = Static<typeof BrowserReports>

const Sources = Type.Record(Type.String({ pattern: '^[a-z-]{1,40}$' }), Type.Array(Type.String(), { maxItems: 50 }))

/** What a policy allows beyond the strict one. */
export const BrowserPolicyVersion = Type.Object({
  number: Type.Integer(),
  sources: Sources,
  trustedTypes: Type.Boolean(),
  /** The version whose text this one brought back; null where it was made anew. */
  restores: nullable(Type.Integer()),
  liveAt: Instant,
  retiredAt: nullable(Instant),
})
export type BrowserPolicyVersion = Static<typeof BrowserPolicyVersion>

const ProposedLine = Type.Object({
  directive: Type.String(),
  /** Null: the demand for Trusted Types is dropped. */
  source: nullable(Type.String()),
  count: Type.Integer(),
  /** True where injected markup could use it too. */
  weakens: Type.Boolean(),
})

/** `GET /v1/browser-policies/{application}` */
export const BrowserPolicy = Type.Object({
  application: Type.String(),
  title: Type.String(),
  profile: Type.Union([Type.Literal('strict'), Type.Literal('learn'), Type.Literal('off')]),
  live: nullable(BrowserPolicyVersion),
  /** The version that a roll-back brings back; null where none was live before. */
  before: nullable(Type.Integer()),
  proposal: Type.Object({
    lines: Type.Array(ProposedLine),
    /** What no source would allow. */
    unresolved: Type.Array(Type.Object({ directive: Type.String(), blocked: Type.String(), count: Type.Integer() })),
  }),
  /** Newest first, at most 50. */
  versions: Type.Array(BrowserPolicyVersion),
})
export type BrowserPolicy = Static<typeof BrowserPolicy>

/** `GET /v1/browser-policies` */
export const BrowserPolicies = Type.Object({
  items: Type.Array(Type.Pick(BrowserPolicy, ['application', 'title', 'profile', 'live'])),
})
export type BrowserPolicies = Static<typeof BrowserPolicies>

/** `POST /v1/browser-policies/{application}` */
export const NewBrowserPolicy = Type.Object(
  {
    sources: Sources,
    trustedTypes: Type.Boolean(),
    /** The number of the version that is live now; null where none is. */
    instead: nullable(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  },
  closed,
)
export type NewBrowserPolicy = Static<typeof NewBrowserPolicy>

/** `POST /v1/browser-policies/{application}/roll-back` */
export const RollBackBrowserPolicy = Type.Object(
  {
    /** The number of the version that is live now. */
    instead: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
  },
  closed,
)
export type RollBackBrowserPolicy = Static<typeof RollBackBrowserPolicy>
