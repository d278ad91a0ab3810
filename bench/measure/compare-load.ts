import { caller } from '../../tools/demo/call.ts'
import type { Pair } from './in-turn.ts'
import { inTurn, median, spread } from './in-turn.ts'
import type { Load } from './load.ts'
import { load } from './load.ts'

/** Enough that neither side sleeps between two requests: to be woken costs more than many a request. */
const connections = 100
const duration = 3
const rounds = 7
/** For ten seconds of load V8 compiles what a server runs: that is a matter of its start. */
const warmUp = 4

/** A server under load: its process, and the request that it gets. */
export type Target = {
  readonly pid: number
  readonly port: number
  /** The name that it answers to; the connection goes to loopback. */
  readonly host: string
  readonly path: string
  readonly cookie: string
}

/**
 * Loads two servers in turn with the same request.
 *
 * @returns how many answers each can give in a second of its own processor time. Answers in a second of the clock, a remark, depend on who
 * else wants the processors, the one who makes the load among them.
 * @param how see `Load.awake`.
 * @throws Error where they do not answer alike.
 */
export async function compareLoad(
  ours: Target,
  other: Target,
  how: Pick<Load, 'awake'> = {},
): Promise<Pair & { remarks: readonly string[] }> {
  const [one, two] = [await answerOf(ours), await answerOf(other)]
  if (one !== two) throw new Error(`the two do not answer alike: ${one} and ${two}`)
  const rates = { ours: [] as number[], other: [] as number[] }
  const measure =
    (which: 'ours' | 'other', { pid, port, host, path, cookie }: Target) =>
    async () => {
      const request = { url: `http://127.0.0.1:${port}${path}`, headers: { host: `${host}:${port}`, cookie } }
      const { perSecond, processorUs } = await load(pid, { ...request, ...how, connections, duration })
      rates[which].push(perSecond)
      return 1_000_000 / processorUs
    }
  const pair = await inTurn(rounds, measure('ours', ours), measure('other', other), warmUp)
  const [mine, theirs] = [median(rates.ours), median(rates.other)]
  const clock = `by the clock: ${mine.toFixed(0)} beside ${theirs.toFixed(0)} requests/s, ratio ${(mine / theirs).toFixed(2)}`
  return { ...pair, remarks: [spread(pair), clock] }
}

async function answerOf({ port, host, path, cookie }: Target): Promise<string> {
  const { status, body } = await caller(port, host)('GET', path, { cookie })
  return `${status} ${JSON.stringify(body)}`
}
