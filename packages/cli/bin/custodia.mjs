#!/usr/bin/env node
// Starts the command under the Node that Custodia brings along: an older one, as systems have it, can't run its files.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const main = join(here, '../src/main.ts')

if (Number(process.versions.node.split('.')[0]) >= 26) {
  await import(main)
} else {
  const own = findUp(here, 'node_modules/.bin/node')
  if (own === null) {
    console.error('custodia: this needs Node 26, which `npm ci` brings along: node_modules/.bin/node is missing.')
    process.exit(2)
  }
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends its interrupt to the child as well; passed on, it would arrive twice.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  child.on('error', (error) => {
    console.error(`custodia: ${error.message}`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function findUp(from, path) {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path)
    if (folder === dirname(folder)) return null
  }
}
