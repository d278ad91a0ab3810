import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/**
 * The address of a client where no framework says it, as for upgrades: the first, from the nearest on, that is no trusted proxy. What
 * stands beyond it in X-Forwarded-For, anybody may have written.
 *
 * @param trustedProxies addresses and ranges, as `addressRange` lets through.
 */
export function clientAddresses(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const trusted = new BlockList()
  for (const text of trustedProxies) {
    const [address = '', length] = text.split('/')
    if (length === undefined) trusted.addAddress(address, family(address))
    else trusted.addSubnet(address, Number(length), family(address))
  }
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, family(address))
  return ({ socket, headers }) => {
    let address = socket.remoteAddress ?? ''
    // Repeated lines of it were refused, or are joined by Node.
    const further = String(headers['x-forwarded-for'] ?? '').split(',')
    while (further.length > 0 && isTrusted(address)) {
      const next = (further.pop() as string).trim()
      if (next === '') break
      address = next
    }
    return address
  }
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
