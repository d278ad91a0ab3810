import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import type { Lifecycle } from './api-versions.ts'
import type { Limiter, Told } from './limits.ts'
import type { Load } from './overload/load.ts'
import type { Authenticator, Authorizer, BodyProof, RequestHead } from './ports.ts'
import type { Principal, UserPrincipal } from './principal.ts'
import type { Route } from './route.ts'
import { apiVersion } from './steps/api-version.ts'
import { authenticate } from './steps/authenticate.ts'
import { authorise } from './steps/authorise.ts'
import { freshness } from './steps/freshness.ts'
import { limit, limitCaller } from './steps/limit.ts'
import { sameSite } from './steps/same-site.ts'
import { shed } from './steps/shed.ts'
import { signed } from './steps/signed.ts'

/** One request on its way through the pipeline. Steps read it and fill in what they find. */
export type Exchange = {
  readonly route: Route
  readonly lifecycle: Lifecycle
  readonly raw: FastifyRequest['raw']
  readonly head: RequestHead
  principal: Principal | null
  /** What the caller's credential says of the body; null where it says nothing. */
  proof: BodyProof | null
  /** Header fields that go with whatever is answered. */
  tell(fields: Told): void
}

/** What the steps need of the house. */
export type PipelineServices = {
  readonly clock: Clock
  readonly limits: Limiter
  /** How late this process is; nothing is shed where it is left out. */
  readonly load?: Load
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  /** Origins from which pages may send requests that change something: Custodia's own. */
  readonly ownOrigins: ReadonlySet<string>
  readonly sensitiveMaxAgeSeconds: number
  /** What the person's organisation says instead, where that is shorter; null where it says nothing. */
  readonly freshSeconds?: ((principal: UserPrincipal) => number | null | Promise<number | null>) | undefined
  /** Told of every refusal by `authorise`, for the ledger. */
  readonly onDenied: (exchange: Exchange, permission: string, policies: readonly string[]) => void
}

/** One check. It passes by returning; it refuses by throwing. A step that needs no waiting returns no promise. */
export type Step = {
  readonly name: string
  run(exchange: Exchange, services: PipelineServices): void | Promise<void>
}

/**
 * What happens to every request before its body is read, in this order. After it: the body is parsed by the
 * route's schema, the use case runs, and the reply is written by the route's reply schema.
 */
export const pipeline: readonly Step[] = [
  shed,
  limit,
  apiVersion,
  authenticate,
  limitCaller,
  signed,
  authorise,
  sameSite,
  freshness,
]

/** Runs the steps from `index` on, without a promise for those that need none. */
export function runPipeline(exchange: Exchange, services: PipelineServices, index = 0): void | Promise<void> {
  for (let i = index; i < pipeline.length; i++) {
    const waiting = (pipeline[i] as Step).run(exchange, services)
    if (waiting !== undefined) return waiting.then(() => runPipeline(exchange, services, i + 1))
  }
}
