import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Refusal } from '../errors.ts'
import type { Principal } from './principal.ts'
import type { FilesOfHost } from './transport/client-authorities.ts'

/** What an authenticator may look at: the head of a request, never its body. */
export type RequestHead = {
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  /** Host name without port, lower case. */
  readonly host: string
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, every line as it came: `headers` has joined some and dropped others. */
  readonly rawHeaders?: readonly string[]
  /** The client's address, after trusted proxies. */
  readonly address: string
}

/**
 * One way to find out who is asking.
 *
 * @returns the principal; null where this request carries no credential of this kind.
 * @throws Refusal 401 where it carries one that does not hold.
 */
export type Authenticator = {
  readonly name: string
  authenticate(head: RequestHead): Principal | null | Promise<Principal | null>
  /** Asked where a route needs somebody and nobody was found: what can be said beyond that. */
  whyNobody?(head: RequestHead): Refusal | null
  /** Asked before the answer: a Set-Cookie header by which the credential of this request is replaced. */
  renewal?(head: RequestHead): string | null
  /** Asked of the one that knew the caller: what its credential says of the body. Null where it says nothing. */
  proof?(head: RequestHead): BodyProof | null
}

/** What must still hold once the body is there, before anything is done with it. */
export type BodyProof = {
  /** The raw bytes, before anything is parsed; not called where there are none. @throws Refusal. */
  hold(bytes: Uint8Array): void
  /** Called last, whether there was a body or not. @throws Refusal. */
  end(): void | Promise<void>
}

/** What a decision is about: nothing but attributes, so that the decision function needs no database. */
export type Resource = {
  readonly type: string
  readonly id: string
  readonly organisationId: string
}

export type Decision = {
  readonly allowed: boolean
  /** `no-grant`: nobody gave it. `condition`: somebody did, for other circumstances. `forbidden`: a policy forbids it. */
  readonly reason: 'permitted' | 'no-grant' | 'condition' | 'forbidden'
  /** Identifiers of the policies that decided. */
  readonly policies: readonly string[]
}

/** What is known beside who asks for what. */
export type About = {
  /** The principal's organisation unless said. */
  readonly resource?: Resource
  /** The client's address, for policies that look at networks. */
  readonly address?: string
  /** True where nobody asked for just this, as in a list of all that somebody may do: it does not stand in the log of decisions. */
  readonly quiet?: true
}

/** The one decision function, as the routes see it. Deny by default. */
export type Authorizer = {
  /** Answers at once where it can: most decisions were made before. */
  decide(principal: Principal, permission: string, about?: About): Decision | Promise<Decision>
}

/** Serves whole hosts that are not Custodia's own: the gateway. */
export type HostHandler = {
  /** The hosts that it claims, for the certificate that names them. */
  readonly hosts: readonly string[]
  /** What clients of some of them have to prove themselves with. */
  readonly clientCertificates?: readonly FilesOfHost[]
  /** `host` is lower case and without port. */
  claims(host: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Looks now whether its files are others. */
  look?(): Promise<void>
}
