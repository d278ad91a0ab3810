import { resolve } from 'node:path'
import { platformContradictions, platformSettings } from './platform/config/platform-settings.ts'
import { readConfiguration } from './platform/config/read-configuration.ts'
import { makeAhead } from './platform/database/embedded/ahead.ts'

/**
 * A first start makes a database, which takes as long as loading the rest of the server: both at once. It reads only what it needs; what
 * is wrong in the configuration is told by the start, which reads all of it.
 */
export function makeDatabaseAhead(environment: NodeJS.ProcessEnv): void {
  let folder: string
  try {
    const { platform } = readConfiguration({
      tables: { platform: platformSettings },
      environment,
      partial: true,
      contradictions: (values) => platformContradictions(values.platform),
    }).values
    if (platform.databaseUrl !== null) return
    folder = resolve(platform.data)
  } catch {
    return
  }
  makeAhead(folder)
}
