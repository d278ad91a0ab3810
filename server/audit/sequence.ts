import { rootOfEdges } from '../../packages/wire/src/ledger/frontier.ts'
import { sameBytes } from '../../packages/wire/src/ledger/sha256.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Queries } from '../platform/database/database.ts'
import type { LogIdentity } from './log-identity.ts'
import { trusted } from './log-identity.ts'
import { signCheckpoint } from './sign-checkpoint.ts'
import type { StoredCheckpoint } from './store.ts'
import { insertCheckpoint, insertNodes, isForeign, latestCheckpoint, readNodes, readUnplaced } from './store.ts'
import { edgeRanges, grow, sha256 } from './tree.ts'

/** Entries placed in one transaction, at most. */
export const maxBatch = 5_000

export type Sequenced = { readonly placed: number; readonly checkpoint: StoredCheckpoint }

/** What a sequencer never does: sign what contradicts the database's own past. A person must look. */
export class LedgerDistrusted extends Error {
  override readonly name = 'LedgerDistrusted'
}

/**
 * Places entries in the tree, up to a batch of them, and signs a checkpoint: one transaction, by one process at a time.
 *
 * @param known the newest checkpoint that this process has seen; one that does not extend it is not built upon.
 * @returns null where another process is at it.
 * @throws LedgerDistrusted where the stored tree is not the one that was signed.
 */
export async function sequence(
  database: Database,
  identity: LogIdentity,
  clock: Clock,
  known: StoredCheckpoint | null,
): Promise<Sequenced | null> {
  return database.exclusively('audit.sequencer', async (tx) => {
    const latest = await latestCheckpoint(tx)
    // Whoever knows the log's name has seen one.
    if (latest === null) throw new LedgerDistrusted('the ledger lost all of its checkpoints')
    if (known !== null && (latest.size < known.size || (latest.size === known.size && latest.note !== known.note))) {
      throw new LedgerDistrusted(`the ledger was rolled back from ${known.size} entries to ${latest.size}`)
    }
    if (await isForeign(tx, latest.cursor)) {
      throw new LedgerDistrusted('the ledger comes from another server: restore it as docs/specs/ledger.md says')
    }
    const leaves = await readUnplaced(tx, latest.cursor, maxBatch)
    const last = leaves.at(-1)
    if (last === undefined) return { placed: 0, checkpoint: latest }
    const edges = await soundEdges(tx, identity, latest)
    const { nodes, root } = await grow(latest.size, edges, leaves)
    await insertNodes(tx, nodes)
    const size = latest.size + leaves.length
    const checkpoint = await signCheckpoint(identity, { size, root, cursor: { xid: last.xid, id: last.id } })
    await insertCheckpoint(tx, checkpoint, new Date(clock.nowMs()).toISOString())
    return { placed: leaves.length, checkpoint }
  })
}

/** The right edge of the tree, known to be the one that was signed. */
async function soundEdges(tx: Queries, identity: LogIdentity, latest: StoredCheckpoint): Promise<Uint8Array[][]> {
  const { size, root } = await trusted(identity, latest.note).catch((error) => {
    throw new LedgerDistrusted('the newest checkpoint does not verify', { cause: error })
  })
  const edges = await readNodes(tx, edgeRanges(latest.size))
  if (size !== latest.size || !sameBytes(await rootOfEdges(edges, sha256), root)) {
    throw new LedgerDistrusted('the stored hashes do not lead to the root that was signed')
  }
  return edges
}
