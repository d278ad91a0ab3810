import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const frameBytes = 65_536
const tagBytes = 16

/** A stretch of what was written: its frames, one behind the other. */
export type Region = { readonly first: number; readonly at: number; readonly length: number }

/**
 * What is held on a disk for a moment, sealed under a key that is nowhere else: AES-256-GCM by frames of 64 KiB, whose nonce is their number,
 * so that none opens in the place of another. The file has no name from the first moment on; with its process it is gone.
 */
export class SealedSpool {
  readonly #file: FileHandle
  readonly #key = randomBytes(32)
  #frames = 0
  #at = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async open(): Promise<SealedSpool> {
    const path = join(tmpdir(), `custodia-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return new SealedSpool(file)
  }

  /** One region at a time: the next begins where this one ended. */
  writer(): { write(bytes: Uint8Array): Promise<void>; end(): Promise<Region> } {
    const region = { first: this.#frames, at: this.#at }
    let length = 0
    let pending: Buffer[] = []
    let pendingBytes = 0
    const flush = async (least: number) => {
      let all = Buffer.concat(pending)
      while (all.length >= least && all.length > 0) {
        await this.#put(all.subarray(0, frameBytes))
        all = all.subarray(frameBytes)
      }
      pending = [all]
      pendingBytes = all.length
    }
    return {
      async write(bytes) {
        // Whoever hands it over uses it again.
        pending.push(Buffer.from(bytes))
        pendingBytes += bytes.length
        length += bytes.length
        if (pendingBytes >= frameBytes) await flush(frameBytes)
      },
      async end() {
        await flush(1)
        return { ...region, length }
      },
    }
  }

  async *read({ first, at, length }: Region): AsyncGenerator<Buffer> {
    for (let frame = 0, left = length; left > 0; frame += 1, left -= frameBytes) {
      const size = Math.min(left, frameBytes)
      const sealed = Buffer.alloc(size + tagBytes)
      const { bytesRead } = await this.#file.read(sealed, 0, sealed.length, at + frame * (frameBytes + tagBytes))
      if (bytesRead !== sealed.length) throw new Error('what was held is not whole')
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(first + frame))
      decipher.setAuthTag(sealed.subarray(size))
      yield Buffer.concat([decipher.update(sealed.subarray(0, size)), decipher.final()])
    }
  }

  /** Once is enough, and twice does nothing. */
  async close(): Promise<void> {
    this.#key.fill(0)
    await this.#file.close().catch(() => {})
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#frames++))
    const sealed = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
    await this.#file.write(sealed, 0, sealed.length, this.#at)
    this.#at += sealed.length
  }
}

function nonceOf(frame: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(frame, 8)
  return nonce
}
