import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { clusterIn } from './cluster.ts'
import { owner } from './owner.ts'
import { serverOf } from './server-of.ts'
import { socketUrl } from './socket-folder.ts'

/**
 * The connection to the database that another process of this machine keeps on `dataFolder`, for commands beside a running
 * server. Null where there is none.
 */
export function runningEmbedded(dataFolder: string): string | null {
  const server = serverOf(clusterIn(resolve(dataFolder)))
  return server?.ready ? socketUrl(server.socketFolder, owner, owner) : null
}

/** How long a server may take until commands can work beside it. */
const readyMs = 10_000

/**
 * As `runningEmbedded`, for a command: waits for a server that is starting. What another command keeps ends with that one, and
 * is joined by nobody.
 */
export async function joinEmbedded(dataFolder: string): Promise<string | null> {
  const startedAt = performance.now()
  for (;;) {
    const server = serverOf(clusterIn(resolve(dataFolder)))
    if (server === null || server.ending || server.byCommand) return null
    const url = runningEmbedded(dataFolder)
    if (url !== null && (await isMade(url))) return url
    if (performance.now() - startedAt > readyMs) return null
    await pause(20)
  }
}

/** SQLSTATE of a role and of a database that do not exist (yet). */
const missing = new Set(['28000', '3D000'])

/** False between the server's first start and the moment when its database is there. */
async function isMade(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: readyMs })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    // Whatever else is wrong is told to whoever works with it.
    return !missing.has((error as { code?: string }).code ?? '')
  } finally {
    await client.end().catch(() => {})
  }
}
