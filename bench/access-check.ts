import type { Pair } from './measure/in-turn.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import type { Peer } from './measure/peer.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 7
const perSecond = 1_000_000

/**
 * Checks of the decision function in an organisation of 10,000 people, 1,000 roles and 100,000 shared mailboxes: as it is asked again
 * and again, and where it remembers no decision; against cedar-wasm's bare call with the same policies, parsed beforehand, and the same
 * entities. Casbin and CASL stand below, each with what it has for it. By processor time.
 */
export const accessCheck: Bench = {
  name: 'access-check',
  async run() {
    const start = (kind: string) => startPeer('access-checks', [kind])
    const [warm, cold, wasm] = await Promise.all([start('warm'), start('cold'), start('cedar-wasm')])
    const [casbin, casl] = await Promise.all([start('casbin'), start('casl')])
    try {
      const coldPair = await beside(cold, wasm)
      const warmPair = await beside(warm, wasm)
      const others = [`casbin: ${await rateOf(casbin)}/s`, `CASL, built beforehand: ${await rateOf(casl)}/s`]
      const unit = 'per CPU-second'
      const figures = ({ ours, other }: Pair) => ({ ours, other, unit })
      const [name, remembered] = ['decision that nobody remembers', 'decision that is remembered']
      return [
        more({
          ...figures(coldPair),
          name: `${name}, beside cedar-wasm`,
          goal: 25,
          remarks: [spread(coldPair), ...others],
        }),
        more({
          ...figures(warmPair),
          name: `${remembered}, beside cedar-wasm`,
          goal: 200,
          remarks: [spread(warmPair)],
        }),
        more({
          name: `${remembered}, beside a million`,
          ours: warmPair.ours,
          other: perSecond,
          unit,
          goal: 1,
          remarks: others,
        }),
      ]
    } finally {
      await Promise.all([warm, cold, wasm, casbin, casl].map((peer) => peer.stop()))
    }
  },
}

const beside = (ours: Peer, other: Peer): Promise<Pair> =>
  inTurn(
    rounds,
    () => ours.ask('perSecond'),
    () => other.ask('perSecond'),
  )

async function rateOf(peer: Peer): Promise<string> {
  const figures = [await peer.ask('perSecond'), await peer.ask('perSecond'), await peer.ask('perSecond')]
  return Number(median(figures).toPrecision(3)).toLocaleString('en')
}
