import type { RequestHead } from '../../platform/http/ports.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import type { Devices } from './device.ts'
import { evidenceOf } from './history.ts'
import type { Look } from './look.ts'
import { lookAt, total } from './look.ts'
import type { Part, Score } from './score.ts'
import { score } from './score.ts'
import { readCommon, readHistory } from './store.ts'

export type Assessment = {
  /** log10 of the likelihood ratio, to two digits: above 0, it is likelier of somebody else than of this person. */
  readonly score: number
  readonly parts: readonly Part[]
  /** `ask`: one factor is not enough. `refuse`: only where the operator set `identity.riskRefuse`. */
  readonly verdict: 'allow' | 'ask' | 'refuse'
  /** True where the person is to be told, should it succeed. */
  readonly notify: boolean
  /** What was held against what. */
  readonly look: Look
}

/** Of whom fewer sign-ins are known is never refused. */
const minForRefusal = 10

/**
 * Scores a sign-in whose first proof held, against this person's earlier ones. Reads, and changes nothing: called before the
 * transaction is opened. Somebody without a history gets 0 but for wrong tries.
 */
export async function assess(
  parts: Parts,
  person: PersonRow,
  head: RequestHead,
  devices: Devices,
): Promise<Assessment> {
  const { queries } = parts.context.database
  const account = person.email_index.toString('base64url', 0, 16)
  const [row, failures] = await Promise.all([
    readHistory(queries, person.id),
    parts.guesses.failures(account, head.address),
  ])
  const look = await lookAt(parts, person, head, { row, devices })
  const [all = 0, ...flat] = await readCommon(queries, [total, ...look.common.flat()], nowOf(parts))
  const counts = look.common.map((chain) => chain.map(() => flat.shift() ?? 0))
  const evidence = evidenceOf(look.history, look.traits, { total: all, counts }, failures)
  return { ...judged(score(evidence), look.history.signIns, parts.context.config), look }
}

function judged(
  { score, parts }: Score,
  signIns: number,
  limits: { readonly riskAsk: number; readonly riskRefuse: number; readonly riskNotify: number },
): Omit<Assessment, 'look'> {
  // Databases of places are wrong, and people use exits abroad: travel alone tips nobody over the edge.
  const travel = parts.find(({ feature }) => feature === 'travel')?.ratio ?? 1
  const firm = score - Math.max(0, Math.log10(travel))
  const refuse = limits.riskRefuse > 0 && signIns >= minForRefusal && firm * 10 > limits.riskRefuse
  const rounded = Math.round(score * 100) / 100
  return {
    score: rounded,
    parts: parts.map((part) => ({ ...part, ratio: Number(part.ratio.toPrecision(3)) })),
    verdict: refuse ? 'refuse' : rounded * 10 > limits.riskAsk ? 'ask' : 'allow',
    notify: rounded * 10 > limits.riskNotify,
  }
}
