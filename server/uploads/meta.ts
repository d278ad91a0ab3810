import type { Parts } from './parts.ts'
import { placeOf } from './parts.ts'
import type { UploadRow } from './store.ts'

/** What is known of a file and is nobody's business but its owner's. */
export type Meta = {
  /** Safe, once somebody looked; before that, as it was sent. */
  readonly name: string
  readonly mediaType: string | null
  readonly flags: readonly string[]
  /** Of the content as it is kept. */
  readonly sha256: string
}

type Whose = Pick<UploadRow, 'id' | 'organisation_id' | 'subject_id'>

export const sealMeta = async ({ keyring }: Parts, row: Whose, meta: Meta): Promise<Buffer> =>
  await keyring.seal(placeOf(row, 'uploads.upload', 'meta'), JSON.stringify(meta))

export const openMeta = async ({ keyring }: Parts, row: Whose & Pick<UploadRow, 'meta_sealed'>): Promise<Meta> =>
  JSON.parse((await keyring.open(placeOf(row, 'uploads.upload', 'meta'), row.meta_sealed)).toString()) as Meta
