import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Builds the pages, unless they were built from these very sources already. */
export function buildConsole(root: string, say: (line: string) => void): void {
  const stamp = join(root, 'console/dist/.sources')
  const hash = createHash('sha256')
  for (const file of globSync(
    ['console/src/**/*', 'console/*.{html,ts,json}', 'packages/wire/src/**/*.ts', 'package-lock.json'],
    { cwd: root },
  ).sort())
    if (/\.\w+$/.test(file)) hash.update(file).update(readFileSync(join(root, file)))
  const sources = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return
  say('Building the pages …')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const built = spawnSync(process.execPath, [vite, 'build', 'console', '--logLevel', 'error'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new Error(`The pages could not be built:\n${built.stderr}${built.stdout}`)
  writeFileSync(stamp, sources)
}
