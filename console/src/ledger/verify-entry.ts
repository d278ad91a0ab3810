import type { EntryProof, LedgerEntry } from '@custodia/wire/http/ledger.ts'
import { leafHash, verifyInclusion } from '@custodia/wire/ledger/merkle.ts'
import type { AskConsistency, HeadCheck } from './check-head.ts'
import { checkHead } from './check-head.ts'
import type { Rung } from './climb.ts'
import { climb } from './climb.ts'
import type { FindingCode, Verdict } from './finding.ts'
import { overall } from './finding.ts'
import type { Remembered } from './remembered.ts'

export type EntryCheck = {
  readonly verdict: Verdict
  readonly same: FindingCode
  readonly path: FindingCode
  readonly leaf: Uint8Array
  /** Empty where the tree has one entry; null where the path has the wrong length. */
  readonly rungs: readonly Rung[] | null
  readonly head: HeadCheck
}

/**
 * Proves in this browser that an entry stands in the ledger: the bytes shown → leaf → path → root → signature → history.
 *
 * @param entry as it is shown.
 * @param proof as the server gave it, for this entry's index.
 */
export async function verifyEntry(
  entry: LedgerEntry,
  proof: EntryProof,
  key: string,
  remembered: Remembered | null,
  ask: AskConsistency,
): Promise<EntryCheck> {
  const leaf = await leafHash(new TextEncoder().encode(proof.body))
  const same = proof.index === entry.index && proof.body === entry.body && saysWhatIsShown(entry)
  const head = await checkHead(proof.checkpoint, key, remembered, ask)
  const path = decode(proof.path)
  // Without a signed checkpoint there is no root to lead to.
  const rungs = head.checkpoint === null ? null : await climb(leaf, proof.index, head.checkpoint.size, path ?? [])
  const leads =
    head.checkpoint !== null &&
    path !== null &&
    (await verifyInclusion({ index: proof.index, size: head.checkpoint.size, leaf, path, root: head.checkpoint.root }))
  const findings = {
    same: same ? 'same-entry' : 'other-entry',
    path: leads ? 'path-holds' : head.signature === 'unsupported' ? 'unsupported' : 'path-fails',
  } as const
  const verdict = overall([
    findings.same,
    findings.path,
    head.signature,
    ...(head.history === null ? [] : [head.history]),
  ])
  return { ...findings, verdict, leaf, rungs, head }
}

function decode(path: readonly string[]): Uint8Array[] | null {
  try {
    return path.map((hash) => Uint8Array.fromBase64(hash))
  } catch {
    return null
  }
}

/** The fields on the screen are read from the body, not from beside it. */
function saysWhatIsShown(entry: LedgerEntry): boolean {
  let body: unknown
  try {
    body = JSON.parse(entry.body)
  } catch {
    return false
  }
  if (typeof body !== 'object' || body === null) return false
  const { id, at, type, data, actor, subject } = body as Record<string, unknown>
  return (
    id === entry.id &&
    at === entry.at &&
    type === entry.type &&
    equal(data, entry.data) &&
    equal(withoutNulls(actor), withoutNulls(entry.actor)) &&
    (subject ?? null) === entry.subjectId
  )
}

/** The reply says `id: null` for an actor without one; the body may leave it out. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null))
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = Object.entries(a)
  return (
    left.length === Object.keys(b).length &&
    left.every(([name, value]) => Object.hasOwn(b, name) && equal(value, (b as Record<string, unknown>)[name]))
  )
}
