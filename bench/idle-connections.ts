import { setTimeout as pause } from 'node:timers/promises'
import { paced, quantile } from '../tests/paced.ts'
import { startCrowd } from './measure/crowd.ts'
import { withCustodia } from './measure/custodia.ts'
import { startPeer } from './measure/peer.ts'
import { residentOf } from './measure/resident.ts'
import type { Bench } from './measure/row.ts'
import { less } from './measure/row.ts'

const connections = 10_000
/** An address may have 512. */
const each = 100
const perSecond = 2_000
const restMs = 4_000

type Server = {
  readonly pid: number
  readonly port: number
  readonly host: string
  readonly path: string
  readonly cookie: string
}

/**
 * What a server holds for ten thousand connections that were used once and wait, beside Fastify alone. At the end each of them asks again, on the connection that it
 * has, and is answered; others are, too, meanwhile.
 */
export const idleConnections: Bench = {
  name: 'idle-connections',
  async run() {
    const bare = await startPeer('bare-fastify')
    const path = '/v1/applications'
    try {
      const other = await hold({ pid: bare.pid, port: bare.port, host: '127.0.0.1', path, cookie: '' }, path)
      const ours = await withCustodia({}, ({ pid, server, host, cookie }) =>
        hold({ pid, port: server.port, host, path, cookie }, '/livez'),
      )
      const name = '10,000 idle connections, beside bare Fastify'
      const remarks = [
        `with them the server's memory is ${(ours.residentBytes / 1e6).toFixed(0)} MB, and was ${((ours.residentBytes - connections * ours.bytesEach) / 1e6).toFixed(0)} MB`,
        `others meanwhile: p50 ${quantile(ours.othersMs, 0.5).toFixed(1)} ms, p99 ${quantile(ours.othersMs, 0.99).toFixed(1)} ms; without them ${quantile(ours.beforeMs, 0.5).toFixed(1)} and ${quantile(ours.beforeMs, 0.99).toFixed(1)} ms`,
      ]
      return [
        less({ name, ours: ours.bytesEach / 1e3, other: other.bytesEach / 1e3, unit: 'kB each', goal: 0.5, remarks }),
      ]
    } finally {
      await bare.stop()
    }
  },
}

/** @param asked what they ask, whom nobody knows. */
async function hold({ pid, ...client }: Server, asked: string) {
  const { port, host } = client
  const request = `GET ${asked} HTTP/1.1\r\nhost: ${host}:${port}\r\n\r\n`
  const addresses = Array.from({ length: connections }, (_, i) => `127.40.${Math.floor(i / each)}.1`)
  const others = () => paced([{ ...client, localAddress: '127.41.0.1' }], 50, 6)
  // What the heap grows by under any load is no matter of connections.
  const warm = startCrowd({ port, addresses: addresses.slice(0, each), request })
  await warm.flood(perSecond, 3)
  const beforeMs = await others()
  warm.end()
  await pause(restMs)
  const before = residentOf(pid).serverWhole
  const crowd = startCrowd({ port, addresses, request })
  try {
    const first = await crowd.flood(perSecond, connections / perSecond)
    await pause(restMs)
    const residentBytes = residentOf(pid).serverWhole
    const othersMs = await others()
    const second = await crowd.flood(perSecond, connections / perSecond)
    if (first.opened !== connections || second.opened > 0 || second.statuses[200] !== connections)
      throw new Error(`of ${connections} connections not all were kept: ${JSON.stringify([first, second])}`)
    return { bytesEach: (residentBytes - before) / connections, residentBytes, othersMs, beforeMs }
  } finally {
    crowd.end()
  }
}
