import type { Evidence, Level, Pace } from './score.ts'

/**
 * What is remembered of one person's sign-ins: how often each value came. Values of networks and browsers are keyed hashes that
 * differ from person to person.
 */
export type History = {
  /** At most `maxSignIns`; older ones fade. */
  readonly signIns: number
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** One sign-in in the words of a history. */
export type Traits = {
  /** Hashes by feature, from wide to narrow, chain by chain. */
  readonly chains: readonly (readonly {
    readonly feature: string
    readonly hash: string
    readonly shown: string | null
  }[])[]
  /** 0 to 5. */
  readonly hour: number
  readonly known: boolean
  readonly pace: Pace | null
}

export const noHistory: History = { signIns: 0, counts: {} }

const maxSignIns = 200
const maxKinds = 32
const faded = 0.3

/** One sign-in more. Beyond 200 all counts are halved: what has not come again for long is forgotten. */
export function learn(history: History, traits: Traits): History {
  const counts: Record<string, Record<string, number>> = {}
  for (const [feature, values] of Object.entries(history.counts)) counts[feature] = { ...values }
  for (const [feature, value] of told(traits)) {
    counts[feature] ??= {}
    const values = counts[feature]
    values[value] = (values[value] ?? 0) + 1
    if (Object.keys(values).length > maxKinds) delete values[rarest(values, value)]
  }
  const signIns = history.signIns + 1
  return signIns <= maxSignIns ? { signIns, counts } : { signIns: signIns / 2, counts: halve(counts) }
}

function told({ chains, hour, known, pace }: Traits): [string, string][] {
  return [
    ...chains.flat().map(({ feature, hash }): [string, string] => [feature, hash]),
    ['hour', String(hour)],
    ['device', known ? 'known' : 'new'],
    ...(pace === null ? [] : [['travel', pace] satisfies [string, string]]),
  ]
}

function rarest(values: Readonly<Record<string, number>>, except: string): string {
  const others = Object.entries(values).filter(([value]) => value !== except)
  return others.reduce((least, one) => (one[1] < least[1] ? one : least))[0]
}

function halve(counts: History['counts']): History['counts'] {
  return Object.fromEntries(
    Object.entries(counts).map(([feature, values]) => [
      feature,
      Object.fromEntries(
        Object.entries(values)
          .map(([value, times]): [string, number] => [value, times / 2])
          .filter(([, times]) => times >= faded),
      ),
    ]),
  )
}

/**
 * Holds one sign-in against what is remembered.
 *
 * @param everybody how often a value came among all people, by feature and `shared` key, in the order of `chains`.
 */
export function evidenceOf(
  history: History,
  traits: Traits,
  everybody: { readonly total: number; readonly counts: readonly (readonly number[])[] },
  failures: Evidence['failures'],
): Evidence {
  const { chains, hour, known, pace } = traits
  const travel = history.counts.travel ?? {}
  const device = history.counts.device ?? {}
  return {
    own: history.signIns,
    all: everybody.total,
    chains: chains.map((chain, at) =>
      chain.map(({ feature, hash, shown }, level): Level => {
        const values = history.counts[feature] ?? {}
        const own = values[hash] ?? 0
        return {
          feature,
          value: shown ?? (own > 0 ? 'known' : 'new'),
          own,
          ownTotal: sum(values),
          ownKinds: Object.keys(values).length,
          all: everybody.counts[at]?.[level] ?? 0,
        }
      }),
    ),
    hour: { at: hour, own: Array.from({ length: 6 }, (_, bucket) => history.counts.hour?.[String(bucket)] ?? 0) },
    device: { known, same: device[known ? 'known' : 'new'] ?? 0 },
    travel: pace === null ? null : { pace, same: travel[pace] ?? 0, total: sum(travel) },
    failures,
  }
}

const sum = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((total, times) => total + times, 0)
