import { startTestRedis } from '../server/platform/cache/testing.ts'
import { runningEmbedded } from '../server/platform/database/embedded/running.ts'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 9

/**
 * Decisions of the limiter beside `rate-limiter-flexible` on the same store, among ten thousand addresses of which none comes near its
 * limit. Ours is a cell rate
 * (GCRA), by a script and a statement that spend several cells at once; the other counts one by fixed windows.
 */
export const limiter: Bench = {
  name: 'limiter',
  async run() {
    const redis = await startTestRedis()
    try {
      return await withCustodia({}, async ({ server }) => [
        await compare('process', '', 2),
        await compare('redis', redis.url, 0.8),
        await compare('postgres', runningEmbedded(server.folder) as string, 0.8),
      ])
    } finally {
      await redis.kill()
    }
  },
}

async function compare(store: 'process' | 'redis' | 'postgres', url: string, goal: number): Promise<Row> {
  const [ours, other] = await Promise.all(
    ['ours', 'flexible'].map((kind) => startPeer('limiter-decisions', [kind, store, url])),
  )
  if (ours === undefined || other === undefined) throw new Error('a limiter did not start')
  const byClock = { ours: [] as number[], other: [] as number[] }
  try {
    const ask = (peer: typeof ours, which: 'ours' | 'other') => async () => {
      const { perSecond, byClock: clock } = await peer.askAll()
      byClock[which].push(clock as number)
      return perSecond as number
    }
    const pair = await inTurn(rounds, ask(ours, 'ours'), ask(other, 'other'))
    const [mine, theirs] = [median(byClock.ours), median(byClock.other)]
    return more({
      name: `limiter, cells in ${store}, beside rate-limiter-flexible`,
      ours: pair.ours,
      other: pair.other,
      unit: 'per CPU-second',
      goal,
      remarks: [spread(pair), `by the clock: ${mine.toFixed(0)} beside ${theirs.toFixed(0)} decisions/s`],
    })
  } finally {
    await ours.stop()
    await other.stop()
  }
}
