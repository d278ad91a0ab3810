import { BlockList, isIP } from 'node:net'
import { isLoopbackAddress } from './networks.ts'

/** Somebody who is let in without a limit, or not at all, for a while. */
export type ListEntry = {
  readonly id: string
  readonly list: 'allow' | 'deny'
  /** An address or a range; null where it is about an account. */
  readonly network: string | null
  readonly account: string | null
  /** Whose callers it is about; null for everybody's. */
  readonly organisation: string | null
  /** True where it lets in without the limits of that organisation alone: what is everybody's holds still. */
  readonly ownOnly?: boolean
  /** Epoch milliseconds. */
  readonly untilMs: number
}

type Ranges = { readonly all: BlockList; readonly entries: readonly Ranged[] }
type Ranged = { readonly entry: ListEntry; readonly list: BlockList; readonly length: number }

/** Entries by whom they are about. Each ends by itself, at its time. */
export class Lists {
  readonly #nowMs: () => number
  #ranges = new Map<string, Ranges>()
  #accounts = new Map<string, ListEntry[]>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  use(entries: readonly ListEntry[]): void {
    const ranged = entries.filter(({ network }) => network !== null)
    const scopes = new Set(ranged.map(({ organisation }) => organisation ?? ''))
    this.#ranges = new Map(
      [...scopes].map((scope) => [scope, rangesOf(ranged.filter((one) => (one.organisation ?? '') === scope))]),
    )
    this.#accounts = Map.groupBy(
      entries.filter(({ account }) => account !== null),
      ({ account }) => account as string,
    )
  }

  /**
   * Of several that match, the narrowest; of two as narrow, the one that denies. This machine itself is never denied.
   *
   * @param organisation null before it is known, and for what is about everybody.
   */
  ofAddress(address: string, organisation: string | null): ListEntry | null {
    const ranges = this.#ranges.get(organisation ?? '')
    if (ranges === undefined) return null
    const plain = address.split('%', 1)[0] as string
    const version = isIP(plain)
    if (version === 0) return null
    const family = version === 4 ? 'ipv4' : 'ipv6'
    if (!ranges.all.check(plain, family)) return null
    const nowMs = this.#nowMs()
    const found = ranges.entries.find(({ entry, list }) => entry.untilMs > nowMs && list.check(plain, family))
    if (found === undefined || (found.entry.list === 'deny' && isLoopbackAddress(plain))) return null
    return found.entry
  }

  ofAccount(account: string, organisation: string | null): ListEntry | null {
    const entries = this.#accounts.get(account)
    if (entries === undefined) return null
    const nowMs = this.#nowMs()
    const holding = entries.filter(
      (entry) => entry.untilMs > nowMs && (entry.organisation === null || entry.organisation === organisation),
    )
    const lifting = holding.find(({ ownOnly }) => ownOnly !== true)
    return holding.find(({ list }) => list === 'deny') ?? lifting ?? holding[0] ?? null
  }
}

function rangesOf(entries: readonly ListEntry[]): Ranges {
  const all = new BlockList()
  const ranged = entries.map((entry): Ranged => {
    const list = new BlockList()
    const length = addTo(list, entry.network as string)
    addTo(all, entry.network as string)
    return { entry, list, length }
  })
  const denies = (one: Ranged) => (one.entry.list === 'deny' ? 0 : 1)
  return { all, entries: ranged.toSorted((a, b) => b.length - a.length || denies(a) - denies(b)) }
}

/** @returns how narrow it is, in bits of IPv6. */
function addTo(list: BlockList, network: string): number {
  const [address = '', length] = network.split('/')
  const four = isIP(address) === 4
  if (length === undefined) list.addAddress(address, four ? 'ipv4' : 'ipv6')
  else list.addSubnet(address, Number(length), four ? 'ipv4' : 'ipv6')
  return Number(length ?? (four ? 32 : 128)) + (four ? 96 : 0)
}

/** True where the address is in the network. */
export function covers(network: string, address: string): boolean {
  const list = new BlockList()
  addTo(list, network)
  const plain = address.split('%', 1)[0] as string
  const version = isIP(plain)
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}
