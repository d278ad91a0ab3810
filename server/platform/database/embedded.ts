import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Log } from '../telemetry/log.ts'
import { madeAhead } from './embedded/ahead.ts'
import { embeddedInstallation } from './embedded/installation.ts'
import type { Keeper } from './embedded/server-of.ts'
import { supervise } from './embedded/supervise.ts'

/** A PostgreSQL server of this process's own. */
export type Embedded = {
  /** As the owner of the database, for migrations. */
  readonly url: string
  /** As the application, for everything else: a session of its own role, which nothing said over SQL can make the owner's. */
  readonly applicationUrl: string
  /** The number of the server process; null while it is down and about to be started again. */
  pid(): number | null
  /** Ends it cleanly. May be called twice. */
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  readonly dataFolder: string
  readonly log: Log
  /** Who uses it; `server` unless said. */
  readonly keeper?: Keeper
}

/**
 * Starts the database that comes with Custodia, in `<dataFolder>/postgres`; the first start takes about a second. If it
 * ends by itself it is started again; if this process ends in any way, the database ends too. One that a command keeps is waited for.
 *
 * @throws EmbeddedError, whose message says what to do.
 */
export async function startEmbedded({ dataFolder, log, keeper = 'server' }: EmbeddedOptions): Promise<Embedded> {
  const folder = resolve(dataFolder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await madeAhead(folder)
  return await supervise({ installation: embeddedInstallation(), dataFolder: folder, log, keeper })
}
