import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Options of the tool: heads, bodies and readers that take their time. */
export const slow = {
  heads: ['-H', '-i', '1', '-x', '20'],
  bodies: ['-B', '-i', '1', '-x', '10', '-t', 'POST'],
  readers: ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '16', '-k', '3'],
} as const

/** One run of the tool, which opens all its connections within a second. */
export type SlowAttack = {
  readonly url: string
  readonly options: readonly string[]
  readonly connections: number
  readonly seconds: number
}

/**
 * Attacks with `slowhttptest`, everything at once, and holds the server to it that those who behave are served meanwhile, and that it soon
 * has rid itself of the attackers.
 *
 * @param on.serves what those who behave do, again and again.
 * @param on.connections how many the server holds, of attackers above all.
 * @param on.patienceMs what `serves` may take, without what the machine keeps everybody waiting.
 */
export async function withstands(
  attacks: readonly SlowAttack[],
  { serves, connections, patienceMs }: { serves(): Promise<void>; connections(): Promise<number>; patienceMs: number },
): Promise<void> {
  const running = attacks.map(attack)
  const beside = await startBeside()
  let over = false
  const all = Promise.all(running.map(({ ended }) => ended)).then(() => (over = true))
  let most = 0
  let slowestMs = 0
  while (!over) {
    slowestMs = Math.max(slowestMs, await beside.without(serves))
    most = Math.max(most, await connections())
    await pause(200)
  }
  await all
  beside.end()
  assert.ok(most >= attacks.reduce((sum, one) => sum + one.connections, 0) / 2, `it had only ${most} connections`)
  assert.ok(slowestMs < patienceMs, `somebody waited for ${slowestMs} ms`)
  for (const { url, available } of running) assert.deepEqual(available(), ['YES'], url)
  for (const until = Date.now() + 20_000; (await connections()) > 5; await pause(100))
    assert.ok(Date.now() < until, 'connections of the attack are held still')
}

/** For how many seconds the tool waits for an answer: it does not know what of that is the machine's doing. */
const toolsPatience = 10

/** @returns `available`: what the tool said of whether the server answers it, each word once. */
function attack({ url, options, connections, seconds }: SlowAttack) {
  const numbers = ['-c', connections, '-r', connections, '-l', seconds, '-p', toolsPatience].map(String)
  const tool = spawn('slowhttptest', [...options, '-u', url, ...numbers], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  tool.stdout.on('data', (chunk) => (output += chunk))
  const late = setTimeout(() => tool.kill('SIGKILL'), (seconds + 15) * 1_000)
  return {
    url,
    ended: once(tool, 'close').then(() => clearTimeout(late)),
    available: () => [
      ...new Set([...output.replaceAll(colours, '').matchAll(/service available: +(YES|NO)/g)].map(([, is]) => is)),
    ],
  }
}

const echo = `require('node:net').createServer((socket) => socket.on('error', () => {}).pipe(socket))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
/** What an answer of a process that does nothing else takes at most, where nobody keeps it waiting. */
const usualMs = 20

/** A process that nobody attacks and that answers at once: when it does not, the machine is at something else. */
async function startBeside() {
  const child = spawn(process.execPath, ['-e', echo], { stdio: ['ignore', 'pipe', 'inherit'] })
  const socket = connect(Number(await once(child.stdout, 'data')), '127.0.0.1').setNoDelay()
  await once(socket, 'connect')
  return {
    /** @returns how many milliseconds `act` takes, without those in which this process was kept waiting meanwhile. */
    async without(act: () => Promise<void>): Promise<number> {
      const startedMs = performance.now()
      let done = false
      const acting = act().finally(() => (done = true))
      let waitedMs = 0
      while (!done) {
        const askedMs = performance.now()
        socket.write('.')
        await once(socket, 'data')
        waitedMs += Math.max(0, performance.now() - askedMs - usualMs)
        await pause(usualMs)
      }
      await acting
      return performance.now() - startedMs - waitedMs
    },
    end() {
      socket.destroy()
      child.kill()
    },
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
const colours = /\u001b\[[\d;]*[A-Za-z]/g
