import { isIP } from 'node:net'

/** A documentation address (RFC 5737): nobody comes from there, so that a condition on a network is not met. */
export const nowhere = '192.0.2.0'

/**
 * An address as Cedar's `ip` takes it: an IPv4 address that a dual-stack socket writes as IPv6 (RFC 4291 §2.5.5.2) as IPv4, and none with a
 * zone (RFC 4007 §11). What is no address is nowhere.
 */
export function cedarAddress(address: string | null): string {
  if (address === null) return nowhere
  const plain = address.replace(/%.*$/s, '').replace(/^::ffff:(?=\d{1,3}(?:\.\d{1,3}){3}$)/i, '')
  // The other form with dots is that of translated addresses, which Cedar does not read.
  return isIP(plain) === 0 || (plain.includes(':') && plain.includes('.')) ? nowhere : plain
}
