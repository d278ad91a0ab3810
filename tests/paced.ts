import { Agent, request } from 'node:http'

/** A client that keeps to its rate, from an address of its own. */
export type Paced = {
  readonly port: number
  readonly localAddress: string
  readonly host: string
  readonly path: string
  readonly cookie: string
}

/**
 * Sends one request every `1 / perSecond` seconds, whether or not the last one was answered: what waits is not spared the next one.
 *
 * @param busy true where the server may also say that it is late itself (503), as on a machine that does other things.
 * @returns how long each took, in milliseconds.
 * @throws Error where one was answered by anything but a success.
 */
export async function paced(
  clients: readonly Paced[],
  perSecond: number,
  seconds: number,
  busy = false,
): Promise<number[]> {
  const agents = clients.map(({ localAddress }) => new Agent({ keepAlive: true, localAddress }))
  const asked: Promise<number>[] = []
  const startedMs = performance.now()
  await new Promise<void>((resolve) => {
    const next = (): void => {
      const turn = asked.length
      if (turn >= perSecond * seconds) {
        resolve()
        return
      }
      const client = clients[turn % clients.length] as Paced
      const one = once(client, agents[turn % clients.length] as Agent, busy)
      one.catch(() => {})
      asked.push(one)
      setTimeout(next, Math.max(0, startedMs + ((turn + 1) * 1000) / perSecond - performance.now()))
    }
    next()
  })
  try {
    return await Promise.all(asked)
  } finally {
    for (const agent of agents) agent.destroy()
  }
}

function once({ port, host, path, cookie, localAddress }: Paced, agent: Agent, busy: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const headers = { host: `${host}:${port}`, cookie }
    const sent = request({ host: '127.0.0.1', port, path, headers, agent, localAddress }, (response) => {
      response.resume()
      response.once('end', () => {
        if (response.statusCode === 200 || (busy && response.statusCode === 503)) resolve(performance.now() - startedMs)
        else reject(new Error(`a client that keeps to its rate was answered ${response.statusCode}`))
      })
    })
    sent.once('error', reject)
    sent.end()
  })
}

/** The value that a share of all does not exceed. @param share as 0.99. @throws RangeError where there is nothing. */
export function quantile(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]
  if (value === undefined) throw new RangeError('there is no quantile of nothing')
  return value
}
