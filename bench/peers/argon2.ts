import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { config } from '../../server/identity/parts.ts'
import { median } from '../measure/in-turn.ts'

// Argon2id of the runtime and nothing else, with the cost and the number at once that the server has by default.
const derive = promisify(argon2)
const roundMs = 4_000
const [message, secret] = [randomBytes(15), randomBytes(32)]
const cost = {
  memory: config.argon2MemoryKib.defaultValue,
  passes: config.argon2Passes.defaultValue,
  parallelism: 1,
  tagLength: 32,
}

async function round(): Promise<number> {
  const started = performance.now()
  let made = 0
  const work = async () => {
    while (performance.now() - started < roundMs) {
      await derive('argon2id', { ...cost, message, secret, nonce: randomBytes(16) })
      made += 1
    }
  }
  await Promise.all(Array.from({ length: config.hashesAtOnce.defaultValue }, work))
  return (made * 1_000) / (performance.now() - started)
}

/** One at a time: the median of twenty. */
async function alone(): Promise<number> {
  const tookMs: number[] = []
  while (tookMs.length < 20) {
    const startedMs = performance.now()
    await derive('argon2id', { ...cost, message, secret, nonce: randomBytes(16) })
    tookMs.push(performance.now() - startedMs)
  }
  return median(tookMs)
}

process.on('message', async () => process.send?.({ perSecond: await round(), aloneMs: await alone() }))
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
