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

/**
 * Leaves of X-Forwarded-For what holds, before anybody reads it: the addresses from the nearest on, without the ports that some proxies write
 * behind them, up to what is no address. Whoever stands beyond that comes from nobody knows where, and counts with the proxy that said so.
 */
export function tidyForwardedFor({ headers }: IncomingMessage): void {
  const said = headers['x-forwarded-for']
  if (said === undefined) return
  const addresses: string[] = []
  for (const text of String(said).split(',').toReversed()) {
    const address = addressIn(text.trim())
    if (address === null) break
    addresses.push(address)
  }
  if (addresses.length > 0) headers['x-forwarded-for'] = addresses.reverse().join(', ')
  else delete headers['x-forwarded-for']
}

/** As in RFC 7239 §6, with or without brackets where there is no port. */
const withPort = /^(?:\[([0-9a-f:.]{2,45})\](?::\d{1,5})?|([\d.]{7,15}):\d{1,5})$/i

function addressIn(text: string): string | null {
  const parts = isIP(text) === 0 ? withPort.exec(text) : null
  const address = parts === null ? text : (parts[1] ?? (parts[2] as string))
  return isIP(address) === 0 ? null : address
}

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')
