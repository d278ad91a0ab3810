import { BlockList, isIP, isIPv4 } from 'node:net'

// IANA's registries of special-purpose addresses (RFC 6890), and what stands for an IPv4 address inside IPv6.
const special = new BlockList()
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  // 169.254.169.254 tells a machine in a cloud its own credentials.
  '169.254.0.0/16',
  // What Azure's machines ask of their host: in a public range, and nowhere else to be reached from.
  '168.63.129.16/32',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]) {
  const [network = '', length] = range.split('/')
  special.addSubnet(network, Number(length), isIPv4(network) ? 'ipv4' : 'ipv6')
}
/** All that is given out for the public IPv6 network (RFC 4291 §2.4). Whatever lies outside is local, mapped or translated. */
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/**
 * True where an address belongs to the public network: not to this machine, its link, a private network, a cloud's metadata service or
 * a range for other ends. IPv4 inside IPv6 (mapped, translated by NAT64, 6to4, Teredo) is never public.
 *
 * @param address without brackets. What is no address, or has a zone, is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (address.includes('%')) return false
  const version = isIP(address)
  if (version === 4) return !special.check(address, 'ipv4')
  return version === 6 && globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6')
}
