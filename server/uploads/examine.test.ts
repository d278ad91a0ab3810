import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import { examiner } from './examine.ts'

const none = new AbortController().signal
const off = { context: { config: { scanner: 'off' } }, scan: null }

test('two files are in memory at once, however many wait', async () => {
  const examine = examiner(off)
  let open = 0
  let most = 0
  const read = async () => {
    most = Math.max(most, ++open)
    return Buffer.from('words')
  }
  const asked = Array.from({ length: 6 }, () =>
    examine(read, 'a.txt', usualPolicy, none).finally(() => {
      open -= 1
    }),
  )
  const verdicts = (await Promise.all(asked)).map(({ verdict }) => verdict)
  assert.deepEqual([most, new Set(verdicts)], [2, new Set(['taken'])])
})

test('a file that cannot be read gives its place to the next', async () => {
  const examine = examiner(off)
  const fail = () => Promise.reject(new Error('gone'))
  for (let tries = 0; tries < 4; tries += 1) await assert.rejects(examine(fail, 'a.txt', usualPolicy, none), /gone/)
  assert.equal((await examine(async () => Buffer.from('x'), 'a.txt', usualPolicy, none)).verdict, 'taken')
})

test('nothing is found good for whoever went away, nor where the scanner is not set up', async () => {
  const gone = AbortSignal.abort()
  const never = () => Promise.reject(new Error('it was read'))
  assert.equal((await examiner(off)(never, 'a.txt', usualPolicy, gone)).verdict, 'unsure')
  const unset = examiner({ context: { config: { scanner: 'clamd' } }, scan: null })
  assert.equal((await unset(never, 'a.txt', usualPolicy, none)).verdict, 'unsure')
  const late = new AbortController()
  const slow = examiner({
    ...off,
    scan: async () => {
      late.abort()
      return { verdict: 'clean' }
    },
  })
  assert.equal((await slow(async () => Buffer.from('x'), 'a.txt', usualPolicy, late.signal)).verdict, 'unsure')
})
