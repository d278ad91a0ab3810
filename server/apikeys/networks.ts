import { BlockList, isIP, isIPv4 } from 'node:net'
import { addressRange } from '../platform/config/addresses.ts'
import { refuse } from './errors.ts'

/** True where the address, as the server saw it, is in one of the networks. */
export type Networks = (address: string) => boolean

/**
 * Holds what somebody typed to its form.
 *
 * @throws Refusal APIKEY_NETWORK_INVALID; also for IPv4 written as IPv6, which would read as something else than it is.
 */
export function checkNetworks(texts: readonly string[]): string[] {
  for (const text of texts) {
    try {
      if (/^::(?!1$|\/)/.test(addressRange(text)) && text.includes('.')) throw new Error('IPv4 is written as such')
      if (/^::ffff:/i.test(text)) throw new Error('IPv4 is written as such')
    } catch (error) {
      throw refuse('APIKEY_NETWORK_INVALID', { detail: (error as Error).message, network: text.slice(0, 49) })
    }
  }
  return [...new Set(texts.map((text) => text.toLowerCase()))]
}

/** @returns null where none is named: every address will do. */
export function networksOf(texts: readonly string[]): Networks | null {
  if (texts.length === 0) return null
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', length] = text.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return (address) => {
    // A zone says by which interface it came, and belongs to no range. IPv4 in IPv6 is known by the list itself.
    const plain = address.split('%', 1)[0] as string
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }
}
