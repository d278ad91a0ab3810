import { rmSync } from 'node:fs'
import { inheritedEnvironment, newFolder, serverScript } from '../tests/harness.ts'
import { caller } from '../tools/demo/call.ts'
import { endProcess, freePort, runCommand, startProcess } from '../tools/demo/processes.ts'
import { median } from './measure/in-turn.ts'
import { processorMs } from './measure/processor-time.ts'
import type { Bench, Row } from './measure/row.ts'
import { less } from './measure/row.ts'

const rounds = 5
const limitSeconds = 3

/**
 * From `custodia start` to the first 200 of `/readyz`: on a folder that holds nothing but a root key, where the database is made first, and
 * on the same folder again.
 */
export const start: Bench = {
  name: 'start',
  async run() {
    const cold: Start[] = []
    const warm: Start[] = []
    for (let round = 0; round < rounds; round++) {
      const folder = newFolder()
      try {
        runCommand(serverScript, ['keyring', 'init'], environmentFor(folder))
        cold.push(await startOnce(folder))
        warm.push(await startOnce(folder))
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
      }
    }
    return [row('first start, database made, beside its limit', cold), row('later start, beside its limit', warm)]
  },
}

type Start = { readonly seconds: number; readonly processorSeconds: number }

function row(name: string, starts: readonly Start[]): Row {
  const seconds = starts.map((one) => one.seconds)
  const processor = median(starts.map((one) => one.processorSeconds)).toFixed(1)
  const remarks = [
    `from ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`,
    `processor time of the server and what it ran: ${processor} s`,
  ]
  return less({ name, ours: median(seconds), other: limitSeconds, unit: 's', goal: 1, remarks })
}

/** From the command to the answer. */
async function startOnce(folder: string): Promise<Start> {
  const port = await freePort()
  const environment = { ...environmentFor(folder), CUSTODIA_LISTEN: `127.0.0.1:${port}` }
  const started = performance.now()
  const { child } = await startProcess(serverScript, ['start'], environment, ({ ready }) =>
    ready === true ? true : null,
  )
  const { status } = await caller(port, 'custodia.localhost')('GET', '/readyz')
  const seconds = (performance.now() - started) / 1_000
  const processorSeconds = processorMs(child.pid as number, true) / 1_000
  await endProcess(child)
  if (status !== 200) throw new Error(`/readyz answered ${status}`)
  return { seconds, processorSeconds }
}

const environmentFor = (folder: string): NodeJS.ProcessEnv => ({
  ...inheritedEnvironment(),
  CUSTODIA_DATA: folder,
  CUSTODIA_ADMIN_LISTEN: 'off',
  CUSTODIA_LOG_LEVEL: 'warn',
})
