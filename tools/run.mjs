#!/usr/bin/env node
// The one file that must run on whatever Node a person has (20 or later): it installs what is pinned, once, and
// then hands over to the pinned Node.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [task, ...args] = process.argv.slice(2)

const stamp = join(root, 'node_modules', '.installed')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
const node = join(root, 'node_modules', 'node', 'bin', 'node')

if (installed !== wanted || !existsSync(node)) {
  console.error('Installing the pinned dependencies (once; about half a minute) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0 || !existsSync(node)) {
    console.error(
      'The installation failed; what npm says is above. Check the network, then run the same command again.',
    )
    process.exit(1)
  }
  // Compiled once, here, so that the first start does not have to.
  spawnSync(node, [join(root, 'server', 'main.ts'), 'config'], { cwd: root, stdio: 'ignore' })
  writeFileSync(stamp, wanted)
}

const child = spawn(node, [join(root, 'tools', `${task}.ts`), ...args], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
})
// From a terminal the child gets the signal itself; from elsewhere it comes only here. Either way the child decides when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
