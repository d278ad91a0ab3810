import type { Instance } from './instance.ts'
import { configuration, startInstance } from './instance.ts'
import { createLogger } from './platform/telemetry/logger.ts'

/** Starts the installation for one command, beside a server that runs or without one, and stops it in any case. */
export async function withInstance(work: (instance: Instance) => Promise<void>): Promise<void> {
  const log = createLogger({ level: 'error', destination: process.stderr })
  const instance = await startInstance(configuration(), log, 'command')
  try {
    await work(instance)
  } finally {
    await instance.stop()
  }
}
