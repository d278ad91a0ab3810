import type { Static, TSchema } from 'typebox'
import { Type } from 'typebox'
import { closed } from './common.ts'

/** OpenID AuthZEN Authorization API 1.0. What a question may name that is not known here is refused, so that nothing is silently ignored. */

/** Members of the caller's own: at most 50, together at most 8,192 bytes of JSON. */
const Properties = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 50 })
const SubjectType = Type.Union([Type.Literal('user'), Type.Literal('service'), Type.Literal('application')])
const SubjectId = Type.String({ maxLength: 100, pattern: '^[^\\p{Cc}\\p{Cs}]+$' })
/** `inbox:mailbox`; `organisation`, with its id or `self`, for your organisation as a whole. */
const ResourceTypeName = Type.String({ maxLength: 100, pattern: '^[a-z][a-z0-9:-]*$' })
/** Of the application's own making: no control characters, no halves of characters. */
const ResourceId = Type.String({ maxLength: 200, pattern: '^[^\\p{Cc}\\p{Cs}]+$' })

/** A person (`usr_…`), a service account (`svc_…`) or an application by its name. `properties` decide nothing: Custodia knows who they are. */
export const Subject = Type.Object({ type: SubjectType, id: SubjectId, properties: Type.Optional(Properties) }, closed)
/** A permission. `properties` decide nothing. */
export const Action = Type.Object(
  { name: Type.String({ maxLength: 100, pattern: '^[a-z0-9][a-z0-9:.-]*$' }), properties: Type.Optional(Properties) },
  closed,
)
/** `properties` are attributes that policies may look at. */
export const Resource = Type.Object(
  { type: ResourceTypeName, id: ResourceId, properties: Type.Optional(Properties) },
  closed,
)

/** A decision token, as an earlier reply gave it. Opaque. */
export const DecisionToken = Type.String({ maxLength: 200 })

/** What Custodia itself knows of a person's circumstances only through whoever asks. */
export const Circumstances = Type.Object(
  {
    /** Where the person's request came from. */
    address: Type.Optional(Type.String({ maxLength: 50 })),
    /** 1 one factor, 2 two, 3 one of them can't be phished; 1 unless said. Of people alone. */
    assurance: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)])),
    /** How unlike the person their session looks, 0 as usual to 1,000; 0 unless said. Of people alone. */
    risk: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
    /** Decide at least as freshly as that reply or change. */
    atLeast: Type.Optional(DecisionToken),
  },
  closed,
)
/** Everything but `custodia` stands in policies as `context.application.NAME`, and is what the application that the permission is of declares. */
export const Context = Type.Object({ custodia: Type.Optional(Circumstances) }, { maxProperties: 50 })

const Asked = { subject: Subject, action: Action, resource: Resource, context: Type.Optional(Context) }

/** `POST /access/v1/evaluation` (§6.1) */
export const Evaluation = Type.Object(Asked, closed)
export type Evaluation = Static<typeof Evaluation>

export const Semantic = Type.Union([
  Type.Literal('execute_all'),
  Type.Literal('deny_on_first_deny'),
  Type.Literal('permit_on_first_permit'),
])

const Defaults = {
  subject: Type.Optional(Subject),
  action: Type.Optional(Action),
  resource: Type.Optional(Resource),
  context: Type.Optional(Context),
}
/** `POST /access/v1/evaluations` (§7.1): what stands above is meant where an evaluation does not say it. Without evaluations it is one. */
export const Evaluations = Type.Object(
  {
    ...Defaults,
    evaluations: Type.Optional(Type.Array(Type.Object(Defaults, closed), { maxItems: 100 })),
    options: Type.Optional(Type.Object({ evaluations_semantic: Type.Optional(Semantic) }, { maxProperties: 10 })),
  },
  closed,
)
export type Evaluations = Static<typeof Evaluations>

/** Why, and for whom that is no secret what decided. */
export const DecisionContext = Type.Object({
  /** `permitted`; `no-grant`: nobody gave it; `condition`: somebody did, for other circumstances; `forbidden`: a policy forbids it. */
  reason: Type.Optional(Type.String()),
  /** Where the reason is `condition`: what would have to be otherwise. */
  unmet: Type.Optional(
    Type.Object({
      names: Type.Array(Type.String()),
      assurance: Type.Optional(Type.Integer()),
      notBeforeMs: Type.Optional(Type.Integer()),
      conditions: Type.Optional(Type.Array(Type.String())),
    }),
  ),
  /** For callers that may read the log of decisions. */
  policies: Type.Optional(Type.Array(Type.String())),
  errors: Type.Optional(Type.Array(Type.String())),
  policyVersion: Type.Optional(Type.Integer()),
  /** It could not be decided, and so it is no. */
  error: Type.Optional(Type.Object({ status: Type.Integer(), code: Type.String(), message: Type.String() })),
  /** For `atLeast` of a later question; not on the single decisions of several. */
  token: Type.Optional(DecisionToken),
})
export const Decided = Type.Object({ decision: Type.Boolean(), context: DecisionContext })
export type Decided = Static<typeof Decided>

/** One decision, or as many as were asked for and executed. */
export const DecidedAll = Type.Object({
  decision: Type.Optional(Type.Boolean()),
  context: DecisionContext,
  evaluations: Type.Optional(Type.Array(Decided)),
})
export type DecidedAll = Static<typeof DecidedAll>

const Page = Type.Object(
  {
    /** `next_token` of the page before; the question must be the same. */
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    /** 100 unless said. */
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  closed,
)
const SearchedId = Type.Optional(Type.String({ maxLength: 200 }))

/** `POST /access/v1/search/subject` (§8.4); an id of the subject is not looked at. */
export const SubjectSearch = Type.Object(
  {
    ...Asked,
    subject: Type.Object({ type: SubjectType, id: SearchedId, properties: Type.Optional(Properties) }, closed),
    page: Type.Optional(Page),
  },
  closed,
)
export type SubjectSearch = Static<typeof SubjectSearch>

/** `POST /access/v1/search/resource` (§8.5); an id of the resource is not looked at. */
export const ResourceSearch = Type.Object(
  {
    ...Asked,
    resource: Type.Object({ type: ResourceTypeName, id: SearchedId, properties: Type.Optional(Properties) }, closed),
    page: Type.Optional(Page),
  },
  closed,
)
export type ResourceSearch = Static<typeof ResourceSearch>

/** `POST /access/v1/search/action` (§8.6) */
export const ActionSearch = Type.Object(
  { subject: Subject, resource: Resource, context: Type.Optional(Context), page: Type.Optional(Page) },
  closed,
)
export type ActionSearch = Static<typeof ActionSearch>

/** §8.3. A page may be short, even empty, where `next_token` is not. */
const Found = <Result extends TSchema, More extends Record<string, TSchema>>(result: Result, more: More) =>
  Type.Object({
    page: Type.Object({ next_token: Type.String(), count: Type.Integer() }),
    context: Type.Object({ token: DecisionToken, ...more }),
    results: Type.Array(result),
  })
/** Everybody whom a check allows, by whatever way. Of applications those that a relation or a role names: no list of them is kept. */
export const FoundSubjects = Found(Type.Object({ type: Type.String(), id: Type.String() }), {})
export type FoundSubjects = Static<typeof FoundSubjects>
/** `everything`: they may do it with every resource of the type; listed are those that relations name to them. */
export const FoundResources = Found(Type.Object({ type: Type.String(), id: Type.String() }), {
  everything: Type.Boolean(),
})
export type FoundResources = Static<typeof FoundResources>
export const FoundActions = Found(Type.Object({ name: Type.String() }), {})
export type FoundActions = Static<typeof FoundActions>

/** `GET /.well-known/authzen-configuration` (§9.1) */
export const AuthzenConfiguration = Type.Object({
  policy_decision_point: Type.String(),
  access_evaluation_endpoint: Type.String(),
  access_evaluations_endpoint: Type.String(),
  search_subject_endpoint: Type.String(),
  search_resource_endpoint: Type.String(),
  search_action_endpoint: Type.String(),
})
export type AuthzenConfiguration = Static<typeof AuthzenConfiguration>
