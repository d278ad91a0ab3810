import type { Pair } from './measure/in-turn.ts'
import { inTurn, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 21

/**
 * Verifies API keys that are remembered, a thousand of them in turn, against one HMAC-SHA-256 of the secret and nothing else: neither is it
 * found out whose it is, nor compared. Ours reads the header, checks form and checksum, finds the key, hashes, compares in constant time,
 * and holds it to expiry, overlap and networks; of a person's key it asks who they are and what they may at every request.
 *
 * Counted by processor time, since all of it is calculation: calls in a second of it.
 */
export const keyVerification: Bench = {
  name: 'key-verification',
  run: async () => [await compare('application', 0.5), await compare('person', 0.3)],
}

async function compare(owner: 'application' | 'person', goal: number): Promise<Row> {
  const [ours, other] = await Promise.all([startPeer('key-calls', [owner]), startPeer('key-calls', ['bare'])])
  try {
    const pair: Pair = await inTurn(
      rounds,
      () => ours.ask('perSecond'),
      () => other.ask('perSecond'),
    )
    const name = `key of ${owner === 'person' ? 'a person' : 'an application'}, beside a bare HMAC`
    return more({ name, ours: pair.ours, other: pair.other, unit: '/s', goal, remarks: [spread(pair)] })
  } finally {
    await ours.stop()
    await other.stop()
  }
}
