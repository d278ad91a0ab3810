import { existsSync, mkdirSync } from 'node:fs'
import { accountFor } from './account.ts'
import { clusterIn, ensureCluster } from './cluster.ts'
import { embeddedInstallation } from './installation.ts'

type Begun = { readonly made: Promise<void>; readonly abandoned: AbortController }

const begun = new Map<string, Begun>()

/**
 * Begins to make the cluster of a first start; where there is one, nothing. What goes wrong is thrown by `madeAhead`.
 *
 * @param dataFolder absolute.
 */
export function makeAhead(dataFolder: string): void {
  if (existsSync(clusterIn(dataFolder))) return
  const abandoned = new AbortController()
  const made = make(dataFolder, abandoned.signal)
  made.catch(() => {})
  begun.set(dataFolder, { made, abandoned })
}

async function make(dataFolder: string, signal: AbortSignal): Promise<void> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const installation = embeddedInstallation()
  const folder = clusterIn(dataFolder)
  const account = accountFor(dataFolder, folder, installation.binaries)
  await ensureCluster({ installation, account, folder, syncNewFiles: true, signal })
}

/** Resolves when what was begun for this folder is done, at once where nothing was. @throws EmbeddedError. */
export async function madeAhead(dataFolder: string): Promise<void> {
  await begun.get(dataFolder)?.made
}

/** Ends what is still under way, and takes away what it has made so far. */
export async function abandonAhead(): Promise<void> {
  for (const { made, abandoned } of begun.values()) {
    abandoned.abort()
    await made.catch(() => {})
  }
  begun.clear()
}
