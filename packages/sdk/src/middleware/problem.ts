import type { Access } from '../access/access.ts'
import type { AccessResource } from '../access/question.ts'
import type { Identity } from '../assertion/identity.ts'
import type { CustodiaErrorCode } from '../errors.ts'
import { CustodiaError } from '../errors.ts'

/** What the middleware needs of a client: who stands behind a header. */
export type Identifier = {
  identify(header: string | readonly string[] | null | undefined): Promise<Identity>
}

/** What a permission is asked for on: Custodia decides then, with the relations and policies of that resource. */
export type OnResource<Request> = {
  readonly custodia: { readonly access: Pick<Access, 'decide'> }
  readonly resource: (request: Request) => AccessResource | Promise<AccessResource>
  /** The person's address, for conditions on networks. Take it from a header only behind a proxy that sets it. */
  readonly address?: (request: Request) => string | undefined
}

/** A refusal as every framework sends it: RFC 9457 §3. */
export type Problem = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON. It says what the person can do, and nothing about why a forged assertion failed. */
  readonly body: string
}

/** Details that are about what the caller sent, and no news to them. All others are for the application's own log. */
const shown: Partial<Readonly<Record<CustodiaErrorCode, readonly string[]>>> = {
  PERMISSION_DENIED: ['permission'],
  CROSS_SITE_REFUSED: ['field'],
  REQUEST_INVALID: ['field', 'detail'],
  MEDIA_TYPE_UNSUPPORTED: ['field'],
  REQUEST_TOO_LARGE: ['limitBytes'],
  PROOF_OF_WORK_REQUIRED: ['challenge', 'proofHeader', 'passHeader'],
  FORM_MALFORMED: ['field', 'detail'],
  FILE_REFUSED: ['field', 'reason', 'detail'],
}

const partOf = ({ details }: CustodiaError, name: string): [string, unknown][] =>
  details[name] === undefined ? [] : [[name, details[name]]]

/**
 * @throws what was thrown, where it is not of this package: a fault is for the framework's own handler.
 */
export function problemFrom(error: unknown): Problem {
  if (!(error instanceof CustodiaError)) throw error
  const headers: Record<string, string> = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  // RFC 9110 §11.6.1: a 401 names the scheme that would do.
  if (error.status === 401) {
    headers['www-authenticate'] = error.code === 'SIGNATURE_INVALID' ? 'Custodia-Signature' : 'Custodia-Assertion'
  }
  if (error.status === 503) headers['retry-after'] = '1'
  // RFC 9110 §15.5.6: a 405 names the methods that there are.
  if (error.code === 'METHOD_NOT_ALLOWED') headers.allow = String(error.details.allowed)
  const body = {
    type: `urn:custodia:error:${error.code}`,
    title: error.message.slice(error.code.length + 2),
    status: error.status,
    code: error.code,
    help: error.help,
    ...Object.fromEntries((shown[error.code] ?? []).flatMap((name) => partOf(error, name))),
  }
  return { status: error.status, headers, body: JSON.stringify(body) }
}

/** A refusal for whoever speaks the Fetch API. */
export const responseOf = ({ status, headers, body }: Problem): Response =>
  new Response(body === '' ? null : body, { status, headers: { ...headers } })

/**
 * @throws CustodiaError ASSERTION_MISSING where nobody was identified (the middleware does not run before this route),
 * PERMISSION_DENIED where the person lacks it. An unknown permission is one that nobody has.
 */
export function demandPermission(identity: Identity | undefined, permission: string): void {
  if (identity === undefined) throw new CustodiaError('ASSERTION_MISSING')
  if (!identity.permissions.includes(permission)) throw new CustodiaError('PERMISSION_DENIED', { permission })
}

/**
 * As `demandPermission`; where it is asked for on a resource, Custodia is.
 *
 * @throws CustodiaError as there, and CUSTODIA_UNREACHABLE and its like where there is no answer: nobody passes then.
 */
export async function demandAccess<Request>(
  identity: Identity | undefined,
  permission: string,
  on: OnResource<Request>,
  request: Request,
): Promise<void> {
  if (identity === undefined) throw new CustodiaError('ASSERTION_MISSING')
  const address = on.address?.(request)
  const { allowed } = await on.custodia.access.decide(
    {
      ...{ subject: identity, permission, resource: await on.resource(request) },
      ...(address === undefined ? {} : { address }),
    },
    { onFailure: 'throw' },
  )
  if (allowed !== true) throw new CustodiaError('PERMISSION_DENIED', { permission })
}
