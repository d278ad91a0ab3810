import type { Mismatch } from './align-entries.ts'
import { alignEntries } from './align-entries.ts'
import type { Checkpoint } from './checkpoint.ts'
import { openCheckpoint } from './checkpoint.ts'
import type { Finding } from './finding.ts'
import { FormatError } from './format-error.ts'
import { Frontier, rootOfEdges } from './frontier.ts'
import { leafHash, rootOf } from './merkle.ts'
import type { VerifierKey } from './note.ts'
import type { Sha256 } from './sha256.ts'
import { sameBytes, webSha256 } from './sha256.ts'
import { levelSize, splitBundle, splitTile, tileWidth } from './tile.ts'

/** Where a ledger is read from: an address, a folder, a database. What is thrown ends the verification. */
export type LedgerSource = {
  checkpoint(): Promise<string>
  /** Null where there is no such tile. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>
  /** Null where there is no such bundle. */
  entries(index: number, width: number): Promise<Uint8Array | null>
}

export type VerifyOptions = {
  readonly source: LedgerSource
  readonly key: VerifierKey
  /** Signed checkpoints of this log that were kept elsewhere, in any order. */
  readonly earlier?: readonly string[]
  readonly sha256?: Sha256
  /** How many findings are enough, 1 to 100,000; 1,000 unless said. */
  readonly maxFindings?: number
  readonly signal?: AbortSignal
  onProgress?(checked: number, size: number): void
}

export type Verification = {
  readonly findings: readonly Finding[]
  /** What was verified against; null where it could not be trusted. */
  readonly checkpoint: Checkpoint | null
  /** False where it ended at `maxFindings`. */
  readonly complete: boolean
}

/**
 * Verifies a whole ledger: signature, tree, every entry, every tile, and that each earlier checkpoint is where it begins.
 *
 * It goes from the signed root down, so that a hash is compared only with one that is known to be right; where a tile is
 * not, the entries below are hashed to tell whether it or they were changed. Holds one tile per level and one bundle.
 */
export async function verifyLedger(options: VerifyOptions): Promise<Verification> {
  const findings: Finding[] = []
  const checkpoint = await open(await options.source.checkpoint(), options.key, 'The checkpoint', findings)
  if (checkpoint === null) return { findings, checkpoint, complete: true }
  const earlier: Checkpoint[] = []
  for (const signed of options.earlier ?? []) {
    const one = await open(signed, options.key, 'An earlier checkpoint', findings)
    if (one !== null) earlier.push(one)
  }
  const verifier = new Verifier(options, checkpoint, earlier, findings)
  const complete = await verifier.run()
  return { findings, checkpoint, complete }
}

async function open(signed: string, key: VerifierKey, what: string, findings: Finding[]): Promise<Checkpoint | null> {
  try {
    const checkpoint = await openCheckpoint(signed, key)
    if (checkpoint === null) {
      findings.push({ kind: 'signature-invalid', explanation: `${what} was not signed by ${key.name} for this log.` })
    }
    return checkpoint
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    findings.push({ kind: 'checkpoint-malformed', explanation: `${what} is ${error.message}.` })
    return null
  }
}

/** Thrown to leave the walk when there is enough to say. */
class Enough extends Error {}

class Verifier {
  readonly #source: LedgerSource
  readonly #options: VerifyOptions
  readonly #sha256: Sha256
  readonly #checkpoint: Checkpoint
  readonly #earlier: readonly Checkpoint[]
  readonly #findings: Finding[]
  readonly #mismatches: Mismatch[] = []
  readonly #frontier: Frontier
  /** Size of the last earlier tree that this one was seen to extend. */
  #consistentTo = 0
  #consistent = true

  constructor(options: VerifyOptions, checkpoint: Checkpoint, earlier: readonly Checkpoint[], findings: Finding[]) {
    this.#source = options.source
    this.#options = options
    this.#sha256 = options.sha256 ?? webSha256
    this.#checkpoint = checkpoint
    this.#earlier = earlier.toSorted((a, b) => a.size - b.size)
    this.#findings = findings
    this.#frontier = new Frontier(this.#sha256)
  }

  /** @returns false where it ended early. */
  async run(): Promise<boolean> {
    let complete = true
    try {
      this.#compareSizes()
      await this.#walk()
    } catch (error) {
      if (!(error instanceof Enough)) throw error
      complete = false
    }
    this.#nameMismatches()
    return complete
  }

  #report(finding: Finding): void {
    this.#findings.push(finding)
    if (this.#findings.length + this.#mismatches.length >= (this.#options.maxFindings ?? 1000)) throw new Enough()
  }

  #compareSizes(): void {
    const { size } = this.#checkpoint
    const longest = this.#earlier.at(-1)
    if (longest === undefined || longest.size <= size) return
    const count = longest.size - size
    const explanation = `${longest.size} entries were signed for before; now there are ${size}.`
    this.#report({ kind: 'tree-truncated', index: size, count, explanation })
  }

  async #walk(): Promise<void> {
    const { size, root } = this.#checkpoint
    await this.#compareEarlier(0, [])
    let levels = 1
    while (levelSize(size, levels) > 0) levels++
    const places = Array.from({ length: levels }, (_, level) => {
      const count = levelSize(size, level)
      return { level, from: count - (count % tileWidth), width: count % tileWidth }
    })
    const stored: (Uint8Array[] | null)[] = []
    for (const { level, from, width } of places) stored.push(await this.#tile(level, from / tileWidth, width))
    let edges = stored.map((edge) => edge ?? [])
    let trusted = sameBytes(await rootOfEdges(edges, this.#sha256), root)
    if (!trusted) {
      // The tiles at the edge do not lead to the signed root: ask the entries.
      const computed: Uint8Array[][] = []
      for (const { level, from, width } of places) computed.push(await this.#hashesBelow(level, from, width))
      trusted = sameBytes(await rootOfEdges(computed, this.#sha256), root)
      if (trusted) {
        for (const { level, from } of places)
          this.#compareTile(level, from, stored[level] ?? null, computed[level] ?? [])
      } else {
        const explanation = 'The signed root is neither that of the stored hashes nor that of the entries.'
        this.#report({ kind: 'root-mismatch', explanation })
        for (const { level, from, width } of places) if (stored[level] === null) this.#reportMissing(level, from, width)
      }
      // Where nothing can be trusted, the stored hashes still tell which entries they do not fit.
      edges = trusted ? computed : computed.map((hashes, level) => stored[level] ?? hashes)
    }
    for (const { level, from } of places.toReversed()) {
      const edge = edges[level] ?? []
      if (level === 0) await this.#checkLeaves(from, edge, trusted)
      else for (const [i, hash] of edge.entries()) await this.#checkNode(level, from + i, hash, trusted)
    }
  }

  /** Checks all that stands under one hash of a level above 0. */
  async #checkNode(level: number, index: number, expected: Uint8Array, trusted: boolean): Promise<void> {
    const below = level - 1
    const from = index * tileWidth
    const stored = await this.#tile(below, index, tileWidth)
    let hashes = stored
    let sound = stored !== null && sameBytes(await rootOf(stored, this.#sha256), expected)
    if (!sound) {
      const computed = await this.#hashesBelow(below, from, tileWidth)
      sound = sameBytes(await rootOf(computed, this.#sha256), expected)
      if (sound) this.#compareTile(below, from, stored, computed)
      else if (stored === null) this.#reportMissing(below, from, tileWidth)
      else if (trusted) this.#reportRange(level, index)
      hashes = sound ? computed : (stored ?? computed)
    }
    if (hashes === null) return
    const children = trusted && sound
    if (below === 0) return this.#checkLeaves(from, hashes, children)
    for (const [i, hash] of hashes.entries()) await this.#checkNode(below, from + i, hash, children)
  }

  #reportRange(level: number, index: number): void {
    const count = tileWidth ** level
    const first = index * count
    const explanation =
      `Among entries ${first} to ${first + count - 1}, entries and stored hashes were both changed: ` +
      'neither lead to the hash above them, which is the signed one.'
    this.#report({ kind: 'entry-changed', index: first, count, explanation })
  }

  #reportMissing(level: number, from: number, width: number): void {
    const each = tileWidth ** level
    const explanation = `The tile of level ${level} from hash ${from} on is missing or cut short.`
    this.#report({ kind: 'tile-missing', index: from * each, count: width * each, explanation })
  }

  #compareTile(level: number, from: number, stored: readonly Uint8Array[] | null, right: readonly Uint8Array[]): void {
    const each = tileWidth ** level
    if (stored === null) this.#reportMissing(level, from, right.length)
    for (const [i, hash] of stored?.entries() ?? []) {
      if (sameBytes(hash, right[i] as Uint8Array)) continue
      const explanation = `Hash ${from + i} of level ${level} was changed; the entries below it are right.`
      this.#report({ kind: 'tile-changed', index: (from + i) * each, count: each, explanation })
    }
  }

  /** Checks the entries of one bundle against their leaf hashes. */
  async #checkLeaves(first: number, hashes: readonly Uint8Array[], trusted: boolean): Promise<void> {
    this.#options.signal?.throwIfAborted()
    if (hashes.length === 0) return
    const found = await this.#leafHashes(first / tileWidth, hashes.length)
    const hex = (hash: Uint8Array | null) => hash?.toHex() ?? null
    const expected = hashes.map((hash) => hash.toHex())
    const { mismatches, placed } = alignEntries(first, expected, found.map(hex))
    for (const mismatch of mismatches) {
      this.#mismatches.push(mismatch)
      if (this.#mismatches.length >= (this.#options.maxFindings ?? 1000)) throw new Enough()
    }
    // The tree that is signed for; without a signature that holds, the one that the entries make.
    const leaves = trusted ? hashes : placed.map((hash, i) => Uint8Array.fromHex(hash ?? (expected[i] as string)))
    await this.#compareEarlier(first, leaves)
    if (leaves.length === tileWidth) await this.#frontier.push(await rootOf(leaves, this.#sha256))
    this.#options.onProgress?.(first + hashes.length, this.#checkpoint.size)
  }

  /** Compares the earlier trees that end within these leaves. */
  async #compareEarlier(first: number, leaves: readonly Uint8Array[]): Promise<void> {
    for (const { size, root } of this.#earlier) {
      const here = size > first ? size <= first + leaves.length : size === 0 && leaves.length === 0
      if (!here || !this.#consistent) continue
      const now = await this.#frontier.rootWith(leaves.slice(0, size - first))
      if (sameBytes(now, root)) {
        this.#consistentTo = size
        continue
      }
      this.#consistent = false
      const index = this.#consistentTo
      const explanation =
        `The tree of ${size} entries that was signed before is not where this one begins: ` +
        `something from entry ${index} to entry ${size - 1} was replaced.`
      this.#report({ kind: 'inconsistent-with-earlier', index, count: size - index, explanation })
    }
  }

  /** Hashes of a level as the entries give them. A missing entry counts as zeros, which no entry hashes to. */
  async #hashesBelow(level: number, from: number, count: number): Promise<Uint8Array[]> {
    if (level === 0) {
      const found = count === 0 ? [] : await this.#leafHashes(from / tileWidth, count)
      return Array.from({ length: count }, (_, i) => found[i] ?? new Uint8Array(32))
    }
    const hashes: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      hashes.push(await rootOf(await this.#hashesBelow(level - 1, (from + i) * tileWidth, tileWidth), this.#sha256))
    }
    return hashes
  }

  async #leafHashes(bundle: number, width: number): Promise<(Uint8Array | null)[]> {
    this.#options.signal?.throwIfAborted()
    const bytes = await this.#source.entries(bundle, width)
    const entries = bytes === null ? [] : splitOrNone(bytes)
    return Promise.all(
      entries.slice(0, width).map((entry) => (entry.length === 0 ? null : leafHash(entry, this.#sha256))),
    )
  }

  async #tile(level: number, index: number, width: number): Promise<Uint8Array[] | null> {
    if (width === 0) return []
    const tile = await this.#source.tile(level, index, width)
    return tile === null || tile.length !== width * 32 ? null : splitTile(tile, width)
  }

  /** Two entries in each other's place are one finding. */
  #nameMismatches(): void {
    const wanted = new Map(this.#mismatches.map((mismatch) => [mismatch.expected, mismatch]))
    for (const { index, expected, found } of this.#mismatches) {
      const other = found === null ? undefined : wanted.get(found)
      if (other?.found === expected && other.index !== index) {
        if (other.index < index) continue
        const explanation = `Entries ${index} and ${other.index} stand in each other's place.`
        this.#findings.push({ kind: 'entries-swapped', index, other: other.index, explanation })
      } else if (found === null) {
        this.#findings.push({ kind: 'entry-missing', index, explanation: `Entry ${index} is missing.` })
      } else {
        const explanation = `Entry ${index} is not the one that was recorded.`
        this.#findings.push({ kind: 'entry-changed', index, explanation })
      }
    }
  }
}

/** A bundle that does not come apart holds no entry that could be named. */
function splitOrNone(bundle: Uint8Array): Uint8Array[] {
  try {
    return splitBundle(bundle)
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}
