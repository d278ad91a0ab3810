import { generateKeyPairSync, sign } from 'node:crypto'
import type { ConsistencyProof, EntryProof, LedgerEntry } from '@custodia/wire/http/ledger.ts'
import { formatCheckpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { consistencyRanges, inclusionRanges, leafHash, rootOf } from '@custodia/wire/ledger/merkle.ts'
import { formatVerifierKey, signNote } from '@custodia/wire/ledger/note.ts'

const name = 'custodia.test/ledger'

export type TestLog = {
  readonly key: string
  readonly entries: readonly LedgerEntry[]
  note(size: number): Promise<string>
  proof(index: number, size: number): Promise<EntryProof>
  consistency(from: number, to: number): Promise<ConsistencyProof>
}

/** A small ledger with a key of its own. @param change rewrites the body of an entry before it is hashed. */
export async function makeLog(size: number, change: (index: number) => string = () => ''): Promise<TestLog> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  return logWith(size, change, raw, (message) => sign(null, message, privateKey))
}

/** Two ledgers under one key that part ways at an entry: what a dishonest server would show to different people. */
export async function makeFork(size: number, at: number): Promise<[TestLog, TestLog]> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const signer = (message: Uint8Array) => sign(null, message, privateKey)
  return Promise.all([
    logWith(size, () => '', raw, signer),
    logWith(size, (index) => (index === at ? 'other' : ''), raw, signer),
  ])
}

async function logWith(
  size: number,
  change: (index: number) => string,
  publicKey: Uint8Array,
  signer: (message: Uint8Array) => Uint8Array,
): Promise<TestLog> {
  const entries = Array.from({ length: size }, (_, index) => entryAt(index, change(index)))
  const leaves = await Promise.all(entries.map(({ body }) => leafHash(new TextEncoder().encode(body))))
  const over = async (ranges: [number, number][]) => {
    const hashes = await Promise.all(ranges.map(([start, end]) => rootOf(leaves.slice(start, end))))
    return hashes.map((hash) => hash.toBase64())
  }
  const note = async (upTo: number) =>
    signNote(
      formatCheckpoint({ origin: name, size: upTo, root: await rootOf(leaves.slice(0, upTo)), extensions: [] }),
      {
        name,
        publicKey,
        sign: signer,
      },
    )
  return {
    key: await formatVerifierKey(name, publicKey),
    entries,
    note,
    proof: async (index, upTo) => ({
      index,
      body: entries[index]?.body ?? '',
      path: await over(inclusionRanges(index, upTo)),
      checkpoint: await note(upTo),
    }),
    consistency: async (from, to) => ({ from, to, path: await over(consistencyRanges(from, to)) }),
  }
}

function entryAt(index: number, text: string): LedgerEntry {
  const [id, at, type] = [`evt_${index}`, '2026-01-31T09:30:00.000Z', 'identity.user.invited']
  const data = { roles: ['member'], text }
  const actor = { kind: 'system' }
  const body = JSON.stringify({ actor, at, data, id, organisation: 'org_1', subject: null, type, v: 1 })
  return {
    index,
    id,
    at,
    type,
    summary: 'A person was invited',
    actor: { ...actor, id: null },
    subjectId: null,
    data,
    personal: null,
    body,
  }
}
