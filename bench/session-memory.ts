import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { less } from './measure/row.ts'

const sessions = 10_000
const limitMegabytes = 20

/** What a process holds for ten thousand sessions that it remembers, half of what it remembers at most. */
export const sessionMemory: Bench = {
  name: 'session-memory',
  async run() {
    const peer = await startPeer('session-memory', [`${sessions}`])
    try {
      const megabytes = (await peer.ask('bytes')) / 1e6
      const remarks = [`${((megabytes * 1e6) / sessions).toFixed(0)} bytes for each`]
      const name = 'memory of 10,000 live sessions, beside its limit'
      return [less({ name, ours: megabytes, other: limitMegabytes, unit: 'MB', goal: 1, remarks })]
    } finally {
      await peer.stop()
    }
  },
}
