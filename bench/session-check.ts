import { compareLoad } from './measure/compare-load.ts'
import { withCustodia } from './measure/custodia.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

/**
 * A request that is served only with a live session, against the same route and reply on Fastify alone. Ours has the whole pipeline:
 * host, repeated headers, limiter, cookie and session, the route's `who`, browser checks, reply schema, security headers, figures.
 */
export const sessionCheck: Bench = {
  name: 'session-check',
  async run() {
    const bare = await startPeer('bare-fastify')
    try {
      return await withCustodia({}, async ({ server, pid, host, cookie }) => {
        const request = { host, path: '/v1/applications', cookie }
        const { ours, other, remarks } = await compareLoad(
          { ...request, pid, port: server.port },
          { ...request, pid: bare.pid, port: bare.port },
          { awake: true },
        )
        const name = 'request with a session, beside bare Fastify'
        return [more({ name, ours, other, unit: 'per CPU-second', goal: 0.8, remarks })]
      })
    } finally {
      await bare.stop()
    }
  },
}
