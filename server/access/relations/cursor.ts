import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { Random } from '../../platform/random.ts'
import { refuse } from '../errors.ts'

/** 32 bytes for each organisation, the same in every process. */
export type CursorKeys = (organisationId: string) => Uint8Array | Promise<Uint8Array>

const nonceLength = 12
const tagLength = 16
// A place in a list of shares has four names in it.
const maxCursor = 1_000

/**
 * Where a page ended: sealed (AES-256-GCM), since it may name a resource that whoever turns the pages must not see, and bound to the
 * question, so that it opens for no other.
 */
export class Cursors {
  readonly #keys: CursorKeys
  readonly #random: Random

  constructor(keys: CursorKeys, random: Random) {
    this.#keys = keys
    this.#random = random
  }

  async seal(organisationId: string, question: readonly unknown[], after: string): Promise<string> {
    const nonce = this.#random.bytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', await this.#keys(organisationId), nonce)
    cipher.setAAD(digestOf(organisationId, question))
    const sealed = Buffer.concat([nonce, cipher.update(after), cipher.final()])
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** @throws Refusal ACCESS_CURSOR_INVALID */
  async open(organisationId: string, question: readonly unknown[], cursor: string): Promise<string> {
    const bytes = Buffer.from(cursor.length > maxCursor ? '' : cursor, 'base64url')
    // Another text for the same bytes is another cursor.
    if (bytes.length < nonceLength + tagLength || bytes.toString('base64url') !== cursor)
      throw refuse('ACCESS_CURSOR_INVALID')
    const key = await this.#keys(organisationId)
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), { authTagLength: tagLength })
    decipher.setAAD(digestOf(organisationId, question))
    decipher.setAuthTag(bytes.subarray(-tagLength))
    const sealed = bytes.subarray(nonceLength, -tagLength)
    try {
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString()
    } catch {
      throw refuse('ACCESS_CURSOR_INVALID')
    }
  }
}

const digestOf = (organisationId: string, question: readonly unknown[]): Buffer =>
  createHash('sha256')
    .update(JSON.stringify(['access.relation', organisationId, ...question]))
    .digest()
