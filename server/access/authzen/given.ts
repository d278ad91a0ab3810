import { isIP } from 'node:net'
import type { Context } from '@custodia/wire/http/authzen.ts'
import type { Static } from 'typebox'
import { refuseRequest } from '../../platform/http/errors.ts'
import { recordFromJson, ValueRefused } from '../cedar/api.ts'
import type { Facts, Who } from '../decide/question.ts'
import type { DeclaredContexts } from '../policies/declared-attributes.ts'
import { readDeclared } from '../policies/declared-attributes.ts'
import { ownerOf } from './own.ts'

/** Bytes of JSON in `context`, and in each `properties`. */
const maxBytes = 8_192

export type GivenContext = Static<typeof Context> | undefined

type Properties = Readonly<Record<string, unknown>>

/**
 * Attributes as Cedar can have them: texts, whole numbers, truth values, lists and records of these, `__entity` and `__extn`.
 *
 * @throws Refusal REQUEST_INVALID that names the field.
 */
export function readProperties(properties: Properties, field: string): Properties {
  requireSmall(properties, field)
  try {
    recordFromJson(properties)
  } catch (error) {
    if (error instanceof ValueRefused) throw invalid(field, error.reason)
    throw error
  }
  return properties
}

/**
 * The circumstances that an application tells. It is believed about its own: whoever asks enforces the answer, too. A service account and
 * an application prove no factor, whatever is said.
 *
 * @throws Refusal REQUEST_INVALID that names the field.
 */
export function readFacts(
  given: GivenContext,
  about: {
    readonly kind: Who['kind']
    readonly permission: string
    readonly nowMs: number
    readonly contexts: DeclaredContexts
  },
  field: string,
): Facts {
  const { custodia, ...application } = given ?? {}
  const { address = null, assurance = 1, risk = 0 } = custodia ?? {}
  if (address !== null && (isIP(address) === 0 || address.includes('%')))
    throw invalid(`${field}.custodia.address`, 'is no address')
  const sent = Object.keys(application).length > 0
  return {
    nowMs: about.nowMs,
    address,
    assurance: about.kind === 'user' ? assurance : 1,
    factors: [],
    risk: about.kind === 'user' ? risk : 0,
    api: about.kind !== 'user',
    ...(sent ? { application: readSent(about, application, field) } : {}),
  }
}

function requireSmall(properties: Properties, field: string): Properties {
  if (Buffer.byteLength(JSON.stringify(properties)) > maxBytes) throw invalid(field, `has more than ${maxBytes} bytes`)
  return properties
}

/** Of what its application did not declare a policy can know nothing, so that to send it is an error of whoever does. */
function readSent(
  { permission, contexts }: { readonly permission: string; readonly contexts: DeclaredContexts },
  sent: Properties,
  field: string,
): Properties {
  const owner = ownerOf(permission)
  const declared = Object.hasOwn(contexts, owner) ? contexts[owner] : undefined
  const read = readDeclared(declared ?? {}, requireSmall(sent, field))
  if ('fault' in read) throw invalid(`${field}.${read.fault.name.slice(0, 100)}`, read.fault.detail)
  return read.values
}

export const invalid = (field: string, detail: string) => refuseRequest('REQUEST_INVALID', { field, detail })
