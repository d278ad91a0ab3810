import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCheckpoint } from './checkpoint.ts'
import { leafHash, rootOf } from './merkle.ts'
import { formatVerifierKey, parseVerifierKey, signNote } from './note.ts'
import { formatBundle, levelSize } from './tile.ts'
import type { LedgerSource, Verification } from './verify-ledger.ts'
import { verifyLedger } from './verify-ledger.ts'

const sha256 = (message: Uint8Array) => new Uint8Array(createHash('sha256').update(message).digest())
const signerFor = (name: string) => {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = new Uint8Array(Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  return { name, publicKey, sign: (message: Uint8Array) => sign(null, message, pair.privateKey) }
}
const signer = signerFor('log.example.test')
const key = await parseVerifierKey(await formatVerifierKey(signer.name, signer.publicKey))

/** A ledger whose every stored byte can be tampered with before it is served. */
class Stored implements LedgerSource {
  entriesStored: (Uint8Array | null)[]
  levels: Uint8Array[][] = []
  signed = ''
  private constructor(entries: Uint8Array[]) {
    this.entriesStored = [...entries]
  }
  static async of(size: number, name = (i: number) => `entry ${i}`): Promise<Stored> {
    const stored = new Stored(Array.from({ length: size }, (_, i) => new TextEncoder().encode(name(i))))
    let level = await Promise.all(stored.entriesStored.map((entry) => leafHash(entry as Uint8Array, sha256)))
    stored.signed = await checkpointOf(size, await rootOf(level, sha256))
    for (; level.length > 0; ) {
      stored.levels.push(level)
      const full = levelSize(level.length, 1)
      const roots = Array.from({ length: full }, (_, i) => rootOf(level.slice(i * 256, i * 256 + 256), sha256))
      level = await Promise.all(roots)
    }
    return stored
  }
  async checkpoint() {
    return this.signed
  }
  async tile(level: number, index: number, width: number): Promise<Uint8Array | null> {
    const hashes = this.levels[level]?.slice(index * 256, index * 256 + width) ?? []
    return hashes.length === width ? new Uint8Array(Buffer.concat(hashes)) : null
  }
  async entries(index: number, width: number): Promise<Uint8Array | null> {
    const entries = this.entriesStored.slice(index * 256, index * 256 + width)
    return formatBundle(entries.map((entry) => entry ?? new Uint8Array()))
  }
}

const checkpointOf = (size: number, root: Uint8Array, by = signer) =>
  signNote(formatCheckpoint({ origin: 'log.example.test', size, root, extensions: [] }), by)
const verify = (source: LedgerSource, earlier: string[] = []) => verifyLedger({ source, key, earlier, sha256 })
const kinds = (verification: Verification) => verification.findings.map(({ kind, index }) => [kind, index])
const flip = (bytes: Uint8Array | null | undefined, at = 0) => {
  const copy = (bytes as Uint8Array).slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

test('a sound ledger of any size has no findings, and each of its former checkpoints is where it begins', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1500 }), fc.nat(1500), async (size, before) => {
      const earlier = await Stored.of(Math.min(size, before))
      const checked: number[] = []
      const source = await Stored.of(size)
      const onProgress = (done: number) => checked.push(done)
      const result = await verifyLedger({ source, key, earlier: [earlier.signed], sha256, onProgress })
      assert.deepEqual(result.findings, [])
      assert.equal(result.checkpoint?.size, size)
      assert.equal(result.complete, true)
      assert.equal(checked.at(-1) ?? 0, size)
    }),
    { numRuns: 25 },
  )
})

test('an entry that was changed is named, wherever it stands', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.nat(), async (size, pick) => {
      const ledger = await Stored.of(size)
      const index = pick % size
      ledger.entriesStored[index] = flip(ledger.entriesStored[index], pick % 5)
      assert.deepEqual(kinds(await verify(ledger)), [['entry-changed', index]])
    }),
    { numRuns: 25 },
  )
})

test('an entry that is gone is named: left empty, or with all the others moved up', async () => {
  for (const index of [0, 5, 255, 256, 299]) {
    const empty = await Stored.of(300)
    empty.entriesStored[index] = null
    assert.deepEqual(kinds(await verify(empty)), [['entry-missing', index]])
    const moved = await Stored.of(300)
    const entries = moved.entries.bind(moved)
    moved.entries = async (bundle, width) => {
      if (bundle !== Math.floor(index / 256)) return entries(bundle, width)
      const left = moved.entriesStored.slice(bundle * 256, bundle * 256 + width).filter((_, i) => i !== index % 256)
      return formatBundle(left as Uint8Array[])
    }
    assert.deepEqual(kinds(await verify(moved)), [['entry-missing', index]])
  }
})

test('entries in each other’s place are named as such, also across bundles', async () => {
  for (const [a, b] of [
    [3, 4],
    [0, 299],
  ] as const) {
    const ledger = await Stored.of(300)
    const { entriesStored: entries } = ledger
    ;[entries[a], entries[b]] = [entries[b] as Uint8Array, entries[a] as Uint8Array]
    const { findings } = await verify(ledger)
    assert.deepEqual(
      findings.map(({ kind, index, other }) => ({ kind, index, other })),
      [{ kind: 'entries-swapped', index: a, other: b }],
    )
  }
})

test('a stored hash that was changed is named at every level, and no entry is blamed', async () => {
  const ledger = await Stored.of(65_536 + 300)
  for (const [level, index] of [
    [0, 7],
    [1, 256],
    [2, 0],
  ] as const) {
    const hashes = ledger.levels[level] as Uint8Array[]
    const right = hashes[index] as Uint8Array
    hashes[index] = flip(right)
    assert.deepEqual(kinds(await verify(ledger)), [['tile-changed', index * 256 ** level]])
    hashes[index] = right
  }
})

test('an entry changed together with its leaf hash is found in its group of 256', async () => {
  const ledger = await Stored.of(600)
  ledger.entriesStored[300] = flip(ledger.entriesStored[300])
  ;(ledger.levels[0] as Uint8Array[])[300] = await leafHash(ledger.entriesStored[300], sha256)
  const { findings } = await verify(ledger)
  assert.deepEqual(
    findings.map(({ kind, index, count }) => ({ kind, index, count })),
    [{ kind: 'entry-changed', index: 256, count: 256 }],
  )
})

test('a tile that is missing is named, and so is a bundle', async () => {
  const ledger = await Stored.of(600)
  const tile = ledger.tile.bind(ledger)
  ledger.tile = async (level, index, width) => (level === 0 && index === 1 ? null : tile(level, index, width))
  assert.deepEqual(kinds(await verify(ledger)), [['tile-missing', 256]])
  const other = await Stored.of(300)
  const entries = other.entries.bind(other)
  other.entries = async (index, width) => (index === 1 ? null : entries(index, width))
  const found = await verify(other)
  assert.equal(found.findings.length, 44)
  assert.deepEqual(kinds(found)[0], ['entry-missing', 256])
})

test('a signature that another key made, a changed note and a checkpoint of another log are refused', async () => {
  const ledger = await Stored.of(10)
  const good = ledger.signed
  const root = new Uint8Array(32)
  const forged = await checkpointOf(10, root, signerFor('log.example.test'))
  const foreign = await signNote(formatCheckpoint({ origin: 'other', size: 10, root, extensions: [] }), signer)
  for (const signed of [forged, foreign, good.replace('\n10\n', '\n11\n')]) {
    ledger.signed = signed
    const result = await verify(ledger)
    assert.deepEqual(kinds(result), [['signature-invalid', undefined]])
    assert.equal(result.checkpoint, null)
    ledger.signed = good
    assert.deepEqual(kinds(await verify(ledger, [signed])), [['signature-invalid', undefined]])
  }
  for (const signed of ['', 'x', good.slice(0, -1)]) {
    ledger.signed = signed
    assert.deepEqual(kinds(await verify(ledger)), [['checkpoint-malformed', undefined]])
  }
})

test('a checkpoint that was signed for another tree does not fit this one', async () => {
  const ledger = await Stored.of(300)
  ledger.signed = (await Stored.of(300, (i) => `other ${i}`)).signed
  assert.deepEqual(kinds(await verify(ledger)), [['root-mismatch', undefined]])
})

test('a ledger that was rolled back is shorter than what was signed before', async () => {
  const { findings } = await verify(await Stored.of(200), [(await Stored.of(300)).signed])
  assert.deepEqual(
    findings.map(({ kind, index, count }) => ({ kind, index, count })),
    [{ kind: 'tree-truncated', index: 200, count: 100 }],
  )
})

test('a ledger that was rewritten and signed anew is inconsistent with what was signed before, and between which', async () => {
  const rewritten = await Stored.of(700, (i) => (i === 400 ? 'forged' : `entry ${i}`))
  const earlier = await Promise.all([300, 600, 100, 700, 0].map(async (size) => (await Stored.of(size)).signed))
  const { findings } = await verify(rewritten, earlier)
  assert.deepEqual(
    findings.map(({ kind, index, count }) => ({ kind, index, count })),
    [{ kind: 'inconsistent-with-earlier', index: 300, count: 300 }],
  )
})

test('a ledger full of faults ends the search in time', async () => {
  const ledger = await Stored.of(600, (i) => `entry ${i}`)
  ledger.entriesStored = ledger.entriesStored.map((entry) => flip(entry))
  const result = await verifyLedger({ source: ledger, key, sha256, maxFindings: 10 })
  assert.equal(result.findings.length, 10)
  assert.equal(result.complete, false)
})

test('a verification that is called off stops', async () => {
  const source = await Stored.of(300)
  await assert.rejects(verifyLedger({ source, key, sha256, signal: AbortSignal.abort() }), { name: 'AbortError' })
})
