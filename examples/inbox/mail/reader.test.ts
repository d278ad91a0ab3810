import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createReader } from './reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-reader-'))
after(() => rmSync(folder, { recursive: true }))

/** A thread that does what its message says: a real one, since only such can hang or run out of memory. */
const thread = join(folder, 'thread.mjs')
writeFileSync(
  thread,
  `import { parentPort } from 'node:worker_threads'
  const acts = {
    hang: () => { for (;;); },
    fill: () => { const all = []; for (;;) all.push(Array.from({ length: 1000 }, () => ({ })) ) },
    fail: () => { throw new Error('secret words of a mail') },
    leave: () => process.exit(0),
    read: () => parentPort.postMessage({ message: 'read' }),
  }
  parentPort.on('message', (raw) => acts[Buffer.from(raw).toString()]())`,
)
const open = () => createReader({ thread: pathToFileURL(thread), memoryMb: 16 })

describe('the reader', () => {
  it('reads one message after the other on one thread', async () => {
    const reader = createReader()
    const raws = ['one', 'two', 'three'].map((subject) => Buffer.from(`Subject: ${subject}\r\n\r\nx`))
    const parsed = await Promise.all(raws.map((raw) => reader.read(raw)))
    await reader.close()
    assert.deepEqual(
      parsed.map((one) => ('message' in one ? one.message.subject : one.problem)),
      ['one', 'two', 'three'],
    )
  })

  for (const [act, problem] of [
    ['fill', 'TOO_COSTLY'],
    ['fail', 'UNREADABLE'],
    ['leave', 'UNREADABLE'],
  ] as const)
    it(`goes on with the next message after one that makes its thread ${act}`, async () => {
      const reader = open()
      assert.deepEqual(await reader.read(Buffer.from(act)), { problem })
      assert.deepEqual(await reader.read(Buffer.from('read')), { message: 'read' })
      await reader.close()
    })

  it('stops a thread that hangs when its time is over, and goes on', async () => {
    const reader = createReader({ thread: pathToFileURL(thread), readMs: 300 })
    assert.deepEqual(await reader.read(Buffer.from('hang')), { problem: 'TOO_SLOW' })
    await reader.close()
    const next = open()
    assert.deepEqual(await next.read(Buffer.from('read')), { message: 'read' })
    await next.close()
  })
})
