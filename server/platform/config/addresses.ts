import { isIP, isIPv4, isIPv6 } from 'node:net'

export type HostAndPort = { readonly host: string; readonly port: number }

/**
 * Where to listen, as in `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`; port 0 takes a free one.
 *
 * @returns the host without brackets.
 * @throws Error with a reason in words.
 */
export function hostAndPort(text: string): HostAndPort {
  // RFC 3986 §3.2.2: an IPv6 address stands in brackets, or its last group would pass for a port.
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)):(\d{1,5})$/.exec(text)
  if (match === null) throw new Error('it is not host:port')
  const [, bracketed, name, digits] = match
  if (bracketed !== undefined && !isIPv6(bracketed)) throw new Error('what stands in brackets is not an IPv6 address')
  const host = bracketed ?? (name as string)
  // Digits and dots alone are an address or a mistake (RFC 1123 §2.1), never a name.
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) throw new Error('its host is not an IPv4 address')
  const port = Number(digits)
  if (port > 65_535) throw new Error('its port is above 65535')
  return { host, port }
}

/**
 * One address, or a range of them as in `10.0.0.0/8` (RFC 4632 §3.1, RFC 4291 §2.3).
 *
 * @throws Error with a reason in words; also for `/0`, since everybody is no range to trust.
 */
export function addressRange(text: string): string {
  const [address = '', length, ...rest] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || rest.length > 0) throw new Error('it is not an address or a range')
  if (length === undefined) return text
  if (!/^\d{1,3}$/.test(length) || Number(length) > (version === 4 ? 32 : 128))
    throw new Error(`its length is not 1 to ${version === 4 ? 32 : 128}`)
  if (Number(length) === 0) throw new Error('a length of 0 would trust everybody')
  return text
}

/**
 * Where people reach an installation: a scheme, a host, maybe a port, and nothing else.
 *
 * @returns the origin, without a slash at its end.
 * @throws Error with a reason in words, which never repeats the text: it may carry a password by mistake.
 */
export function webOrigin(text: string): string {
  const url = URL.parse(text)
  if (url === null) throw new Error('it is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Error('it begins with neither https:// nor http://')
  if (url.username !== '' || url.password !== '') throw new Error('it carries a name or a password')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new Error('it has more than a host and a port')
  return url.origin
}

/** Lets a URL through whose scheme is one of `schemes`. @throws Error with a reason that never repeats the text. */
export function urlOf(...schemes: readonly string[]): (text: string) => string {
  return (text) => {
    const url = URL.parse(text)
    if (url === null || !schemes.includes(url.protocol)) throw new Error(`it does not begin with ${schemes[0]}//`)
    return text
  }
}
