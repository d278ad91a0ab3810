import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readBreachedFilter } from './breached-filter.ts'
import { buildBreachedFilter } from './build-breached-filter.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-filter-'))
after(() => rmSync(folder, { recursive: true }))
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const shipped = readFileSync(here('common-passwords.filter'))
const listed = readFileSync(here('common-passwords.txt'), 'utf8').trimEnd().split('\n')
const build = async (text: string | Buffer) => {
  const file = join(folder, 'list.txt')
  writeFileSync(file, text)
  return await buildBreachedFilter(file)
}
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

test('the filter that is shipped is what the tool makes of the list beside it, to the byte', async () => {
  const built = await buildBreachedFilter(here('common-passwords.txt'))
  assert.deepEqual([built.entries, built.skipped], [10_000, 0])
  assert.ok(built.bytes.equals(shipped), 'run `node tools/breached-filter.ts`')
})

test('whatever is in the list is found, each of them', () => {
  const filter = readBreachedFilter(shipped)
  assert.equal(filter.entries, 10_000)
  for (const word of listed) assert.equal(filter.has(word), true, word)
})

test('of what is not in the list about one in 65,536 is taken for listed', () => {
  const filter = readBreachedFilter(shipped)
  let wrong = 0
  for (let n = 0; n < 1_000_000; n++) if (filter.has(`nobody chose ${n}`)) wrong += 1
  // 15.3 are expected; a Poisson variable exceeds 40 once in 10^7 times, and is below 2 once in 10^5.
  assert.ok(wrong >= 2 && wrong <= 40, `${wrong} in a million`)
})

test('lists of every size are found whole', async () => {
  for (const size of [0, 1, 2, 3, 4, 5, 7, 10, 33, 100, 1_000, 70_000]) {
    const words = Array.from({ length: size }, (_, n) => `word ${size} ${n}`)
    const built = await build(words.join('\n'))
    assert.equal(built.entries, size)
    const filter = readBreachedFilter(built.bytes)
    for (const word of words) assert.ok(filter.has(word), `${word} of ${size}`)
    // Two bytes a slot, 1.125 to 1.3 slots an entry.
    if (size >= 70_000) assert.ok(built.bytes.length < 3 * size, `${built.bytes.length} bytes`)
  }
})

test('an empty filter knows nothing', async () => {
  const filter = readBreachedFilter((await build('')).bytes)
  for (const word of ['', 'password', '0']) assert.equal(filter.has(word), false)
})

test('a list in other order, with repetitions and other line ends makes the same bytes', async () => {
  const one = await build('alpha\nbeta\ngamma\n')
  const other = await build('gamma\r\nbeta\r\n\r\nALPHA\r\nalpha\r\nbeta')
  assert.ok(one.bytes.equals(other.bytes))
  assert.equal(other.entries, 3)
})

test('a line of 40 hexadecimal digits is the SHA-1 of a password, with a count or without', async () => {
  const built = await build(`${sha1('Hunter2!').toUpperCase()}:17\n${sha1('tr0ub4dor')}\n`)
  const filter = readBreachedFilter(built.bytes)
  assert.equal(built.entries, 2)
  assert.deepEqual([filter.has('Hunter2!'), filter.has('tr0ub4dor'), filter.has('hunter2!')], [true, true, false])
})

test('what is no text, or longer than a password can be, is left out and counted', async () => {
  const built = await build(
    Buffer.concat([Buffer.from('fine\n'), Buffer.from([0xe9, 0x0a]), Buffer.from('x'.repeat(1_025))]),
  )
  assert.deepEqual([built.entries, built.skipped], [1, 2])
})

test('a list that is not there is refused', async () => {
  await assert.rejects(buildBreachedFilter(join(folder, 'none')), { code: 'ENOENT' })
})

test('a filter that is cut off, longer, changed or no filter is not read', () => {
  const changed = (at: number, value: number) => {
    const bytes = Buffer.from(shipped)
    bytes[at] = value
    return bytes
  }
  const cases: [string, Buffer, RegExp][] = [
    ['empty', Buffer.alloc(0), /not a filter/],
    ['a list', readFileSync(here('common-passwords.txt')), /not a filter/],
    ['cut off', shipped.subarray(0, -1), /cut off/],
    ['without its slots', shipped.subarray(0, 32), /cut off/],
    ['longer', Buffer.concat([shipped, Buffer.alloc(2)]), /longer/],
    ['another version', changed(7, 0x32), /not a filter/],
    ['a slot changed', changed(40, (shipped[40] as number) ^ 1), /changed/],
    ['no segments', Buffer.from(shipped).fill(0, 16, 20), /header/],
    ['segments too many', Buffer.from(shipped).fill(255, 16, 20), /header/],
    ['segments too large', changed(23, 19), /header/],
    ['entries too many', changed(12, 255), /header/],
  ]
  for (const [title, bytes, said] of cases) assert.throws(() => readBreachedFilter(bytes), said, title)
})
