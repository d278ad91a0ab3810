import type { Checkpoint } from '../../packages/wire/src/ledger/checkpoint.ts'
import { openCheckpoint } from '../../packages/wire/src/ledger/checkpoint.ts'
import type { VerifierKey } from '../../packages/wire/src/ledger/note.ts'
import { formatVerifierKey, parseNote, parseVerifierKey } from '../../packages/wire/src/ledger/note.ts'
import type { Keyring, Signer } from '../keyring/api.ts'
import type { Clock } from '../platform/clock.ts'
import type { Queries } from '../platform/database/database.ts'
import { signCheckpoint } from './sign-checkpoint.ts'
import { insertFirstCheckpoint, latestCheckpoint } from './store.ts'
import { sha256 } from './tree.ts'

/** Who this log is: its name, for ever, and its key. */
export type LogIdentity = {
  readonly origin: string
  readonly signer: Signer
  readonly key: VerifierKey
  /** `key` as C2SP signed-note writes it. */
  readonly verifierKey: string
}

/**
 * The log's name is chosen once, with its first checkpoint, and then read from the newest: neither a new public address
 * nor a process that starts at the same moment under another one makes it another log.
 *
 * @param firstOrigin its name where it has none yet.
 */
export async function identifyLog(
  { queries, keyring, clock }: { queries: Queries; keyring: Keyring; clock: Clock },
  firstOrigin: string,
): Promise<LogIdentity> {
  const signer = await keyring.signer('ledger')
  let latest = await latestCheckpoint(queries)
  if (latest === null) {
    const empty = { size: 0, root: sha256(new Uint8Array()), cursor: { xid: '0', id: '0' } }
    const first = await signCheckpoint({ origin: firstOrigin, signer }, empty)
    await insertFirstCheckpoint(queries, first, new Date(clock.nowMs()).toISOString())
    // Perhaps that of another process.
    latest = (await latestCheckpoint(queries)) ?? first
  }
  const origin = parseNote(latest.note).text.split('\n')[0] as string
  const verifierKey = await formatVerifierKey(origin, signer.publicKey)
  return { origin, signer, key: await parseVerifierKey(verifierKey), verifierKey }
}

/** A stored checkpoint as its signed note says it. @throws Error where our key did not sign it for this log. */
export async function trusted(identity: LogIdentity, note: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(note, identity.key)
  if (checkpoint === null) throw new Error('the newest checkpoint of the ledger was not signed by its key')
  return checkpoint
}
