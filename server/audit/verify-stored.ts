import type { Finding } from '../../packages/wire/src/ledger/finding.ts'
import type { LedgerSource, Verification } from '../../packages/wire/src/ledger/verify-ledger.ts'
import { verifyLedger } from '../../packages/wire/src/ledger/verify-ledger.ts'
import type { Queries } from '../platform/database/database.ts'
import { columnsOf, readBody } from './entry.ts'
import type { LogIdentity } from './log-identity.ts'
import { readBundle, readTile } from './read-tile.ts'
import type { EntryRow, StoredCheckpoint } from './store.ts'
import { countLeavesBeyond, readPlacedRows, readRows, sampleCheckpoints } from './store.ts'
import { sha256 } from './tree.ts'

const rowsAtOnce = 200
const maxCheckpoints = 1_000
const maxFindings = 1_000

export type StoredOptions = {
  /** Signed checkpoints that were kept outside the database: without one, a whole roll-back cannot be seen. */
  readonly earlier?: readonly string[]
  readonly signal?: AbortSignal
  onProgress?(checked: number, size: number): void
}

/**
 * Verifies the ledger as the database holds it: all that `verifyLedger` does, against up to 1,000 of the stored checkpoints
 * as well, and what only the database has: that no column disagrees with its body, no entry was slipped in behind the
 * sequencer's back, and no checkpoint was taken away from the end.
 */
export async function verifyStored(
  queries: Queries,
  identity: LogIdentity,
  options: StoredOptions = {},
): Promise<Verification> {
  const stored = await sampleCheckpoints(queries, maxCheckpoints)
  const latest = stored.at(-1)
  if (latest === undefined) {
    const explanation = 'There is no checkpoint at all.'
    return { findings: [{ kind: 'tree-truncated', index: 0, explanation }], checkpoint: null, complete: true }
  }
  const verification = await verifyLedger({
    source: storedSource(queries, latest),
    key: identity.key,
    earlier: [...stored.map(({ note }) => note), ...(options.earlier ?? [])],
    sha256,
    maxFindings,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
  const findings = [...verification.findings]
  for await (const finding of databaseFindings(queries, latest, verification, options.signal)) {
    findings.push(finding)
    if (findings.length >= maxFindings) return { ...verification, findings, complete: false }
  }
  return { ...verification, findings }
}

function storedSource(queries: Queries, latest: StoredCheckpoint): LedgerSource {
  return {
    checkpoint: async () => latest.note,
    tile: (level, index, width) => readTile(queries, latest.size, level, index, width),
    entries: (index, width) => readBundle(queries, latest.size, index, width),
  }
}

async function* databaseFindings(
  queries: Queries,
  latest: StoredCheckpoint,
  { checkpoint }: Verification,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding> {
  if (checkpoint !== null && (checkpoint.size !== latest.size || !latest.root.equals(checkpoint.root))) {
    const explanation = 'The columns of the newest checkpoint are not what its note says.'
    yield { kind: 'column-changed', explanation }
  }
  const { size, count } = await countLeavesBeyond(queries)
  if (count > 0) {
    const explanation = `${count} hashes stand beyond the newest checkpoint of ${size} entries: one was removed.`
    yield { kind: 'tree-truncated', index: size, count, explanation }
  }
  for (let after = '0'; ; ) {
    signal?.throwIfAborted()
    const rows = await readRows(queries, after, latest.cursor, rowsAtOnce)
    for (const row of rows) yield* rowFindings(row)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
  }
}

/** Places of entries, from `from` to before `to`, whose columns are not what their bodies say. */
export async function disagreeingPlaces(queries: Queries, from: number, to: number): Promise<number[]> {
  const rows = await readPlacedRows(queries, from, to)
  return rows.filter((row) => [...rowFindings(row)].length > 0).map((row) => row.index as number)
}

function* rowFindings({ index, placeable, body, columns }: EntryRow): Generator<Finding> {
  const at = index === null ? {} : { index }
  if (index === null && placeable) {
    const explanation = `${columns.entryId} has no place in the tree, though the sequencer has passed it.`
    yield { kind: 'entry-unplaced', explanation }
  }
  const said = readBody(body)
  if (said === null) {
    // Where it has a place its hash tells as much; here nothing else would.
    if (index === null) yield { kind: 'entry-changed', explanation: `${columns.entryId} has a body that is none.` }
    return
  }
  const right = columnsOf(said)
  const wrong = Object.keys(right).filter(
    (name) => columns[name as keyof typeof right] !== right[name as keyof typeof right],
  )
  if (wrong.length === 0) return
  const explanation = `The columns of ${columns.entryId} disagree with its body: ${wrong.join(', ')}.`
  yield { kind: 'column-changed', ...at, explanation }
}
