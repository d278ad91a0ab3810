import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { formatVerifierKey } from '@custodia/wire/ledger/note.ts'
import { formatBundle, splitBundle } from '@custodia/wire/ledger/tile.ts'
import { custodia } from '../testing.ts'
import { edit, entriesOf, newLog, writeLedger } from './testing.ts'

const log = newLog()
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

async function ledgerOf(entries: readonly string[] = entriesOf(300), by = log): Promise<string> {
  const folder = await writeLedger(by, entries)
  folders.push(folder)
  return folder
}

async function findings(folder: string, ...options: string[]) {
  const { code, out } = await custodia(['ledger', 'verify', folder, '--json', ...options])
  const result = JSON.parse(out)
  return {
    code,
    ok: result.ok,
    kinds: result.findings?.map((one: { kind: string; index?: number }) => [one.kind, one.index]),
  }
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at] = (bytes[at] as number) ^ 1
  return bytes
}
const firstBundle = 'tile/entries/000'
const lastBundle = 'tile/entries/001.p/44'
const entries = (change: (all: Uint8Array[]) => Uint8Array[]) => (bytes: Buffer) =>
  Buffer.from(formatBundle(change(splitBundle(bytes))))

describe('custodia ledger verify, on a folder', () => {
  it('says that all entries are as they were signed for', async () => {
    for (const size of [0, 1, 256, 300]) {
      const { code, out, err } = await custodia(['ledger', 'verify', await ledgerOf(entriesOf(size))])
      assert.equal(out, `All ${size} entries of log.example.test are as they were signed for.\n`)
      assert.equal(code, 0)
      assert.match(err, /^Trusting the key that the ledger offers: log\.example\.test\+/)
    }
  })

  it('trusts only the key that it is given', async () => {
    const folder = await ledgerOf()
    const own = readFileSync(join(folder, 'verifier'), 'utf8').trim()
    const { code, err } = await custodia(['ledger', 'verify', folder, '--key', own])
    assert.deepEqual([code, err], [0, ''])
    const { publicKey } = newLog()
    const other = await formatVerifierKey('log.example.test', publicKey)
    assert.deepEqual(await findings(folder, '--key', other), {
      code: 1,
      ok: false,
      kinds: [['signature-invalid', undefined]],
    })
  })

  it('finds a ledger that was replaced as a whole, key and all, when it is given the key', async () => {
    const key = readFileSync(join(await ledgerOf(), 'verifier'), 'utf8')
    const replaced = await ledgerOf(entriesOf(300), newLog())
    assert.equal((await findings(replaced)).code, 0, 'without the key nothing shows')
    assert.equal((await findings(replaced, '--key', key)).code, 1)
  })

  type Damage = [what: string, damage: (folder: string) => void, kinds: [string, number | undefined][]]
  const damages: Damage[] = [
    ['an entry that was changed', (f) => edit(f, firstBundle, flip(12)), [['entry-changed', 1]]],
    [
      'the last entry changed',
      (f) =>
        edit(
          f,
          lastBundle,
          entries((all) => [...all.slice(0, 43), Buffer.from('{"n":"299"}')]),
        ),
      [['entry-changed', 299]],
    ],
    [
      'an entry that is gone',
      (f) =>
        edit(
          f,
          firstBundle,
          entries((all) => all.toSpliced(5, 1)),
        ),
      [['entry-missing', 5]],
    ],
    [
      'two entries in each other’s place',
      (f) =>
        edit(
          f,
          lastBundle,
          entries(([a, b, ...rest]) => [b as Uint8Array, a as Uint8Array, ...rest]),
        ),
      [['entries-swapped', 256]],
    ],
    ['a hash that was changed', (f) => edit(f, 'tile/0/000', flip(32 * 7)), [['tile-changed', 7]]],
    ['a hash of the upper level that was changed', (f) => edit(f, 'tile/1/000.p/1', flip(0)), [['tile-changed', 0]]],
    ['a tile that is gone', (f) => rmSync(join(f, 'tile/0/000')), [['tile-missing', 0]]],
    ['a tile that was cut', (f) => edit(f, 'tile/0/001.p/44', (bytes) => bytes.subarray(1)), [['tile-missing', 256]]],
    [
      'a checkpoint whose size was changed',
      (f) => edit(f, 'checkpoint', (b) => `${b}`.replace('\n300\n', '\n299\n')),
      [['signature-invalid', undefined]],
    ],
    [
      'a checkpoint without a signature',
      (f) => edit(f, 'checkpoint', (b) => `${b}`.split('\n\n')[0] ?? ''),
      [['checkpoint-malformed', undefined]],
    ],
    ['a checkpoint that is empty', (f) => edit(f, 'checkpoint', () => ''), [['checkpoint-malformed', undefined]]],
  ]
  for (const [what, damage, kinds] of damages) {
    it(`names ${what}`, async () => {
      const folder = await ledgerOf()
      damage(folder)
      assert.deepEqual(await findings(folder), { code: 1, ok: false, kinds })
    })
  }

  it('names every entry of a bundle that is gone', async () => {
    const folder = await ledgerOf()
    rmSync(join(folder, lastBundle))
    const { code, kinds } = await findings(folder)
    assert.equal(code, 1)
    assert.deepEqual(
      kinds,
      Array.from({ length: 44 }, (_, at) => ['entry-missing', 256 + at]),
    )
  })

  it('names a checkpoint that is signed for another tree', async () => {
    const folder = await ledgerOf()
    const other = await ledgerOf(entriesOf(300).with(17, 'forged'))
    writeFileSync(join(folder, 'checkpoint'), readFileSync(join(other, 'checkpoint')))
    assert.deepEqual(await findings(folder), { code: 1, ok: false, kinds: [['root-mismatch', undefined]] })
  })

  it('tells a person the finding in a sentence, twenty at most', async () => {
    const folder = await ledgerOf()
    edit(folder, firstBundle, flip(12))
    const one = await custodia(['ledger', 'verify', folder])
    assert.equal(
      one.out,
      'This ledger can not be trusted: 1 finding.\n  entry-changed: Entry 1 is not the one that was recorded.\n',
    )
    rmSync(join(folder, lastBundle))
    const many = await custodia(['ledger', 'verify', folder])
    assert.match(many.out, /45 findings\.\n(?: {2}entry-.*\n){20} {2}and 25 more: --json shows them\.\n$/)
  })

  it('fails, and does not accuse, where the folder can not be read', async () => {
    const folder = await ledgerOf()
    rmSync(join(folder, 'checkpoint'))
    assert.equal((await custodia(['ledger', 'verify', folder])).code, 3)
    assert.equal((await custodia(['ledger', 'verify', join(folder, 'nothing')])).code, 3)
  })

  it('takes a damaged key of the folder for a failed verification, and a mistyped one for a mistake', async () => {
    const folder = await ledgerOf()
    edit(folder, 'verifier', flip(3))
    assert.equal((await custodia(['ledger', 'verify', folder])).code, 1)
    assert.equal((await custodia(['ledger', 'verify', folder, '--key', 'nonsense'])).code, 2)
  })
})

describe('custodia ledger verify --remember', () => {
  const seenIn = (folder: string) => join(folder, '..', `${folder.split('/').at(-1)}.seen`)
  const remembering = async (folder: string, file: string) => findings(folder, '--remember', file)

  it('remembers what was verified, and accepts a ledger that has grown', async () => {
    const folder = await ledgerOf(entriesOf(100))
    const file = seenIn(folder)
    folders.push(file)
    assert.equal((await remembering(folder, file)).code, 0)
    const remembered = JSON.parse(readFileSync(file, 'utf8'))
    assert.equal(remembered.checkpoint, readFileSync(join(folder, 'checkpoint'), 'utf8'))
    assert.equal((await remembering(await ledgerOf(entriesOf(300)), file)).code, 0)
    assert.match(JSON.parse(readFileSync(file, 'utf8')).checkpoint, /\n300\n/)
  })

  it('finds a ledger that was cut, rewritten or signed by another key, and goes on remembering the right one', async () => {
    const file = seenIn(await ledgerOf(entriesOf(1)))
    folders.push(file)
    await remembering(await ledgerOf(), file)
    const before = readFileSync(file, 'utf8')
    const cases = [
      [await ledgerOf(entriesOf(299)), 'tree-truncated'],
      [await ledgerOf(entriesOf(400).with(3, 'forged')), 'inconsistent-with-earlier'],
      [await ledgerOf(entriesOf(300), newLog()), 'signature-invalid'],
    ] as const
    for (const [folder, kind] of cases) {
      const { code, kinds } = await remembering(folder, file)
      assert.deepEqual([code, kinds[0][0]], [1, kind])
      assert.equal(readFileSync(file, 'utf8'), before)
    }
  })

  it('trusts the key that it remembers, and not the one that the ledger offers now', async () => {
    const folder = await ledgerOf()
    const file = seenIn(folder)
    folders.push(file)
    await remembering(folder, file)
    const { key } = JSON.parse(readFileSync(file, 'utf8'))
    edit(folder, 'verifier', () => 'somebody else')
    const { code, out } = await custodia(['ledger', 'verify', folder, '--json', '--remember', file])
    const result = JSON.parse(out)
    assert.deepEqual([code, result.key, result.keySource], [0, key, 'remembered'])
  })

  it('does not begin anew where the file is not one of its own', async () => {
    const folder = await ledgerOf(entriesOf(3))
    const file = seenIn(folder)
    folders.push(file)
    for (const content of ['', '{}', 'null', '{"key":1,"checkpoint":"x"}', '[]']) {
      writeFileSync(file, content)
      assert.equal((await custodia(['ledger', 'verify', folder, '--remember', file])).code, 2)
      assert.equal(readFileSync(file, 'utf8'), content)
    }
  })

  it('remembers nothing of a ledger that is wrong', async () => {
    const folder = await ledgerOf()
    edit(folder, firstBundle, flip(12))
    await remembering(folder, seenIn(folder))
    assert.equal(existsSync(seenIn(folder)), false)
  })
})
