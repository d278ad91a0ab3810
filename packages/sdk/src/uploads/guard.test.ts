import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { isCustodiaError } from '../errors.ts'
import { createUploadGuard } from './guard.ts'

const sample = (path: string) => readFileSync(new URL(`../../../edge/src/uploads/samples/${path}`, import.meta.url))

test('an application that keeps its own files has them looked at as Custodia does', async () => {
  const { examine } = createUploadGuard({ clamd: null })
  const image = await examine(Buffer.concat([sample('images/benign.png'), Buffer.from('<script>')]), '../a.png')
  assert.ok(image.verdict === 'taken')
  assert.deepEqual([image.name, image.mediaType], ['a.png', 'image/png'])
  assert.equal(Buffer.from(image.content).includes('<script>'), false)
  assert.deepEqual(await examine(sample('archives/slip.tar'), 'a.tar'), { verdict: 'refused', reason: 'archive-path' })
  assert.deepEqual(await examine(Buffer.alloc(0), 'a.txt'), { verdict: 'refused', reason: 'empty' })
})

test('a scanner that is not there is no clean answer', async () => {
  const { examine } = createUploadGuard({ clamd: 'unix:/nonexistent/clamd.sock' })
  assert.deepEqual(await examine(Buffer.from('text'), 'a.txt'), { verdict: 'unsure', why: 'unreachable' })
})

test('what is stopped is not known, neither before it began nor in the middle', async () => {
  const { examine } = createUploadGuard({ clamd: null })
  const unsure = { verdict: 'unsure', why: 'stopped' }
  const image = sample('images/benign.png')
  assert.deepEqual(await examine(image, 'a.png', AbortSignal.abort()), unsure)
  const stop = new AbortController()
  const examined = examine(image, 'a.png', stop.signal)
  setImmediate(() => stop.abort())
  assert.deepEqual(await examined, unsure)
})

test('wrong options are said at once', () => {
  const of = (field: string) => (error: unknown) =>
    isCustodiaError(error, 'CONFIGURATION_INVALID') && error.details.field === field
  assert.throws(() => createUploadGuard({ clamd: 'somewhere' }), of('clamd'))
  assert.throws(() => createUploadGuard({ clamd: null, policy: { kinds: ['html' as 'png'] } }), of('policy.kinds'))
})
