import { formatCheckpoint } from '../../packages/wire/src/ledger/checkpoint.ts'
import { signNote } from '../../packages/wire/src/ledger/note.ts'
import type { Signer } from '../keyring/api.ts'
import type { Cursor, StoredCheckpoint } from './store.ts'

/** Signs what the tree is up to `cursor`, for the log named `origin`. */
export async function signCheckpoint(
  { origin, signer }: { readonly origin: string; readonly signer: Signer },
  { size, root, cursor }: { readonly size: number; readonly root: Uint8Array; readonly cursor: Cursor },
): Promise<StoredCheckpoint> {
  const text = formatCheckpoint({ origin, size, root, extensions: [] })
  const note = await signNote(text, { name: origin, publicKey: signer.publicKey, sign: (m) => signer.sign(m) })
  return { size, root: Buffer.from(root), note, cursor }
}
