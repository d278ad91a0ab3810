import { startTestRedis } from '../server/platform/cache/testing.ts'
import { runningEmbedded } from '../server/platform/database/embedded/running.ts'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench, Row } from './measure/row.ts'
import { more } from './measure/row.ts'

const rounds = 7

/**
 * Decisions of the limiter beside `rate-limiter-flexible` on the same store, among ten thousand addresses of which none comes near its
 * limit. Ours is a cell rate
 * (GCRA), which spends the cells of several limits at once, all or none; the
 * other counts by fixed windows, one limit at a time.
 */
export const limiter: Bench = {
  name: 'limiter',
  async run() {
    const redis = await startTestRedis()
    try {
      return await withCustodia({}, async ({ server }) => {
        const postgres = runningEmbedded(server.folder) as string
        return [
          await compare('process', 1, '', 1.5),
          await compare('process', 2, '', 1.5),
          await compare('redis', 1, redis.url, 0.7),
          await compare('redis', 2, redis.url, 1),
          await compare('postgres', 1, postgres, 0.4),
          await compare('postgres', 2, postgres, 0.7),
        ]
      })
    } finally {
      await redis.kill()
    }
  },
}

async function compare(store: string, limits: number, url: string, goal: number): Promise<Row> {
  const [ours, other] = await Promise.all(
    ['ours', 'flexible'].map((kind) => startPeer('limiter-decisions', [kind, store, `${limits}`, url])),
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
      name: `${limits === 1 ? 'one limit' : 'two limits'} in ${store}, beside rate-limiter-flexible`,
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
