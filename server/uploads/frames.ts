import type { Queries } from '../platform/database/database.ts'
import type { Parts } from './parts.ts'
import { placeOf } from './parts.ts'
import type { UploadRow } from './store.ts'
import { insertFrame, readFrame } from './store.ts'

/** Bytes of content in a frame; the last has as many as are left. */
export const frameBytes = 262_144

type Whose = Pick<UploadRow, 'id' | 'organisation_id' | 'subject_id'>
type Kept = Whose & Pick<UploadRow, 'version' | 'frames'>

/** A frame opens as this number of this version of this file alone, and as the last only where it is. */
const place = (row: Whose, version: number, number: number, isLast: boolean) =>
  placeOf(row, 'uploads.frame', `${version}/${number}${isLast ? '/last' : ''}`)

/**
 * Seals content frame by frame while it comes. Only one that is followed by another is written before the end: which is the last is not
 * known earlier.
 */
export class FrameWriter {
  readonly #parts: Parts
  readonly #queries: Queries
  readonly #row: Whose
  readonly #version: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #number = 0

  constructor(parts: Parts, queries: Queries, row: Whose, version: number) {
    this.#parts = parts
    this.#queries = queries
    this.#row = row
    this.#version = version
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#pending.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes <= frameBytes) return
    let all = Buffer.concat(this.#pending)
    while (all.length > frameBytes) {
      await this.#put(all.subarray(0, frameBytes), false)
      all = all.subarray(frameBytes)
    }
    this.#pending = [all]
    this.#pendingBytes = all.length
  }

  /** @returns how many frames there are. */
  async end(): Promise<number> {
    await this.#put(Buffer.concat(this.#pending), true)
    return this.#number
  }

  async #put(content: Buffer, isLast: boolean): Promise<void> {
    const number = this.#number++
    const sealed = await this.#parts.keyring.seal(place(this.#row, this.#version, number, isLast), content)
    await insertFrame(this.#queries, { upload_id: this.#row.id, version: this.#version, number, sealed })
  }
}

/**
 * The content, frame by frame as it is asked for; nothing of a frame before it was proven.
 *
 * @throws Refusal ENVELOPE_INVALID for a frame that is not this one, KEY_SHREDDED; Error where one is missing.
 */
export async function* readFrames({ context, keyring }: Parts, row: Kept): AsyncGenerator<Buffer> {
  for (let number = 0; number < row.frames; number++) {
    const sealed = await readFrame(context.database.queries, row.id, row.version, number)
    if (sealed === null) throw new Error(`frame ${number} of ${row.id} is not there`)
    yield await keyring.open(place(row, row.version, number, number === row.frames - 1), sealed)
  }
}

/** All of it, for whoever looks at it. */
export const readContent = async (parts: Parts, row: Kept): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(readFrames(parts, row)))
