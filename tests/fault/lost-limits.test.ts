import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { rateOf } from '@custodia/edge/limits/cell-rate.ts'
import type { CellStore } from '@custodia/edge/limits/cell-store.ts'
import { GuardedCells, longestWaitMs } from '@custodia/edge/limits/guarded-cells.ts'
import { createClient } from 'redis'
import { openRedisCache } from '../../server/platform/cache/redis-cache.ts'
import type { TestRedis } from '../../server/platform/cache/testing.ts'
import { eventually, startTestRedis, withoutRedis } from '../../server/platform/cache/testing.ts'
import { keepingLog } from '../../server/platform/telemetry/testing.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import type { Paced } from '../paced.ts'
import { paced, quantile } from '../paced.ts'

const skip = withoutRedis
const configuration = (upstream: number) => `gateway:
  applications:
    app:
      title: App
      host: app.localhost
      upstream: http://127.0.0.1:${upstream}
      rules: [{ path: "/**", public: true }]
      edge: { limits: { each: { by: address, burst: 1000, perSeconds: 60 } } }
`
const backMs = 20_000

describe('the store of limits taken away and brought back', { timeout: 200_000 }, () => {
  let redis: TestRedis
  before(async () => {
    if (skip === false) redis = await startTestRedis()
  })
  after(() => redis?.kill())

  test('no step waits longer for a real Redis that is frozen, killed and back than it may', { skip }, async () => {
    const cache = await openRedisCache({ url: redis.url, log: keepingLog().log })
    const cells = new GuardedCells({ store: cache.cells as CellStore, nowMs: () => performance.now() })
    const rate = rateOf(1_000, 1)
    const waits: number[] = []
    let asked = 0
    const one = async () => {
      const startedMs = performance.now()
      const subject = `${++asked}`
      const answer = cells.spend([{ pool: 'read', subject, rate, lost: rate }])
      // A timer of the same length that waits for nothing: what it is late by, everything here is late by.
      const bare = new Promise<number>((resolve) => setTimeout(() => resolve(performance.now()), longestWaitMs))
      assert.equal((await answer).allowed, true)
      const tookMs = performance.now() - startedMs
      waits.push(tookMs - (tookMs < longestWaitMs ? 0 : (await bare) - startedMs - longestWaitMs))
    }
    /** Four at once, as long as `lasts` does. */
    const during = async (lasts: Promise<unknown>) => {
      let over = false
      const ended = lasts.finally(() => (over = true))
      const caller = async () => {
        do {
          await one()
          await new Promise(setImmediate)
        } while (!over)
      }
      await Promise.all([ended, caller(), caller(), caller(), caller()])
    }
    const untilLost = eventually(() => cells.lost, backMs)
    redis.freeze()
    await during(untilLost)
    // Whoever comes once it is known does not wait at all, not even for a promise; the store is asked beside them.
    for (let i = 0; i < 1_000; i++) {
      const answer = cells.spend([{ pool: 'read', subject: `${i}`, rate, lost: rate }])
      assert.ok(!(answer instanceof Promise))
    }
    redis.thaw()
    await during(eventually(() => !cells.lost, backMs))
    await during(redis.kill())
    await during(eventually(() => cells.lost, backMs))
    await redis.start()
    await during(eventually(() => !cells.lost, backMs))
    await cache.close()
    assert.ok(Math.max(...waits) <= 100, `${Math.max(...waits)} ms`)
    assert.ok(waits.length > 100)
  })

  describe('a whole server', () => {
    let server: TestServer
    let cookie: string
    let clients: Paced[]
    const upstream = createServer((_request, response) => void response.end('hello'))
    before(async () => {
      if (skip !== false) return
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
      server = await startTestServer({
        configuration: configuration((upstream.address() as AddressInfo).port),
        environment: { CUSTODIA_REDIS_URL: redis.url },
      })
      const [administrator] = await withAccounts(server, [])
      cookie = await signIn(server.call, administrator as Account)
      const own = { port: server.port, host: new URL(server.publicUrl).hostname, cookie }
      const beside = { ...own, port: Number(server.adminPort), host: '127.0.0.1', path: '/metrics' }
      clients = [
        { ...own, localAddress: '127.31.0.1', path: '/v1/applications' },
        { ...beside, localAddress: '127.31.2.1' },
        { ...own, localAddress: '127.31.1.1', path: '/', host: 'app.localhost' },
        { ...beside, localAddress: '127.31.3.1' },
      ]
    })
    after(async () => {
      upstream.close()
      upstream.closeAllConnections()
      await server?.remove()
    })

    /**
     * Thirty a second, and beside each one of the same process that asks the store nothing: what keeps the machine keeps both.
     *
     * @returns by how much longer each took than the slowest beside it, a second before and after.
     */
    const load = async () => {
      const took = await paced(clients, 60, 3, true)
      const beside = (i: number) => took.slice(Math.max(0, i - 60), i + 60).filter((_, n) => n % 2 === 1)
      return took.flatMap((ms, i) => (i % 2 === 0 ? [ms - Math.max(...beside(i))] : []))
    }
    const figure = async () => /^custodia_limits_store_lost (\d)$/m.exec(await metrics(server))?.[1]
    /** What people see, and what monitors see. */
    const lost = async () => {
      const { storeLost } = (await server.call('GET', '/v1/limits/policies', { cookie })).body
      return (await figure()) === String(Number(storeLost)) ? Boolean(storeLost) : null
    }
    const isThere = () => eventually(async () => (await lost()) === false, backMs)
    /** Tries from one address until one is refused. @returns how many were let in. */
    const letIn = async (address: string) => {
      for (let tries = 0; tries < 100; tries++) if ((await guess(server, address)) === 429) return tries
      return 100
    }
    /** As `letIn`, of the store that is there: where it did not answer at once meanwhile, as on a machine that stalls, from one more address. */
    const letInByStore = async (network: string) => {
      for (let last = 1; ; last++) {
        await isThere()
        const tries = await letIn(`${network}.${last}`)
        if ((await figure()) === '0') return tries
      }
    }

    test('is served all the while, counts alone and says so, and counts together again', { skip }, async () => {
      const quiet = await load()
      assert.ok((await letInByStore('127.32.0')) >= 30)
      const taken: number[] = []
      // Each load ends by itself; whatever was not answered well would have ended the test.
      const killed = load()
      await redis.kill()
      taken.push(...(await killed))
      assert.equal(await lost(), true)
      // Guesses: a quarter of 30, and what is earned back meanwhile.
      const guesses = await letIn('127.32.1.1')
      assert.ok(guesses >= 7 && guesses < 15, `${guesses}`)
      const returning = load()
      await redis.start()
      taken.push(...(await returning))
      assert.ok((await letInByStore('127.32.2')) >= 30)

      const observer = createClient({ url: redis.url })
      await observer.connect()
      const spent = async () =>
        [...(await observer.info('commandstats')).matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce(
          (sum, [, calls]) => sum + Number(calls),
          0,
        )
      const before = await spent()
      const inTime = load()
      redis.freeze()
      taken.push(...(await inTime), ...(await load()))
      redis.thaw()
      // Of the hundred and eighty requests meanwhile only those were kept for it that found it frozen, and some probes.
      await observer.ping()
      const kept = (await spent()) - before
      assert.ok(kept < 30, `${kept} commands waited for Redis to be back`)
      await isThere()
      observer.destroy()
      taken.push(...(await load()))

      // How long the store keeps anybody waiting who is among the 95 of a hundred, whatever the machine takes.
      const [usual, now] = [quantile(quiet, 0.95), quantile(taken, 0.95)]
      assert.ok(now <= usual + 100, `${now} ms, and ${usual} ms before`)
      assert.ok(Math.max(...taken) < 5_000, `${Math.max(...taken)} ms`)
    })
  })
})

function guess({ port, publicUrl }: TestServer, localAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const host = `${new URL(publicUrl).hostname}:${port}`
    const headers = { host, 'content-type': 'application/json' }
    const asked = { host: '127.0.0.1', port, path: '/v1/links/check', method: 'POST', localAddress, headers }
    const sent = request(asked, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end('{}')
  })
}

async function metrics({ adminPort }: TestServer): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
}
