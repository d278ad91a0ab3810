import type { CedarRecord } from '../cedar/api.ts'
import { recordFromJson } from '../cedar/api.ts'
import { cedarAddress } from '../cedar-address.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { dataClassOf } from './data-class.ts'
import type { Facts, What } from './question.ts'

/**
 * The context of a decision. What an application sends stands under its own name, so that it can't speak for Custodia.
 *
 * @throws ValueRefused where it sends what Cedar has no value for.
 */
export function contextOf(
  { nowMs, address, assurance, factors, risk, api, application }: Facts,
  what: What,
  types: ResourceTypes,
): CedarRecord {
  const dataClass = dataClassOf(what, types)
  return recordFromJson({
    time: { __extn: { fn: 'datetime', arg: new Date(nowMs).toISOString() } },
    network: { __extn: { fn: 'ip', arg: cedarAddress(address) } },
    assurance,
    factors: [...factors],
    risk,
    api,
    ...(dataClass === undefined ? {} : { dataClass }),
    ...(application === undefined ? {} : { application }),
  })
}
