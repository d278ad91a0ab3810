import { inTurn, median, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 7
/** Policies, and how many times as fast. */
const goals = [
  [10, 25],
  [100, 25],
  [1_000, 25],
] as const

/**
 * Decisions by compiled Cedar policies, against cedar-wasm with the same policies, parsed beforehand. Both get each request and its
 * entities as the same JSON, of which nothing is known before. Counted by processor time. They must allow equally many.
 */
export const cedar: Bench = {
  name: 'cedar',
  async run() {
    const rows: Row[] = []
    for (const [policies, goal] of goals) rows.push(await compare(policies, goal))
    return rows
  },
}

async function compare(policies: number, goal: number): Promise<Row> {
  const start = (kind: string) => startPeer('cedar-decisions', [kind, String(policies)])
  const [ours, held, other] = await Promise.all([start('compiled'), start('compiled-held'), start('cedar-wasm')])
  try {
    const allowed = [await ours.ask('allowed'), await held.ask('allowed'), await other.ask('allowed')]
    if (new Set(allowed).size !== 1) throw new Error(`they do not decide alike: ${allowed.join(', ')} are allowed`)
    const pair = await inTurn(
      rounds,
      () => ours.ask('perSecond'),
      () => other.ask('perSecond'),
    )
    const heldPerSecond: number[] = []
    for (let round = 0; round < 3; round++) heldPerSecond.push(await held.ask('perSecond'))
    const quick = median(heldPerSecond)
    return more({
      name: `decision among ${policies} policies, beside cedar-wasm`,
      ours: pair.ours,
      other: pair.other,
      unit: 'per CPU-second',
      goal,
      remarks: [
        spread(pair),
        `with entities and context as values already ${Number(quick.toPrecision(3)).toLocaleString('en')}: ${(quick / pair.other).toPrecision(3)} times`,
      ],
    })
  } finally {
    await Promise.all([ours.stop(), held.stop(), other.stop()])
  }
}
