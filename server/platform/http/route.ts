import type { Static, TObject, TSchema } from 'typebox'
import type { RequestHead } from './ports.ts'
import type { Principal, UserPrincipal } from './principal.ts'
import type { RawBody } from './raw-body.ts'

/** Who may call a route. There is no default: a route without it does not compile. */
export type Who =
  /** Anybody, known or not. */
  | 'anyone'
  /** Any person with a live session. */
  | 'signed-in'
  /** A principal that the decision function grants this permission in its own organisation. */
  | { readonly permission: string }

/** How often one address may call: see `limits.ts` for the figures. */
export type LimitClass = 'sign-in' | 'read' | 'write' | 'expensive'

/** The principal that a handler receives follows from `who`. */
type PrincipalFor<W extends Who> = W extends 'anyone'
  ? Principal | null
  : W extends 'signed-in'
    ? UserPrincipal
    : Principal

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise

export type RouteRequest<W extends Who, Params, Query, Body> = {
  readonly principal: PrincipalFor<W>
  readonly params: StaticOr<Params, Record<never, never>>
  readonly query: StaticOr<Query, Record<never, never>>
  readonly body: StaticOr<Body, undefined>
  /** The body as it comes, where the route takes it so; empty otherwise. */
  readonly rawBody: RawBody
  readonly head: RequestHead
  readonly requestId: string
  /** Aborted when the client goes away or the request's time is over. */
  readonly signal: AbortSignal
}

/** A reply with something besides its body. Return the bare body for a plain 200. */
export class Reply<Body> {
  readonly status: number
  readonly body: Body
  readonly headers: Readonly<Record<string, string | string[]>>
  constructor(status: number, body: Body, headers: Readonly<Record<string, string | string[]>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** A route that is on its way out. Days as in `2026-11-01`, from midnight UTC. */
export type Deprecation = {
  readonly since: string
  /** When it may stop to answer. */
  readonly sunset?: string
  /** The path that takes its place. */
  readonly successor?: string
}

export type RouteDefinition<
  W extends Who,
  Params extends TObject | undefined,
  Query extends TObject | undefined,
  Body extends TSchema | undefined,
  ReplyBody extends TSchema,
> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As in `/v1/users/:userId`. */
  readonly path: string
  /** One sentence for the reference, in the imperative. */
  readonly summary: string
  readonly who: W
  readonly limit: LimitClass
  /** True where the caller must have proven a factor lately (`sensitiveMaxAgeSeconds`). */
  readonly sensitive: boolean
  /** True where only a request that is signed as a whole (RFC 9421) is answered. */
  readonly signed?: boolean
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /**
   * True where bytes are taken as they come (`application/octet-stream`), and no JSON; `any` where they are of any media type, for senders who
   * choose it: such a route stands on no cookie. Read by the handler, bounded, after the pipeline.
   */
  readonly rawBody?: true | 'any'
  /** Bytes; 65,536 unless said. At most 8,388,608. */
  readonly bodyLimitBytes?: number
  /** Schema of the reply's body on success. `Type.Null()` for 204. */
  readonly reply: ReplyBody
  /** Media type of the reply; `application/json` unless said. Others send the body as it is. */
  readonly replyType?: string
  /** Codes of the module's error table that this route may answer with. */
  readonly errors?: readonly string[]
  readonly deprecated?: Deprecation
  handle(request: RouteRequest<W, Params, Query, Body>): Promise<Static<ReplyBody> | Reply<Static<ReplyBody>>>
}

/** A route whose types are forgotten, as the server and the document generator hold it. */
export type Route = {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly who: Who
  readonly limit: LimitClass
  readonly sensitive: boolean
  readonly signed?: boolean
  readonly params?: TObject | undefined
  readonly query?: TObject | undefined
  readonly body?: TSchema | undefined
  readonly rawBody?: true | 'any'
  readonly bodyLimitBytes?: number
  readonly reply: TSchema
  readonly replyType?: string
  readonly errors?: readonly string[]
  readonly deprecated?: Deprecation
  handle(request: RouteRequest<Who, TObject, TObject, TSchema>): Promise<unknown>
}

/** Declares a route. The type asks for who may call it, its limit class, its sensitivity and its reply schema. */
export function defineRoute<
  const W extends Who,
  ReplyBody extends TSchema,
  Params extends TObject | undefined = undefined,
  Query extends TObject | undefined = undefined,
  Body extends TSchema | undefined = undefined,
>(definition: RouteDefinition<W, Params, Query, Body, ReplyBody>): Route {
  return definition as unknown as Route
}
