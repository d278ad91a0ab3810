import { readFileSync } from 'node:fs'
import { exitCodes } from './command.ts'
import { commands } from './commands.ts'
import { run } from './run.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

// Whoever reads our output may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  process.exitCode = await run(process.argv.slice(2), commands, {
    out: process.stdout,
    err: process.stderr,
    environment: process.env,
    version,
  })
} catch (fault) {
  // Node's own code for this would be 1, which says that a ledger is wrong.
  console.error(fault)
  process.exitCode = exitCodes.usage
}
