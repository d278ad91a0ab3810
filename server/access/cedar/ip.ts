import { IpAddress } from './values.ts'

// The longest text of an address in IPv6, and of a prefix behind it: 8 × 4 + 7 + 1 + 3.
const maxLength = 43

/**
 * Reads an address or a range: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. Not taken, as in Cedar: leading zeros, zones, ports, and
 * IPv4 written inside of IPv6.
 *
 * @returns undefined where it is none.
 */
export function readIp(text: string): IpAddress | undefined {
  if (text.length > maxLength) return undefined
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const words = address.includes(':') ? readIpv6(address) : readIpv4(address)
  if (words === undefined) return undefined
  const widest = words.length * 32
  const prefix = slash < 0 ? widest : readNumber(text.slice(slash + 1), widest)
  return prefix === undefined ? undefined : new IpAddress(words, prefix)
}

const decimal = /^(?:0|[1-9][0-9]{0,2})$/

function readNumber(text: string, most: number): number | undefined {
  const value = decimal.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  return value <= most ? value : undefined
}

const octets = /^(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})$/

function readIpv4(text: string): readonly number[] | undefined {
  const match = octets.exec(text)
  if (match === null) return undefined
  const [first, second, third, fourth] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])]
  if (first > 255 || second > 255 || third > 255 || fourth > 255) return undefined
  return [((first * 256 + second) * 256 + third) * 256 + fourth]
}

const group = /^[0-9a-fA-F]{1,4}$/

function readIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (head === undefined) return undefined
  const given = head.length + (tail?.length ?? 0)
  // `::` stands for at least one group.
  if (tail === undefined ? given !== 8 : given > 7) return undefined
  const groups = [...head, ...new Array<string>(8 - given).fill('0'), ...(tail ?? [])]
  if (!groups.every((one) => group.test(one))) return undefined
  const numbers = groups.map((one) => Number.parseInt(one, 16))
  return [0, 2, 4, 6].map((at) => (numbers[at] ?? 0) * 65_536 + (numbers[at + 1] ?? 0))
}

export const isIpv4 = (address: IpAddress): boolean => address.words.length === 1

/** Whether every address of one range is in the other; never across versions. */
export function isInRange(inner: IpAddress, outer: IpAddress): boolean {
  if (inner.words.length !== outer.words.length || inner.prefix < outer.prefix) return false
  let left = outer.prefix
  for (let at = 0; left > 0; at++, left -= 32) {
    const mask = left >= 32 ? 0xffff_ffff : (0xffff_ffff << (32 - left)) >>> 0
    if ((((inner.words[at] ?? 0) ^ (outer.words[at] ?? 0)) & mask) !== 0) return false
  }
  return true
}

const loopbacks = [new IpAddress([0x7f00_0000], 8), new IpAddress([0, 0, 0, 1], 128)]
const multicasts = [new IpAddress([0xe000_0000], 4), new IpAddress([0xff00_0000, 0, 0, 0], 8)]

/** 127.0.0.0/8 and ::1 (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export const isLoopback = (address: IpAddress): boolean => loopbacks.some((range) => isInRange(address, range))

/** 224.0.0.0/4 and ff00::/8 (RFC 5771 §3, RFC 4291 §2.7). */
export const isMulticast = (address: IpAddress): boolean => multicasts.some((range) => isInRange(address, range))
