import type { Identity } from '../assertion/identity.ts'
import { CustodiaError } from '../errors.ts'

export type AccessSubject = { readonly type: 'user' | 'service' | 'application'; readonly id: string }

export type AccessResource = {
  /** As the configuration declares it, as in `inbox:mailbox`. */
  readonly type: string
  readonly id: string
  /** What policies may look at: texts, whole numbers, truth values, lists and records of these; at most 8,192 bytes of JSON. */
  readonly properties?: Readonly<Record<string, unknown>>
}

/** Whom it is about and under which circumstances. */
export type AccessAsker = {
  /** Who is asking, as `identify` says; or somebody by type and id. */
  readonly subject: Identity | AccessSubject
  /** As in `inbox:read`. */
  readonly permission: string
  /** The person's address, for conditions and policies on networks. */
  readonly address?: string
  /** 1 one factor, 2 two, 3 one of them can't be phished. Of an identity its factors say it; 1 of anybody else, unless said. */
  readonly assurance?: 1 | 2 | 3
  /** Everything else that policies may look at, as `context.application.NAME`. */
  readonly context?: Readonly<Record<string, unknown>>
  /** A decision token: decide at least as freshly as the reply or the change that it came from. */
  readonly atLeast?: string
}

export type AccessQuestion = AccessAsker & {
  /** The organisation as a whole where it is left out. */
  readonly resource?: AccessResource
}

const phishingResistant = ['hwk', 'swk']
const beside = ['otp', 'mail', 'sms', 'recovery']

/** How much the factors of an identity prove together, as the server counts it. */
export function assuranceOf(factors: readonly string[]): 1 | 2 | 3 {
  if (factors.some((one) => phishingResistant.includes(one))) return 3
  return factors.includes('pwd') && factors.some((one) => beside.includes(one)) ? 2 : 1
}

const isIdentity = (subject: Identity | AccessSubject): subject is Identity => 'userId' in subject

/** The kind of an identifier shows in its prefix; names of applications have none. */
function callerBehind({ userId: id }: Identity): AccessSubject {
  return { type: id.startsWith('usr_') ? 'user' : id.startsWith('svc_') ? 'service' : 'application', id }
}

/** A key may less than its owner, whom alone the server would be asked about: what its scopes do not name, it may not. */
export function isBeyondKey({ subject, permission }: AccessAsker): boolean {
  if (!isIdentity(subject) || subject.scopes === null) return false
  return !subject.scopes.some((scope) =>
    scope.endsWith(':*') ? permission.startsWith(scope.slice(0, -1)) : scope === permission,
  )
}

/** Subject, action and context as AuthZEN 1.0 §5 has them. @throws CustodiaError INPUT_INVALID */
export function askerOf({ subject, permission, address, assurance, context, atLeast }: AccessAsker) {
  if (typeof subject !== 'object' || subject === null) throw invalid('subject')
  const who = isIdentity(subject) ? callerBehind(subject) : { type: subject.type, id: subject.id }
  if (typeof who.type !== 'string' || typeof who.id !== 'string') throw invalid('subject')
  if (typeof permission !== 'string') throw invalid('permission')
  const level = assurance ?? (isIdentity(subject) ? assuranceOf(subject.factors) : undefined)
  const custodia = {
    ...(address === undefined ? {} : { address }),
    ...(level === undefined ? {} : { assurance: level }),
    ...(atLeast === undefined ? {} : { atLeast }),
  }
  return { subject: who, action: { name: permission }, context: { ...context, custodia } }
}

/** @throws CustodiaError INPUT_INVALID */
export function evaluationOf(question: AccessQuestion) {
  const { resource = { type: 'organisation', id: 'self' } } = question
  if (typeof resource !== 'object' || resource === null) throw invalid('resource')
  if (typeof resource.type !== 'string' || typeof resource.id !== 'string') throw invalid('resource')
  const { type, id, properties } = resource
  return { ...askerOf(question), resource: { type, id, ...(properties === undefined ? {} : { properties }) } }
}

const invalid = (field: string) => new CustodiaError('INPUT_INVALID', { field })
