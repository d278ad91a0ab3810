import { inTurn, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 5

/**
 * What a request costs under a policy that challenges, beside one that is refused by a policy that does not: somebody who brings nothing,
 * a proof that was forged, one that is wrong and has to be derived to be known as such, and a pass.
 */
export const challenges: Bench = {
  name: 'challenges',
  run: async () => [
    await compare('ask', 'asking for work', 0.04),
    await compare('forged', 'a forged proof, and asking anew', 0.02),
    await compare('wrong', 'a wrong proof, derived, and asking anew', 0.003),
    await compare('pass', 'a pass', 0.03),
  ],
}

async function compare(kind: string, what: string, goal: number): Promise<Row> {
  const [ours, other] = await Promise.all([kind, 'refuse'].map((one) => startPeer('challenge-decisions', [one])))
  if (ours === undefined || other === undefined) throw new Error('a limiter did not start')
  try {
    const pair = await inTurn(
      rounds,
      () => ours.ask('perSecond'),
      () => other.ask('perSecond'),
    )
    const micros = `${(1_000_000 / pair.ours).toFixed(0)} µs beside ${(1_000_000 / pair.other).toFixed(1)} µs`
    const remarks = [spread(pair), `one request: ${micros}`]
    const name = `${what}, beside a refusal`
    return more({ name, ours: pair.ours, other: pair.other, unit: 'per CPU-second', goal, remarks })
  } finally {
    await ours.stop()
    await other.stop()
  }
}
