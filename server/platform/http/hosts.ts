// RFC 9110 §7.2 and RFC 3986 §3.2.2, narrowed to what a browser sends: a name, an IPv4 address or an IPv6 address in brackets.
const hostPattern = /^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/

// Most requests name the same host as the one before.
let lastHeader = ''
let lastName: string | null = null

/** The name in a Host header, lower case, without its port. Null where the header is absent or malformed. */
export function hostName(header: string | undefined): string | null {
  if (header === undefined || header.length > 260) return null
  if (header !== lastHeader) {
    lastName = hostPattern.exec(header.toLowerCase())?.[1] ?? null
    lastHeader = header
  }
  return lastName
}

/** Names by which this machine reaches itself. */
export const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** True where nobody beyond this machine can reach the address. */
export function isLoopback(address: string): boolean {
  return (
    address === 'localhost' ||
    address === '::1' ||
    address === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address)
  )
}
