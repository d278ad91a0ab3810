import type { Checkpoint } from '../../packages/wire/src/ledger/checkpoint.ts'
import { openCheckpoint } from '../../packages/wire/src/ledger/checkpoint.ts'
import type { VerifierKey } from '../../packages/wire/src/ledger/note.ts'
import { formatVerifierKey, parseNote, parseVerifierKey } from '../../packages/wire/src/ledger/note.ts'
import type { Keyring, Signer } from '../keyring/api.ts'
import type { Queries } from '../platform/database/database.ts'
import { latestCheckpoint } from './store.ts'

/** Who this log is: its name, for ever, and its key. */
export type LogIdentity = {
  readonly origin: string
  readonly signer: Signer
  readonly key: VerifierKey
  /** `key` as C2SP signed-note writes it. */
  readonly verifierKey: string
}

/**
 * The log's name is chosen once, with its first checkpoint, and then read from the newest: a new public address does not
 * make it another log.
 *
 * @param firstOrigin its name where it has none yet.
 */
export async function identifyLog(queries: Queries, keyring: Keyring, firstOrigin: string): Promise<LogIdentity> {
  const signer = await keyring.signer('ledger')
  const latest = await latestCheckpoint(queries)
  const origin = latest === null ? firstOrigin : (parseNote(latest.note).text.split('\n')[0] as string)
  const verifierKey = await formatVerifierKey(origin, signer.publicKey)
  return { origin, signer, key: await parseVerifierKey(verifierKey), verifierKey }
}

/** A stored checkpoint as its signed note says it. @throws Error where our key did not sign it for this log. */
export async function trusted(identity: LogIdentity, note: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(note, identity.key)
  if (checkpoint === null) throw new Error('the newest checkpoint of the ledger was not signed by its key')
  return checkpoint
}
