import type { ConsistencyProof } from '@custodia/wire/http/ledger.ts'
import type { Checkpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { openCheckpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { verifyConsistency } from '@custodia/wire/ledger/merkle.ts'
import { parseVerifierKey } from '@custodia/wire/ledger/note.ts'
import { sameBytes } from '@custodia/wire/ledger/sha256.ts'
import { Problem } from '../api/problem.ts'
import type { FindingCode } from './finding.ts'
import { verdicts } from './finding.ts'
import type { Remembered } from './remembered.ts'

/** Asks the server to prove that the tree of `to` extends that of `from`. */
export type AskConsistency = (from: number, to: number) => Promise<ConsistencyProof>

export type HeadCheck = {
  /** Null where it is not signed, or that can't be told. */
  readonly checkpoint: Checkpoint | null
  readonly signature: FindingCode
  /** How it stands to what was seen before; null where the signature did not hold. */
  readonly history: FindingCode | null
  /** The checkpoint that it was compared with. */
  readonly before: Checkpoint | null
  /** What to remember from now on; null where nothing new was verified. */
  readonly keep: { readonly key: string; readonly note: string } | null
}

/**
 * Checks a signed checkpoint: that the ledger's key signed it, and that it fits the one seen before.
 *
 * @param note the signed checkpoint, as the server gave it.
 * @param key the verifier key, as the server gives it today.
 * @param remembered from an earlier visit: the key is pinned as well as the tree.
 */
export async function checkHead(
  note: string,
  key: string,
  remembered: Remembered | null,
  ask: AskConsistency,
): Promise<HeadCheck> {
  const nothing = { checkpoint: null, history: null, before: null, keep: null }
  if (remembered !== null && remembered.key !== key) return { ...nothing, signature: 'other-key' }
  const opened = await open(note, key)
  if (typeof opened === 'string') return { ...nothing, signature: opened }

  const known = remembered === null ? null : await open(remembered.note, key)
  const before = typeof known === 'string' ? null : known
  const history = before === null ? 'first-seen' : await compare(before, opened, ask)
  const newer = before === null || opened.size > before.size
  const keep = newer && verdicts[history] !== 'fails' && history !== 'no-answer' ? { key, note } : null
  return { checkpoint: opened, signature: 'signed', history, before, keep }
}

async function open(note: string, keyText: string): Promise<Checkpoint | 'not-signed' | 'unsupported'> {
  try {
    return (await openCheckpoint(note, await parseVerifierKey(keyText))) ?? 'not-signed'
  } catch (error) {
    // A browser without Ed25519 or without base64 for bytes says so by these; what is malformed throws FormatError.
    const lacking = error instanceof TypeError || (error instanceof DOMException && error.name === 'NotSupportedError')
    return lacking ? 'unsupported' : 'not-signed'
  }
}

async function compare(before: Checkpoint, now: Checkpoint, ask: AskConsistency): Promise<FindingCode> {
  if (now.size === before.size) return sameBytes(now.root, before.root) ? 'same-head' : 'forked'
  // A head that is older than what was seen is fine as long as the log still has, and proves, what was seen.
  const behind = now.size < before.size
  const [from, to] = behind ? [now, before] : [before, now]
  // Every tree begins with nothing (RFC 9162 §2.1.4 asks for no proof there).
  if (from.size === 0) return behind ? 'older-head' : 'extends'
  try {
    const { path } = await ask(from.size, to.size)
    const holds = await verifyConsistency({
      from: from.size,
      to: to.size,
      fromRoot: from.root,
      toRoot: to.root,
      path: path.map((hash) => Uint8Array.fromBase64(hash)),
    })
    if (holds) return behind ? 'older-head' : 'extends'
    return 'forked'
  } catch (error) {
    const refused = error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429
    if (behind && refused) return 'shrunk'
    return error instanceof SyntaxError ? 'forked' : 'no-answer'
  }
}
