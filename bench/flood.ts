import { setTimeout as pause } from 'node:timers/promises'
import { startTestRedis } from '../server/platform/cache/testing.ts'
import type { CrowdCounts } from '../tests/crowd.ts'
import { addresses } from '../tests/crowd.ts'
import { signIn } from '../tests/harness.ts'
import type { Paced } from '../tests/paced.ts'
import { paced, quantile } from '../tests/paced.ts'
import { startCrowd } from './measure/crowd.ts'
import type { LoadedServer } from './measure/custodia.ts'
import { withCustodia } from './measure/custodia.ts'
import { median } from './measure/in-turn.ts'
import { startPeer } from './measure/peer.ts'
import { processorMs } from './measure/processor-time.ts'
import type { Bench, Row } from './measure/row.ts'
import { less } from './measure/row.ts'

const attackers = 1_000
const timesAllowed = 10
/** All of them together. Who makes it takes a third of what it costs the server: on two processors they meet from about 5,000 on. */
const floodPerSecond = Number(process.env.CUSTODIA_BENCH_FLOOD ?? 2_000)
const burst = 5
/** An address may `burst` at once, and earns them back in `perSeconds`. */
const allowed = { burst, perSeconds: Math.round((burst * attackers * timesAllowed) / floodPerSecond) }
const rounds = 5
const seconds = 6
/** Until the attackers' bursts are spent. */
const settleMs = 1_500
const calmPerSecond = 45

const configuration = (upstream: string) => `gateway:
  applications:
    bench:
      title: Bench
      host: bench.localhost
      upstream: ${upstream}
      permissions: { "bench:read": "Read." }
      rules: [{ path: "/public/**", public: true }, { path: "/**", methods: [GET], permission: "bench:read" }]
      edge: { limits: { public: { by: address, burst: ${allowed.burst}, perSeconds: ${allowed.perSeconds}, path: "/public/**" } } }
`
/** As an operator gets it: the bench's own environment raises them. */
const asDefault = { CUSTODIA_LIMITS_CLASSES: '{}' }

/**
 * What three people who keep to their rate wait for while a thousand addresses send ten times what each may. The promise is about the
 * hundredth that waits longest: it waits less than twice as long as without the attack.
 */
export const flood: Bench = {
  name: 'flood',
  run: async () => {
    const redis = await startTestRedis()
    try {
      return [
        await ownRoutes('in process', {}),
        await ownRoutes('by Redis', { CUSTODIA_REDIS_URL: redis.url }),
        await throughGateway(),
      ]
    } finally {
      await redis.kill()
    }
  },
}

async function ownRoutes(store: string, environment: NodeJS.ProcessEnv): Promise<Row> {
  return await withCustodia({ environment: { ...asDefault, ...environment } }, async (loaded) => {
    const policy = { scope: 'installation', by: 'address', ...allowed, path: '/v1/theme' }
    const { call } = loaded.server
    const set = await call('PUT', '/v1/limits/policies/theme', { cookie: loaded.cookie, body: policy })
    if (set.status !== 200) throw new Error(`the policy was not taken: ${JSON.stringify(set.body)}`)
    const calm = await people(loaded, { host: loaded.host, path: '/v1/applications' })
    const head = `GET /v1/theme HTTP/1.1\r\nhost: ${loaded.host}:${loaded.server.port}\r\n\r\n`
    return await attack(`p99 under attack on our own routes, ${store}`, loaded, calm, head)
  })
}

async function throughGateway(): Promise<Row> {
  const upstream = await startPeer('upstream')
  const file = configuration(`http://127.0.0.1:${upstream.port}`)
  try {
    return await withCustodia({ configuration: file, environment: asDefault }, async (loaded) => {
      const host = 'bench.localhost'
      const calm = await people(loaded, { host, path: '/hello' })
      const cookie = await loaded.enter(host)
      const head = `GET /public/x HTTP/1.1\r\nhost: ${host}:${loaded.server.port}\r\n\r\n`
      return await attack(
        'p99 under attack through the gateway',
        loaded,
        calm.map((one) => ({ ...one, cookie })),
        head,
      )
    })
  } finally {
    await upstream.stop()
  }
}

/** One at each of three addresses, so that none of them comes near what an address may. */
async function people({ server, accounts }: LoadedServer, asked: Pick<Paced, 'host' | 'path'>): Promise<Paced[]> {
  const cookies: string[] = []
  for (const account of accounts) cookies.push(await signIn(server.call, account))
  return cookies.map((cookie, i) => ({ ...asked, cookie, port: server.port, localAddress: `127.20.${i}.1` }))
}

async function attack(name: string, { pid, server }: LoadedServer, calm: Paced[], request: string): Promise<Row> {
  const crowd = startCrowd({ port: server.port, addresses: addresses(attackers, 10), request })
  const quiet: number[][] = []
  const attacked: number[][] = []
  const busy: number[] = []
  const counts: CrowdCounts[] = []
  try {
    await paced(calm, calmPerSecond, 2)
    for (let round = 0; round < rounds; round++) {
      quiet.push(await paced(calm, calmPerSecond, seconds))
      const counted = crowd.flood(floodPerSecond, seconds + settleMs / 1000)
      await pause(settleMs)
      const before = processorMs(pid)
      attacked.push(await paced(calm, calmPerSecond, seconds))
      busy.push((processorMs(pid) - before) / (seconds * 1000))
      counts.push(await counted)
    }
  } finally {
    crowd.end()
  }
  const p = (share: number) => (tookMs: readonly number[]) => quantile(tookMs, share)
  const both = (share: number) => [quiet, attacked].map((all) => median(all.map(p(share))).toFixed(2)).join(' then ')
  return less({
    name,
    ours: median(attacked.map(p(0.99))),
    other: median(quiet.map(p(0.99))),
    unit: 'ms',
    goal: 0.5,
    remarks: [
      `p50 ${both(0.5)} ms, p90 ${both(0.9)} ms`,
      `p99 of rounds: ${quiet.map((all) => p(0.99)(all).toFixed(1))} then ${attacked.map((all) => p(0.99)(all).toFixed(1))}`,
      came(counts),
      `the server under attack: ${(median(busy) * 100).toFixed(0)} % of a processor`,
    ],
  })
}

/** @throws Error where this was no attack of that size. */
function came(counts: readonly CrowdCounts[]): string {
  const sum = (read: (one: CrowdCounts) => number | undefined) => counts.reduce((all, one) => all + (read(one) ?? 0), 0)
  const wanted = counts.length * floodPerSecond * (seconds + settleMs / 1000)
  const sent = sum((one) => one.sent)
  const refused = sum(({ statuses }) => statuses[429])
  if (refused < sent * 0.5)
    throw new Error(`of ${sent} requests only ${refused} were refused: ${JSON.stringify(counts)}`)
  return `${floodPerSecond}/s from ${attackers} addresses: sent ${((100 * sent) / wanted).toFixed(0)} %, let in ${sum(({ statuses }) => statuses[200])}, refused ${refused}, cut ${sum((one) => one.cut)}`
}
