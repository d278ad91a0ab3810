import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { InlineHashes } from './inline-hashes.ts'

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`
const found = (page: string, pieceLength = 7) => {
  const hashes = new InlineHashes()
  const bytes = Buffer.from(page)
  for (let i = 0; i < bytes.length; i += pieceLength) hashes.read(bytes.subarray(i, i + pieceLength))
  return hashes.found()
}

it('finds inline scripts and styles, however the page comes in pieces', () => {
  const page = `<p>é</p><SCRIPT type="a>b">go("ü")\r\n</script ><style>p{}</style><script src="/app.js"></script><script>go("ü")\n</script>`
  for (const length of [1, 7, 1_000])
    assert.deepEqual(found(page, length), [
      { element: 'script', hash: hashOf('go("ü")\n') },
      { element: 'style', hash: hashOf('p{}') },
    ])
})

it('takes nothing from comments, of empty ones, and of one that does not end', () => {
  assert.deepEqual(found('<!-- <script>a()</script> --><script></script><script> </script><script>b()'), [])
})

it('reads no page that is larger than people write, no script that is longer, and not more than fifty', () => {
  assert.deepEqual(found(`<script>a()</script>${' '.repeat(2_100_000)}`, 65_536), [])
  assert.deepEqual(found(`<script>${'a'.repeat(300_000)}</script>`, 65_536), [])
  const many = Array.from({ length: 80 }, (_, i) => `<script>a(${i})</script>`).join('')
  assert.equal(found(many, 65_536).length, 50)
})

it('is not slowed down by what never ends', () => {
  const before = process.threadCpuUsage()
  for (const hostile of [
    '<script '.repeat(50_000),
    '<script a="'.repeat(50_000),
    '<!--'.repeat(100_000),
    '<style>'.repeat(50_000),
  ])
    found(hostile, 65_536)
  // Of the processor: whoever else is at work on this machine does not count.
  assert.ok(process.threadCpuUsage(before).user < 2_000_000)
})
