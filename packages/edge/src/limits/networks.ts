/**
 * An IPv4 address as it is; an IPv6 address by its /64, which one subscriber holds whole (RFC 6177).
 * An address in another form counts as itself.
 */
export function network(address: string): string {
  const groups = groupsOf(address)
  return typeof groups === 'string' ? groups : `${groups.slice(0, 4).join(':')}::/64`
}

// Most requests come from where the one before came from.
let lastAddress = ''
let lastWide = ''

/** What one customer may well hold: the /24 of an IPv4 address, the /56 of an IPv6 address (RFC 6177 §2). */
export function wideNetwork(address: string): string {
  if (address !== lastAddress) {
    lastWide = widened(address)
    lastAddress = address
  }
  return lastWide
}

function widened(address: string): string {
  const groups = groupsOf(address)
  if (typeof groups === 'string') {
    const last = groups.lastIndexOf('.')
    return last === -1 ? groups : `${groups.slice(0, last)}.0/24`
  }
  const [a, b, c, d = '0'] = groups
  return `${a}:${b}:${c}:${(Number.parseInt(d, 16) & 0xff00).toString(16)}::/56`
}

/** The eight groups of IPv6; IPv4, also where it is mapped into IPv6, as text. */
function groupsOf(address: string): string | readonly string[] {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = (address.split('%')[0] as string).split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  return groups.map((group) => Number.parseInt(group, 16).toString(16))
}

/** True where it is this machine itself, which no list shuts out. */
export const isLoopbackAddress = (address: string): boolean => {
  const plain = network(address)
  return /^127\.\d+\.\d+\.\d+$/.test(plain) || address === '::1'
}
