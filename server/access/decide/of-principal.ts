import { assuranceOf, assurances } from '../../platform/http/assurance.ts'
import type { About } from '../../platform/http/ports.ts'
import type { Principal } from '../../platform/http/principal.ts'
import type { Facts, Question, Who } from './question.ts'

/** What a principal asks for itself. For decisions a key is its owner, with less. */
export function questionOf(principal: Principal, permission: string, about: About, nowMs: number): Question {
  const { organisationId } = principal
  const { resource } = about
  return {
    who: whoOf(principal),
    permission,
    what: resource ?? { type: null, id: organisationId, organisationId },
    facts: factsOf(principal, about.address ?? null, nowMs),
  }
}

/** The same one for the same principal, who never changes: what is remembered of it is found without reading it. */
export function whoOf(principal: Principal): Who {
  const known = whos.get(principal)
  if (known !== undefined) return known
  const who = made(principal)
  whos.set(principal, who)
  return who
}

const whos = new WeakMap<Principal, Who>()

function made(principal: Principal): Who {
  const { id, organisationId, roles } = principal
  const kind = principal.kind === 'key' ? principal.owner.kind : principal.kind
  const scopes = principal.kind === 'user' ? undefined : principal.scopes
  return { kind, id, organisationId, roles, ...(scopes === undefined ? {} : { scopes }) }
}

/** Nobody stands behind a key who could have proven a factor, nor signed in unlike themselves: its risk is 0, and `api` says that it is one. */
function factsOf(principal: Principal, address: string | null, nowMs: number): Facts {
  const factors = principal.kind === 'user' ? principal.factors : []
  const assurance = (assurances.indexOf(assuranceOf(factors)) + 1) as 1 | 2 | 3
  const risk = principal.kind === 'user' ? (principal.risk ?? 0) : 0
  return { nowMs, address, assurance, factors, risk, api: principal.kind !== 'user' }
}
