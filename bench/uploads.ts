import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Custodia } from '@custodia/sdk'
import { createCustodia } from '@custodia/sdk'
import { withCustodia } from './measure/custodia.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const megabytes = 16
const rounds = 7
const content = Buffer.alloc(megabytes * 1_000_000, 'A line of a text that somebody sends.\n')
const configuration = `gateway:
  applications:
    bench:
      title: Bench
      host: bench.localhost
      upstream: http://127.0.0.1:9
      permissions: { "bench:read": "Read." }
      rules: [{ path: "/**", methods: [GET], permission: "bench:read" }]
`

/**
 * A file of 16 MB sent with the SDK: over HTTP, hashed, sealed in frames, each frame committed to the database, and the reply; against a copy
 * of the same file by the system, flushed to the disk. How long it takes until it was looked at, too, stands below.
 */
export const uploads: Bench = {
  name: 'uploads',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-bench-uploads-'))
    try {
      writeFileSync(join(folder, 'file'), content)
      return await withCustodia(
        { configuration, environment: { CUSTODIA_UPLOADS_SCANNER: 'off' } },
        async ({ server }) => {
          const key = String(server.command('applications', 'key', 'bench').key)
          const custodia = createCustodia({ url: server.publicUrl, application: 'bench', key, timeoutMs: 30_000 })
          const settled: number[] = []
          const pair = await inTurn(
            rounds,
            () => send(custodia, settled),
            () => copy(folder),
          )
          const remarks = [spread(pair), `looked at and there after ${median(settled).toFixed(2)} s more`]
          const name = 'files sent, beside copies of the system'
          return [more({ name, ours: pair.ours, other: pair.other, unit: 'MB/s', goal: 0.02, remarks })]
        },
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** @returns megabytes in a second, until the reply. What comes after it is waited for, so that the next round is alone. */
async function send({ uploads: files }: Custodia, settled: number[]): Promise<number> {
  const started = performance.now()
  const { id } = await files.send({ name: 'file.txt', content })
  const sent = performance.now()
  const { state } = await files.settled(id, { timeoutMs: 120_000 })
  if (state !== 'there') throw new Error(`the file is ${state}`)
  settled.push((performance.now() - sent) / 1_000)
  await files.remove(id)
  return (megabytes * 1_000) / (sent - started)
}

function copy(folder: string): number {
  const to = join(folder, 'copy')
  const started = performance.now()
  copyFileSync(join(folder, 'file'), to)
  const file = openSync(to, 'r+')
  fsyncSync(file)
  closeSync(file)
  const took = performance.now() - started
  rmSync(to)
  return (megabytes * 1_000) / took
}
