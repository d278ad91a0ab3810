import { argon2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { config } from '../../server/identity/parts.ts'

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

process.on('message', () => void round().then((perSecond) => process.send?.({ perSecond })))
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
