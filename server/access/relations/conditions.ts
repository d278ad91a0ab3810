import { BlockList, isIP } from 'node:net'
import { addressRange } from '../../platform/config/addresses.ts'
import { readDeclared } from '../policies/declared-attributes.ts'
import type { Circumstances, Condition, Tuple, Unmet } from './api.ts'
import type { ResourceType, ResourceTypes } from './model.ts'

const maxNetworks = 20
const maxParameterBytes = 1_024

/** What is wrong with a condition, in words; null where nothing is. */
export function faultOfCondition(condition: Condition, type: ResourceType | undefined): string | null {
  const { notBeforeMs, networks, assurance, named, ...rest } = condition
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) return `${unknown.slice(0, 50)} is no condition`
  if (notBeforeMs !== undefined && !isTime(notBeforeMs)) return 'notBeforeMs is no time'
  if (assurance !== undefined && ![1, 2, 3].includes(assurance)) return 'assurance is not 1, 2 or 3'
  const fault = named === undefined ? null : faultOfNamed(named, type)
  if (fault !== null || networks === undefined) return fault
  if (!Array.isArray(networks) || networks.length === 0 || networks.length > maxNetworks)
    return `networks is not a list of 1 to ${maxNetworks}`
  return networks.every(isRange) ? null : 'networks has something that is no range of addresses'
}

function faultOfNamed(named: NonNullable<Condition['named']>, type: ResourceType | undefined): string | null {
  const { name, parameters = {} } = named
  const declared = typeof name === 'string' ? type?.conditions.get(name) : undefined
  if (declared === undefined) return `there is no condition ${String(name).slice(0, 50)}`
  if (Buffer.byteLength(JSON.stringify(parameters)) > maxParameterBytes) return 'the parameters are too long'
  const read = readDeclared(declared.parameters, parameters)
  return 'fault' in read ? `the parameter ${read.fault.name.slice(0, 50)} ${read.fault.detail}` : null
}

/** The year 9999 at most, as the database can tell it. */
export const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 253_402_300_800_000

function isRange(text: unknown): boolean {
  try {
    return typeof text === 'string' && text.length <= 50 && addressRange(text) === text
  } catch {
    return false
  }
}

export type Outcome = {
  /** Null where everything is met. */
  readonly unmet: Unmet | null
  /** True where another network or another session could change that. */
  readonly circumstantial: boolean
  /** True where another moment could, whenever that is. */
  readonly fleeting: boolean
  /** True where it can't be said whether it is met. */
  readonly unsaid: boolean
}

const met: Outcome = { unmet: null, circumstantial: false, fleeting: false, unsaid: false }

/** Holds a tuple's condition against the circumstances; its expiry is not looked at. */
export function outcomeOf({ condition, resource }: Tuple, circumstances: Circumstances, types: ResourceTypes): Outcome {
  const { nowMs, network, assurance } = circumstances
  if (condition === undefined) return met
  const tooEarly = condition.notBeforeMs !== undefined && nowMs < condition.notBeforeMs
  const elsewhere = condition.networks !== undefined && !isWithin(condition.networks, network)
  const tooWeak = condition.assurance !== undefined && !(assurance >= condition.assurance)
  const named = namedOf(condition, types.get(resource.type), circumstances)
  const names = [
    ...(tooEarly ? (['time'] as const) : []),
    ...(elsewhere ? (['network'] as const) : []),
    ...(tooWeak ? (['assurance'] as const) : []),
    ...(named === undefined || named.holds === true ? [] : (['condition'] as const)),
  ]
  const circumstantial = condition.networks !== undefined || condition.assurance !== undefined || named !== undefined
  const how = { circumstantial, fleeting: named !== undefined, unsaid: named !== undefined && named.holds === null }
  if (names.length === 0) return { unmet: null, ...how }
  const unmet: Unmet = {
    names,
    ...(tooWeak && condition.assurance !== undefined ? { assurance: condition.assurance } : {}),
    ...(tooEarly && condition.notBeforeMs !== undefined ? { notBeforeMs: condition.notBeforeMs } : {}),
    ...(named === undefined || named.holds === true ? {} : { conditions: [named.name] }),
  }
  return { unmet, ...how }
}

/** One that was taken out of the configuration can't be said to be met. */
function namedOf({ named }: Condition, type: ResourceType | undefined, circumstances: Circumstances) {
  if (named === undefined) return undefined
  const { name, parameters = {} } = named
  return { name, holds: type?.conditions.get(name)?.holds(circumstances, parameters) ?? null }
}

/** Both have to be otherwise. */
export function bothUnmet(one: Unmet | null, other: Unmet | null): Unmet | null {
  if (one === null || other === null) return one ?? other
  const assurance = Math.max(one.assurance ?? 0, other.assurance ?? 0)
  const conditions = [...new Set([...(one.conditions ?? []), ...(other.conditions ?? [])])]
  const notBeforeMs = Math.max(one.notBeforeMs ?? 0, other.notBeforeMs ?? 0)
  return {
    names: [...new Set([...one.names, ...other.names])],
    ...(assurance > 0 ? { assurance: assurance as 1 | 2 | 3 } : {}),
    ...(notBeforeMs > 0 ? { notBeforeMs } : {}),
    ...(conditions.length > 0 ? { conditions } : {}),
  }
}

function isWithin(networks: readonly string[], address: string | null): boolean {
  const version = address === null ? 0 : isIP(address)
  if (address === null || version === 0) return false
  const list = new BlockList()
  for (const network of networks) {
    const [start = '', length] = network.split('/')
    const family = isIP(start) === 6 ? 'ipv6' : 'ipv4'
    if (length === undefined) list.addAddress(start, family)
    else list.addSubnet(start, Number(length), family)
  }
  // It takes `::ffff:10.0.0.1` for the address in IPv4 that it is.
  return list.check(address, version === 6 ? 'ipv6' : 'ipv4')
}
