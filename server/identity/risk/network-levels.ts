import { network } from '../../platform/http/limits.ts'
import type { Found } from './places.ts'

/** One value of one feature: `key` tells it apart and is stored as a keyed hash only, `shown` may be read. */
export type Value = { readonly feature: string; readonly key: string; readonly shown: string | null }

/**
 * Where a request came from, from wide to narrow. Blocks are what one provider usually holds (IPv4 /16, IPv6 /32), prefixes
 * what one site or one corner of a provider does (/24, /48); an address is a subscriber (IPv4, or IPv6 /64).
 * Country and provider are left out where no database names them.
 */
export function networkLevels(address: string, { country, asn }: Found): Value[] {
  const [block, prefix, host] = cut(address)
  return [
    ...(country === null ? [] : [{ feature: 'country', key: country, shown: country }]),
    ...(asn === null ? [] : [{ feature: 'provider', key: `${country}/${asn}`, shown: `AS${asn}` }]),
    { feature: 'block', key: block, shown: null },
    { feature: 'prefix', key: prefix, shown: null },
    { feature: 'address', key: host, shown: null },
  ]
}

function cut(address: string): [string, string, string] {
  const host = network(address)
  if (!host.includes(':')) {
    const [a, b, c] = host.split('.')
    return [`${a}.${b}`, `${a}.${b}.${c}`, host]
  }
  const [a, b, c] = host.split(':')
  return [`${a}:${b}`, `${a}:${b}:${c}`, host]
}
