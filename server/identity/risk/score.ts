/**
 * How one value compares with what was seen before. Levels form a chain from wide to narrow (country, provider, block, …):
 * each is judged given the one before it, so that one new country counts once and not five times.
 */
export type Level = {
  readonly feature: string
  /** What the person may read of it; never an address. */
  readonly value: string
  /** Of this person's sign-ins, how many had this value. */
  readonly own: number
  /** Of this person's sign-ins, how many had any value of this feature. 0: nothing is known, and the level is left out. */
  readonly ownTotal: number
  /** How many different values of this feature this person has had: who has had many will have more. */
  readonly ownKinds: number
  /** Of everybody's sign-ins, lately. */
  readonly all: number
}

export type Pace = 'near' | 'flight' | 'impossible'

/** Everything that the score looks at, and nothing else. Counts need not be whole: they fade. */
export type Evidence = {
  /** How many sign-ins of this person are remembered. */
  readonly own: number
  /** How many of everybody, lately. */
  readonly all: number
  /** Chains of levels; those of one chain depend on each other, chains do not. */
  readonly chains: readonly (readonly Level[])[]
  /** Which of six parts of the day, of four hours each (UTC), and how often this person came in each. */
  readonly hour: { readonly at: number; readonly own: readonly number[] }
  /** Whether this browser carries a cookie of one of the person's devices, and how often it was so before. */
  readonly device: { readonly known: boolean; readonly same: number }
  /** How fast they would have travelled since the last time; null where nobody can tell. */
  readonly travel: { readonly pace: Pace; readonly same: number; readonly total: number } | null
  /** Wrong tries of the last hour. */
  readonly failures: { readonly address: number; readonly account: number }
}

export type Part = { readonly feature: string; readonly value: string; readonly ratio: number }

/**
 * @property score log10 of the likelihood ratio: 0 says nothing, 1 that this is ten times as likely of somebody else as of this
 * person, -1 the opposite.
 */
export type Score = { readonly score: number; readonly parts: readonly Part[] }

const maxRatio = 1_000
/** A second sign-in that differs from the first says nothing yet: people have more than one device. */
const minToCompare = 3

/** What somebody who means this very person can find out and imitate. A provider's addresses and a cookie are not among it. */
const imitable: ReadonlySet<string> = new Set(['country', 'platform', 'browser', 'version', 'hour'])
/** How many of those who would sign in as somebody else do imitate them. */
const imitators = 0.7

/**
 * Likelihood ratios after Freeman, Jain, Dürmuth, Biggio and Giacinto: "Who Are You? A Statistical Approach to Measuring User
 * Authenticity" (NDSS 2016), §III: for each feature p(value | anybody) / p(value | this person), multiplied. Unseen values are
 * smoothed by Witten and Bell's method (1991, method C), backing off from narrow to wide.
 */
export function score(evidence: Evidence): Score {
  const parts = [
    ...(evidence.own < minToCompare ? [] : compare(evidence)),
    // A wrong try makes a guesser likelier; strangers can make them at any account, so those weigh little.
    {
      feature: 'failures-address',
      value: said(evidence.failures.address),
      ratio: failed(evidence.failures.address, 100),
    },
    {
      feature: 'failures-account',
      value: said(evidence.failures.account),
      ratio: failed(evidence.failures.account, 2),
    },
  ].map((part) => ({ ...part, ratio: Math.min(maxRatio, Math.max(1 / maxRatio, part.ratio)) }))
  return { score: parts.reduce((sum, { ratio }) => sum + Math.log10(ratio), 0), parts }
}

/** How many of those who would sign in as somebody else sit in the networks of the people whom we know. */
const insiders = 0.15
/** The others could be anywhere: how likely they hit one country, then one provider in it, one of its blocks, and so on. */
const elsewhere: Readonly<Record<string, number>> = {
  country: 0.1,
  provider: 0.2,
  block: 0.25,
  prefix: 0.02,
  address: 0.02,
}

function compare({ own, all, chains, hour, device, travel }: Evidence): Part[] {
  const parts = chains.flatMap((chain) => chainParts(chain, own, all))
  parts.push({ feature: 'hour', value: hourNames[hour.at] ?? '', ratio: hourRatio(hour, own) })
  parts.push({ feature: 'device', value: device.known ? 'known' : 'new', ratio: deviceRatio(device, own) })
  if (travel !== null) parts.push({ feature: 'travel', value: travel.pace, ratio: travelRatio(travel) })
  // p(value | somebody else) is a mixture: those who imitate this person show what this person shows.
  return parts.map((part) =>
    imitable.has(part.feature) ? { ...part, ratio: (1 - imitators) * part.ratio + imitators } : part,
  )
}

function chainParts(chain: readonly Level[], own: number, all: number): Part[] {
  const parts: Part[] = []
  let parent = { own, all }
  for (const level of chain) {
    if (level.ownTotal === 0) continue
    parts.push({ feature: level.feature, value: level.value, ratio: levelRatio(level, parent) })
    parent = { own: level.own, all: level.all }
  }
  return parts
}

/**
 * p(value | anybody, parent) / p(value | this person, parent). A value that this person never had gives (n + k) / k, where n is how
 * often they had the parent and k how many kinds they have had: whatever the value is, and however rare.
 */
function levelRatio(level: Level, parent: { readonly own: number; readonly all: number }): number {
  const times = Math.max(level.own, Math.min(parent.own, level.ownTotal))
  const kinds = Math.max(0.5, (level.ownKinds * times) / level.ownTotal)
  const among = (Math.max(level.all, level.own) + 1) / (Math.max(parent.all, level.all, times) + 2)
  const chance = elsewhere[level.feature]
  const common = chance === undefined ? among : insiders * among + (1 - insiders) * chance
  return (common * (times + kinds)) / (level.own + kinds * common)
}

export const hourNames = ['0-4', '4-8', '8-12', '12-16', '16-20', '20-24'].map((name) => `${name} UTC`)
const hourPrior = 12

/** The day is a circle, and habits do not end at four o'clock: neighbours count half. A guesser comes at any time. */
function hourRatio({ at, own }: Evidence['hour'], times: number): number {
  const of = (bucket: number) => own[(bucket + 6) % 6] ?? 0
  const near = of(at) / 2 + (of(at - 1) + of(at + 1)) / 4
  const mine = (near + hourPrior / 6) / (times + hourPrior)
  return 1 / 6 / mine
}

/** Before anything is known: one sign-in in six comes from a browser that has no cookie of ours. */
const newDevicePrior = 1 / 6
/** How often somebody else holds the cookie: malware, a machine that is shared or was sold. */
const stolenDevice = 0.002

function deviceRatio({ known, same }: Evidence['device'], times: number): number {
  const prior = 3
  const usual = known ? 1 - newDevicePrior : newDevicePrior
  const mine = (same + prior * usual) / (times + prior)
  return (known ? stolenDevice : 1 - stolenDevice) / mine
}

/** Shares of genuine sign-ins before anything is known of this person, and of those of somebody else. */
const paces: Readonly<Record<Pace, { readonly genuine: number; readonly other: number }>> = {
  near: { genuine: 0.94, other: 0.4 },
  flight: { genuine: 0.05, other: 0.3 },
  impossible: { genuine: 0.01, other: 0.3 },
}

/** A signal like the others: who works through networks in several countries is fast every day. */
function travelRatio({ pace, same, total }: NonNullable<Evidence['travel']>): number {
  const prior = 10
  const { genuine, other } = paces[pace]
  return other / ((same + prior * genuine) / (total + prior))
}

/** Each wrong try is about three times as likely of somebody who guesses. */
const failed = (failures: number, most: number): number => Math.min(most, 3 ** failures)

const said = (failures: number): string => (failures === 0 ? 'none' : failures < 3 ? 'few' : 'many')
