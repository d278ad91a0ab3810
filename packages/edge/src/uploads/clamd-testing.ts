import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

export type TestClamd = {
  /** Its socket. */
  readonly path: string
  stop(): Promise<void>
}

/**
 * A real `clamd` on a socket of its own with one signature, the test string's, and nothing downloaded.
 *
 * @param found what the signature is made of, so that it stands in no file of this tree.
 */
export async function startClamd(found: Buffer): Promise<TestClamd> {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-clamd-'))
  const signatures = join(folder, 'signatures')
  mkdirSync(signatures)
  // clamav.net, "Extended signature format": name, any type of file, anywhere, as hex.
  writeFileSync(join(signatures, 'test.ndb'), `Eicar-Test-Signature:0:*:${found.toString('hex')}\n`)
  const path = join(folder, 'clamd.sock')
  const settings = [
    `LocalSocket ${path}`,
    `DatabaseDirectory ${signatures}`,
    `TemporaryDirectory ${folder}`,
    `User ${userInfo().username}`,
    'Foreground yes',
    'MaxThreads 2',
    'StreamMaxLength 30M',
    'AlertExceedsMax yes',
    'SelfCheck 0',
    'ConcurrentDatabaseReload no',
  ]
  writeFileSync(join(folder, 'clamd.conf'), `${settings.join('\n')}\n`)
  const child = spawn('clamd', ['--config-file', join(folder, 'clamd.conf')], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    await answers(path, () => child.exitCode !== null)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    path,
    async stop() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(path: string, hasEnded: () => boolean): Promise<void> {
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    if (hasEnded()) throw new Error('clamd ended')
    const said = await new Promise<string>((resolve) => {
      const socket = createConnection({ path })
      socket.once('error', () => resolve(''))
      socket.once('connect', () => socket.write('zPING\0'))
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data.toString())
      })
    })
    if (said === 'PONG\0') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('clamd does not answer')
}
