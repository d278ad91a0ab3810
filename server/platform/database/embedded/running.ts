import { join, resolve } from 'node:path'
import { owner } from './owner.ts'
import { serverOf } from './server-of.ts'
import { socketUrl } from './socket-folder.ts'

/**
 * The connection to the database that another process of this machine keeps on `dataFolder`, for commands beside a running
 * server. Null where there is none.
 */
export function runningEmbedded(dataFolder: string): string | null {
  const server = serverOf(join(resolve(dataFolder), 'postgres'))
  return server?.ready ? socketUrl(server.socketFolder, owner, owner) : null
}
