import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Context, DecisionToken, Resource, Subject } from './authzen.ts'
import { closed, Instant } from './common.ts'

const TypeName = Type.String({ maxLength: 100, pattern: '^[a-z][a-z0-9:-]*$' })
/** Printable ASCII without a space and `#`; `*` alone is everyone of a kind. */
const Identifier = Type.String({ pattern: '^[\\x21\\x22\\x24-\\x7e]{1,200}$' })
const RelationName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,49}$' })

const Place = {
  resource: Type.Object({ type: TypeName, id: Identifier }, closed),
  relation: RelationName,
  /** `user`, `service`, `application`, `group` or `role`; or a resource, which with a relation is everybody who has that to it. */
  subject: Type.Object({ type: TypeName, id: Identifier, relation: Type.Optional(RelationName) }, closed),
}

/** All that it says must be met. */
export const RelationCondition = Type.Object(
  {
    notBefore: Type.Optional(Instant),
    /** Addresses or ranges, as in `10.0.0.0/8`. */
    networks: Type.Optional(Type.Array(Type.String({ maxLength: 50 }), { minItems: 1, maxItems: 20 })),
    /** 1 one factor, 2 two, 3 one of them can't be phished. */
    assurance: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3)])),
    /** One that the resource's type declares, with its parameters. */
    named: Type.Optional(
      Type.Object(
        {
          name: Type.String({ maxLength: 50 }),
          parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { maxProperties: 10 })),
        },
        closed,
      ),
    ),
  },
  closed,
)

/** Somebody has a relation to a resource: until it expires, where a condition is met. */
export const RelationTuple = Type.Object(
  { ...Place, condition: Type.Optional(RelationCondition), expiresAt: Type.Optional(Instant) },
  closed,
)
export type RelationTuple = Static<typeof RelationTuple>

/**
 * `POST /v1/relations` needs `access:relations:write`: an application writes about its own types; anybody else gives and takes what their own
 * rights to the resource allow, and so does whoever an application asks for. Together 1 to 100 tuples; what is there already, or gone
 * already, is no error.
 */
export const WriteRelations = Type.Object(
  {
    add: Type.Optional(Type.Array(RelationTuple, { maxItems: 100 })),
    remove: Type.Optional(Type.Array(Type.Object(Place, closed), { maxItems: 100 })),
    /**
     * By an application: in the name of the person whose request it answers, and no further than that person's rights. The value of the
     * header `Custodia-Assertion` on that request, as it came.
     */
    onBehalfOf: Type.Optional(
      Type.String({ maxLength: 16_384, pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$' }),
    ),
  },
  closed,
)
export type WriteRelations = Static<typeof WriteRelations>

/** How many tuples changed, and a token of what is so since: for `atLeast` of the questions that follow. */
export const WrittenRelations = Type.Object({ changed: Type.Integer(), token: DecisionToken })
export type WrittenRelations = Static<typeof WrittenRelations>

/** `GET /v1/relations?type=&id=&cursor=&limit=` needs `access:relations:read`: with whom a resource is shared, as it was written. */
export const ListRelations = Type.Object(
  {
    type: TypeName,
    id: Identifier,
    cursor: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,1000}$' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  closed,
)
export const ListedRelations = Type.Object({
  items: Type.Array(RelationTuple),
  next: Type.Union([Type.String(), Type.Null()]),
})
export type ListedRelations = Static<typeof ListedRelations>

/** `POST /v1/access/explain`: about oneself, or about anybody with `access:decisions:read`. */
export const Explain = Type.Object(
  {
    subject: Subject,
    permission: Type.String({ maxLength: 100, pattern: '^[a-z0-9][a-z0-9:.-]*$' }),
    resource: Resource,
    context: Type.Optional(Context),
  },
  closed,
)
export type Explain = Static<typeof Explain>

const Names = Type.Array(Type.String())
const Unmet = Type.Object({
  names: Names,
  assurance: Type.Optional(Type.Integer()),
  notBefore: Type.Optional(Instant),
  /** Names of conditions that the type declares. */
  conditions: Type.Optional(Names),
})
const InstantOrNull = Type.Union([Instant, Type.Null()])

/** How a decision came about, decided from the tables at that moment. */
export const Explained = Type.Object({
  decision: Type.Boolean(),
  /** As in a decision; `inactive` where there is nobody like this in the organisation, or they may not sign in. */
  reason: Type.String(),
  /** Those that decided. */
  policies: Names,
  /** Those that could not be evaluated. */
  errors: Names,
  policyVersion: Type.Integer(),
  /** Where the reason is `condition`: what would have to be otherwise. */
  unmet: Type.Union([Unmet, Type.Null()]),
  /** When it may become another by itself; null where nothing in it ends. */
  until: InstantOrNull,
  roles: Names,
  groups: Names,
  /** Policies that could have decided; null for those who may not read the log of decisions. */
  considered: Type.Union([Names, Type.Null()]),
  /** Each relation to the resource that was asked about, and by which way it holds or would. */
  relations: Type.Array(
    Type.Object({
      name: Type.String(),
      holds: Type.Boolean(),
      until: InstantOrNull,
      unmet: Type.Union([Unmet, Type.Null()]),
      path: Type.Array(
        Type.Object({
          resource: Type.Object({ type: Type.String(), id: Type.String() }),
          relation: Type.String(),
          /** `direct`: somebody wrote it; `computed` and `parent`: the type says so. */
          rule: Type.String(),
          tuple: Type.Union([RelationTuple, Type.Null()]),
        }),
      ),
    }),
  ),
  /** What gives the permission, whether or not they have it. */
  wouldGrant: Type.Object({ roles: Names, relations: Names }),
})
export type Explained = Static<typeof Explained>
