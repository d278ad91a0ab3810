import type { Cipheriv } from 'node:crypto'
import { createCipheriv } from 'node:crypto'
import type { KeySecret } from './derivation.ts'

/** 192 bits, random for each message. */
export const nonceBytes = 24
export const commitmentBytes = 32

/** The counters of the KDF and its label `X` (0x58): C2SP XAES-256-GCM, steps 3 and 4. */
const kdf = [
  [0, 1, 0x58, 0],
  [0, 2, 0x58, 0],
] as const
/** What the two halves of the commitment end with. */
const halves = [
  [0, 1, 0, 1],
  [0, 1, 0, 2],
] as const
/** What the commitment begins with. */
const commit = Buffer.from('XCMT', 'latin1')

/** Blocks on their way into the cipher. One room for all keys: nothing here waits, so nobody else writes into it meanwhile. */
const three = Buffer.allocUnsafeSlow(48)
const two = Buffer.allocUnsafeSlow(32)
const zeros = Buffer.alloc(16)

/**
 * A key of KC-XAES-256-GCM, made ready once: XAES-256-GCM (C2SP) with the key commitment of IACR ePrint 2025/758. It hands
 * out what AES-256-GCM needs for one message. Nothing but AES-256 on single blocks; docs/specs/envelope.md §2 has the steps.
 *
 * It holds the key's schedule inside `node:crypto`, where nothing prints it.
 */
export class KcXaesKey {
  readonly #cipher: Cipheriv
  /** The subkey of CMAC for whole blocks (NIST SP 800-38B §6.1). */
  readonly #k1: Buffer

  /** @param secret 32 bytes, copied. @throws RangeError for any other length. */
  constructor(secret: KeySecret) {
    // Single blocks, each on its own: what ECB is safe for, since none comes twice and none is anybody's data.
    this.#cipher = createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false)
    this.#k1 = double(this.#cipher.update(zeros))
  }

  /**
   * The message key and the commitment for this nonce, of 24 bytes.
   *
   * @param commitment receives 32 bytes.
   * @returns 32 bytes to use AES-256-GCM with, and the last 12 of the nonce. The caller overwrites them.
   */
  derive(nonce: Uint8Array, commitment: Uint8Array): Buffer {
    const k1 = this.#k1
    for (let i = 0; i < 4; i++) {
      three[i] = (kdf[0][i] as number) ^ (k1[i] as number)
      three[16 + i] = (kdf[1][i] as number) ^ (k1[i] as number)
      three[32 + i] = commit[i] as number
    }
    for (let i = 4; i < 16; i++) {
      const byte = nonce[i - 4] as number
      const masked = byte ^ (k1[i] as number)
      three[i] = masked
      three[16 + i] = masked
      three[32 + i] = byte
    }
    const first = this.#cipher.update(three)

    // CMAC over the two blocks `XCMT | nonce[0..12]` and `nonce[12..24] | half`: the first is the same for both halves.
    for (let i = 0; i < 12; i++) {
      const byte = (first[32 + i] as number) ^ (k1[i] as number) ^ (nonce[12 + i] as number)
      two[i] = byte
      two[16 + i] = byte
    }
    for (let i = 0; i < 4; i++) {
      const byte = (first[44 + i] as number) ^ (k1[12 + i] as number)
      two[12 + i] = byte ^ (halves[0][i] as number)
      two[28 + i] = byte ^ (halves[1][i] as number)
    }
    commitment.set(this.#cipher.update(two))
    three.fill(0)
    two.fill(0)
    first.fill(0, 32)
    return first.subarray(0, 32)
  }

  /** Overwrites what is secret, at once. Whoever uses it afterwards gets an error. */
  forget(): void {
    this.#k1.fill(0)
    // Ends the cipher, which clears and frees its key schedule.
    this.#cipher.final()
  }
}

/** Times x in GF(2^128), NIST SP 800-38B §6.1: a shift to the left, and R_128 added where a bit fell out. */
function double(block: Buffer): Buffer {
  const doubled = Buffer.alloc(16)
  let carry = 0
  for (let i = 15; i >= 0; i--) {
    const byte = block[i] as number
    doubled[i] = (byte << 1) | carry
    carry = byte >> 7
  }
  doubled[15] = (doubled[15] as number) ^ (0x87 * carry)
  block.fill(0)
  return doubled
}
