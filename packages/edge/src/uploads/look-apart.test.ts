import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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
