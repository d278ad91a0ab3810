import { cedarAddress } from '../cedar-address.ts'
import type { Recorded } from '../decisions/api.ts'
import type { Held, Standing } from '../relations/api.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { dataClassOf } from './data-class.ts'
import type { Question } from './question.ts'

/** What a decision looked at, for the log: enough to decide it again with other policies. */
export function recordedOf(
  { who, what, facts }: Question,
  { roles, groups }: Standing,
  held: ReadonlyMap<string, Held>,
  types: ResourceTypes,
): Recorded {
  const { nowMs, address, assurance, factors, risk, api, application } = facts
  const dataClass = dataClassOf(what, types)
  const classed = dataClass === undefined ? {} : { dataClass }
  return {
    context: {
      time: { __extn: { fn: 'datetime', arg: new Date(nowMs).toISOString() } },
      network: { __extn: { fn: 'ip', arg: cedarAddress(address) } },
      assurance,
      factors: [...factors],
      risk,
      api,
      ...classed,
      ...(application === undefined ? {} : { application }),
    },
    principal: { attributes: { organisation: who.organisationId, kind: who.kind }, roles, groups },
    resource: { attributes: { ...what.attributes, ...classed, organisation: what.organisationId }, complete: true },
    relations: Object.fromEntries([...held].map(([id, { holds }]) => [id, holds])),
  }
}
