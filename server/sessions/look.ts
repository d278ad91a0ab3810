import { createHmac } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { RequestHead } from '../platform/http/ports.ts'
import { browserOf } from './device.ts'

/** How a request looks, as far as it should stay the same for a session's life. */
export type Look = {
  /** Family and platform, keyed. */
  readonly browserHash: Buffer
  /** Major version. Null where it has none that is known. */
  readonly version: number | null
  readonly networkHash: Buffer
}

export type Change = 'browser' | 'version' | 'network'

type Noted = {
  readonly browser_hash: Buffer | null
  readonly browser_version: number | null
  readonly networks: readonly Buffer[]
}

/**
 * What a session's risk is at the least once it was seen to change so, on the scale of sign-ins: another browser counts as a hundred times as likely of
 * somebody else, another network as twice, since people travel. Browsers get new versions by themselves.
 */
const riskOfChange: Readonly<Record<Change, number>> = { browser: 200, network: 30, version: 0 }

export const riskOf = (changes: readonly Change[]): number =>
  Math.max(0, ...changes.map((change) => riskOfChange[change]))

/** The hashes are keyed for one session: whoever reads the database can't tell which sessions look alike. */
export function lookOf(head: RequestHead, sessionId: string, key: Buffer): Look {
  const { name, version } = browserOf(head.headers['user-agent'])
  const hash = (kind: string, value: string) =>
    createHmac('sha256', key).update(`${sessionId}\n${kind}\n${value}`).digest()
  return {
    browserHash: hash('browser', name),
    version,
    networkHash: hash('network', networkOf(head.address)),
  }
}

/** What a look has that was not noted of its session. Nothing where nothing ever was noted. */
export function changesOf(noted: Noted, look: Look): readonly Change[] {
  if (noted.browser_hash === null) return []
  const changes: Change[] = []
  if (!noted.browser_hash.equals(look.browserHash)) changes.push('browser')
  if (noted.browser_version !== look.version) changes.push('version')
  if (!noted.networks.some((network) => network.equals(look.networkHash))) changes.push('network')
  return changes
}

/** The part of an address that a provider gives to one place: /24 of IPv4, /48 of IPv6 (RFC 6177 §2). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1]
  const plain = mapped ?? address.replace(/%.*$/, '')
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf('.'))}.0/24`
  if (!isIPv6(plain)) return 'unknown'
  const [left = '', right] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(left), groups(right ?? '')]
  // An IPv4 tail stands for two groups.
  const width = before.length + after.length + (plain.includes('.') ? 1 : 0)
  const all = [...before, ...Array.from({ length: right === undefined ? 0 : 8 - width }, () => '0'), ...after]
  return `${all
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/48`
}
