import { startTestRedis } from '../server/platform/cache/testing.ts'
import { signIn, startTestServer, withAccounts } from '../tests/harness.ts'
import type { Account } from '../tools/demo/accounts.ts'
import { compareLoad } from './measure/compare-load.ts'
import { loadedEnvironment, withCustodia } from './measure/custodia.ts'
import { median } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import type { Bench } from './measure/row.ts'
import { less, more } from './measure/row.ts'

/** Fewer than the tries of a minute from one network. */
const coldSessions = 20
const coldLimitMs = 10

/**
 * The check of a session where processes share what they know through Redis, and where a process knows nothing yet: the first request of
 * a session after a restart, which has to ask the database.
 */
export const sessionStores: Bench = {
  name: 'session-stores',
  run: async () => [await throughRedis(), await cold()],
}

async function throughRedis() {
  const redis = await startTestRedis()
  const bare = await startPeer('bare-fastify')
  try {
    return await withCustodia(
      { environment: { CUSTODIA_REDIS_URL: redis.url } },
      async ({ server, pid, host, cookie }) => {
        const request = { host, path: '/v1/applications', cookie }
        const { ours, other, remarks } = await compareLoad(
          { ...request, pid, port: server.port },
          { ...request, pid: bare.pid, port: bare.port },
        )
        const name = 'request with a session, by Redis, beside bare Fastify'
        return more({ name, ours, other, unit: 'per CPU-second', goal: 0.8, remarks })
      },
    )
  } finally {
    await bare.stop()
    await redis.kill()
  }
}

async function cold() {
  const environment = loadedEnvironment
  const server = await startTestServer({ environment })
  const { folder, port } = server
  try {
    const [account] = await withAccounts(server, [])
    const cookies: string[] = []
    for (let made = 0; made < coldSessions; made++) cookies.push(await signIn(server.call, account as Account))
    await server.stop()
    const again = await startTestServer({ folder, port, environment })
    const tookMs: number[] = []
    for (const cookie of cookies) {
      const startedMs = performance.now()
      const { status } = await again.call('GET', '/v1/applications', {
        cookie,
      })
      // The oldest have been ended by those that came after them.
      if (status === 200) tookMs.push(performance.now() - startedMs)
    }
    await again.stop()
    const name = 'first request of a session after a restart'
    const remarks = [`${tookMs.length} sessions, the slowest ${Math.max(...tookMs).toFixed(1)} ms`]
    return less({ name, ours: median(tookMs), other: coldLimitMs, unit: 'ms', goal: 1, remarks })
  } finally {
    await server.remove()
  }
}
