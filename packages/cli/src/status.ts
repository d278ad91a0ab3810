import { createFetch, readBody } from '@custodia/wire/node/fetch.ts'
import { serverUrl } from './address.ts'
import type { Command } from './command.ts'
import { exitCodes, unreachable } from './command.ts'

const timeoutMs = 5_000

export const status: Command = {
  name: 'status',
  operands: '[URL]',
  summary: 'Ask a server whether it runs, and whether it is ready for work.',
  description: 'A server that runs and is not ready is starting, stopping, or misses its database.',
  count: [0, 1],
  options: {},
  examples: ['custodia status', 'custodia status https://custodia.example.org --json'],
  async run({ words, terminal }) {
    const url = serverUrl(words[0], terminal)
    const fetch = createFetch()
    const ask = async (path: string) => {
      const signal = AbortSignal.timeout(timeoutMs)
      try {
        const response = await fetch(`${url}${path}`, { signal })
        await readBody(response, 65_536)
        return response.status
      } catch (error) {
        const why = signal.aborted
          ? 'no answer in five seconds'
          : ((error as { code?: string }).code ?? 'no valid reply')
        throw unreachable(`${url} can not be reached (${why}).`)
      }
    }
    const [live, ready] = await Promise.all([ask('/livez'), ask('/readyz')])
    const ok = live === 200 && ready === 200
    terminal.give({ ok, url, live: live === 200, ready: ready === 200 })
    if (ok) terminal.say(`${url} runs and is ready.`)
    else if (live === 200) terminal.say(`${url} runs and is not ready (${ready}).`)
    else terminal.say(`${url} answers (${live}), and not as Custodia does.`)
    return ok ? exitCodes.ok : exitCodes.finding
  },
}
