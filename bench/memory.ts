import { setTimeout as pause } from 'node:timers/promises'
import { withCustodia } from './measure/custodia.ts'
import { median } from './measure/in-turn.ts'
import type { Resident } from './measure/resident.ts'
import { residentOf } from './measure/resident.ts'
import type { Bench } from './measure/row.ts'
import { less } from './measure/row.ts'

const rounds = 3
const restMs = 15_000
const limitMegabytes = 250

/** Server and database together, set up and signed in to, a quarter of a minute after the last request. */
export const memory: Bench = {
  name: 'memory',
  async run() {
    const figures: Resident[] = []
    for (let round = 0; round < rounds; round++)
      figures.push(
        await withCustodia({}, async ({ pid }) => {
          await pause(restMs)
          return residentOf(pid)
        }),
      )
    const megabytes = (pick: (one: Resident) => number) => median(figures.map(pick)) / 1e6
    return [
      less({
        name: 'memory at rest, beside its limit',
        ours: megabytes(({ server, database }) => server + database),
        other: limitMegabytes,
        unit: 'MB',
        goal: 1,
        remarks: [
          `server ${megabytes(({ server }) => server).toFixed(0)} MB, database ${megabytes(({ database }) => database).toFixed(0)} MB`,
          `with all of Node counted to it, which others share here, the server ${megabytes(({ serverWhole }) => serverWhole).toFixed(0)} MB`,
        ],
      }),
    ]
  },
}
