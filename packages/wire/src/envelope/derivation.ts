import type { KeyObject } from 'node:crypto'
import { createHmac } from 'node:crypto'
import { placeRoom } from './place.ts'

/** 32 uniformly random bytes, or what was derived from such. A cached KeyObject is the faster form. */
export type KeySecret = KeyObject | Uint8Array

/** What one label is used for: one kind of derivation, apart from all others. */
export class Derivation {
  /**
   * The `info` of RFC 5869, its label written. One buffer for every use: nothing here waits, so nobody else writes into it
   * before it was used, and it never holds a secret.
   */
  readonly info: Buffer
  /** Where the part after the label begins. */
  readonly at: number

  /** @param label 1 to 64 ASCII characters. */
  constructor(label: string) {
    this.info = Buffer.allocUnsafeSlow(128 + placeRoom)
    this.at = 1 + this.info.write(label, 1, 'latin1')
    this.info[0] = label.length
  }

  /**
   * HKDF-Expand with SHA-512 for 64 bytes (RFC 5869 §2.3): T(1) alone, so one HMAC over `info | 0x01`. The key is uniformly
   * random, so that it serves as PRK itself and the extract step is left out (§3.3).
   *
   * @param end where `info` ends.
   * @returns 64 bytes; the caller overwrites what is secret in them.
   */
  expand(secret: KeySecret, end: number): Buffer {
    this.info[end] = 1
    return createHmac('sha512', secret)
      .update(this.info.subarray(0, end + 1))
      .digest()
  }
}
