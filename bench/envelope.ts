import type { Pair } from './measure/in-turn.ts'
import { inTurn, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 31

/**
 * Seals and opens 1 KiB, against AES-256-GCM of `node:crypto` alone: the cheapest call that can be made, with a nonce from a pool, a
 * key that is imported already, no associated data, and its output left in pieces. The envelope derives a key for each message,
 * commits to it and binds the place.
 *
 * Counted by processor time, since both do nothing but calculate: calls in a second of it.
 */
export const envelope: Bench = {
  name: 'envelope',
  run: async () => [await compare('seal'), await compare('open')],
}

async function compare(what: 'seal' | 'open'): Promise<Row> {
  const [ours, other] = await Promise.all([
    startPeer('envelope-calls', [what]),
    startPeer('envelope-calls', [`${what}-bare`]),
  ])
  try {
    const pair: Pair = await inTurn(
      rounds,
      () => ours.ask('perSecond'),
      () => other.ask('perSecond'),
    )
    const name = `${what} 1 KiB, beside bare AES-256-GCM`
    return more({ name, ours: pair.ours, other: pair.other, unit: '/s', goal: 0.5, remarks: [spread(pair)] })
  } finally {
    await ours.stop()
    await other.stop()
  }
}
