import { domainToASCII } from 'node:url'

/**
 * The form in which two spellings of one mailbox are equal: Unicode NFC, lower case, the domain as it stands in the DNS
 * (UTS #46). RFC 5321 §2.4 lets a local part depend on case; no provider of note does, and people do not.
 *
 * Nothing else is folded: dots and `+tags` mean something at most providers.
 *
 * @param address as the wire takes it: one `@` that is not its first or last character.
 * @returns null where the domain is none.
 */
export function normaliseAddress(address: string): string | null {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at).normalize('NFC').toLowerCase().normalize('NFC')
  const domain = domainToASCII(address.slice(at + 1)).replace(/\.$/, '')
  if (at < 1 || !local.isWellFormed() || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) return null
  return `${local}@${domain}`
}
