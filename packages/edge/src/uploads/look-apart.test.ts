import assert from 'node:assert/strict'
import processes from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { lookApart, usualBounds } from './look-apart.ts'
import { usualPolicy } from './policy.ts'

const png = readFileSync(new URL('samples/images/benign.png', import.meta.url))
const task = (bytes: Uint8Array, name: string) => ({ bytes, name, policy: usualPolicy })
const reason = async (...given: Parameters<typeof lookApart>) => {
  const finding = await lookApart(...given)
  return finding.taken ? null : finding.reason
}

test('a process of its own finds what is found in this one', async () => {
  const finding = await lookApart(task(png, 'a.png'))
  assert.ok(finding.taken && finding.remade !== null)
  assert.deepEqual(
    { ...finding, remade: null },
    { taken: true, kind: 'png', mediaType: 'image/png', name: 'a.png', flags: [], remade: null },
  )
  assert.equal(await reason(task(png, 'a.jpg')), 'content-mismatch')
})

test('it ends when its time is over, when it takes too much, and when nobody waits any more', async () => {
  assert.equal(await reason(task(png, 'a.png'), { ...usualBounds, timeoutSeconds: 0.001 }), 'too-slow')
  const hungry = gzipSync(Buffer.alloc(60_000_000, Buffer.from(Array.from({ length: 9_973 }, (_, i) => (i * i) % 256))))
  assert.equal(await reason(task(hungry, 'a.gz'), { ...usualBounds, maxMemoryBytes: 20_000_000 }), 'too-much-memory')
  assert.equal(await reason(task(png, 'a.png'), usualBounds, AbortSignal.abort()), 'looking-failed')
})

test('no process is started for what its size or its name rules out anyway', async () => {
  // Too little for any process.
  const bounds = { ...usualBounds, timeoutSeconds: 0.001 }
  const small = { ...usualPolicy, maxBytes: 10 }
  assert.equal(await reason({ bytes: png, name: 'a.png', policy: small }, bounds), 'too-large')
  for (const [bytes, name, why] of [
    [new Uint8Array(), 'a.png', 'empty'],
    [png, '', 'name-unusable'],
    [png, 'a.exe', 'extension-unknown'],
    [png, 'a.svg', 'kind-not-allowed'],
  ] as const)
    assert.equal(await reason(task(bytes, name), bounds), why)
})

const children = `/proc/self/task/${process.pid}/children`

test('a process that somebody else ends says nothing about the file, until it is two of them', {
  skip: existsSync(children) ? false : 'only Linux says which processes are ours',
}, async (t) => {
  const ended = new Set<string>()
  /** Ends what was begun since it was called last, as Ctrl-C in a terminal and the stop of a service do. */
  const endNew = (signal: NodeJS.Signals) => {
    const fresh = (readFileSync(children, 'latin1').match(/\d+/g) ?? []).filter((child) => !ended.has(child))
    for (const child of fresh) {
      ended.add(child)
      process.kill(Number(child), signal)
    }
  }
  // The second has what is left of the time: too little for any process. The first does nothing with its own.
  const late = lookApart(task(png, 'a.png'), { ...usualBounds, timeoutSeconds: 0.5 })
  const first = readFileSync(children, 'latin1').match(/\d+/g)?.at(-1)
  assert.ok(first !== undefined)
  process.kill(Number(first), 'SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 480))
  endNew('SIGKILL')
  const { taken, ...why } = await late
  assert.deepEqual([taken, why], [false, { reason: 'too-slow' }])
  endNew('SIGKILL')

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const looking = lookApart(task(png, 'a.png'))
    endNew(signal)
    assert.ok((await looking).taken)
    endNew('SIGKILL')
  }

  // Each as soon as it is there: it has no time to look at anything, however late this process is.
  const { fork } = processes
  const forked = t.mock.method(processes, 'fork', (...given: Parameters<typeof fork>) => {
    const child = fork(...given)
    child.kill('SIGKILL')
    return child
  })
  syncBuiltinESMExports()
  t.after(() => {
    forked.mock.restore()
    syncBuiltinESMExports()
  })
  assert.equal(await reason(task(png, 'a.png')), 'looking-failed')
  assert.equal(forked.mock.callCount(), 2)
})
