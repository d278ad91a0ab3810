import type { Cipheriv } from 'node:crypto'
import { createCipheriv } from 'node:crypto'
import type { KeySecret } from './derivation.ts'

/** 192 bits, random for each message. */
export const nonceBytes = 24
export const commitmentBytes = 32

/** Four bytes as one number in the machine's own order: they are only copied and added, so that the order does not matter. */
const word = (...bytes: readonly [number, number, number, number]) =>
  new Int32Array(Uint8Array.from(bytes).buffer)[0] ?? 0

/** The counters of the KDF and its label `X` (0x58): C2SP XAES-256-GCM, steps 3 and 4. */
const kdf1 = word(0, 1, 0x58, 0)
const kdf2 = word(0, 2, 0x58, 0)
/** What the commitment begins with, `XCMT`, and what its halves end with. */
const commit = word(0x58, 0x43, 0x4d, 0x54)
const half1 = word(0, 1, 0, 1)
const half2 = word(0, 1, 0, 2)

/** One room for all keys: nothing here waits, so nobody else writes into it before it was read. */
const room = new ArrayBuffer(184)
const nonce = new Uint8Array(room, 0, nonceBytes)
const nonceWords = new Int32Array(room, 0, 6)
/** The first three blocks that come out: message key, and the chaining value of the commitment's CMAC. */
const out = new Uint8Array(room, 24, 48)
const chainWords = new Int32Array(room, 56, 4)
/** Blocks on their way into the cipher: three, and then two. */
const three = new Uint8Array(room, 72, 48)
const two = new Uint8Array(room, 120, 32)
const inWords = new Int32Array(room, 72, 20)
/** What nobody needs afterwards: all between the message key and the commitment. */
const between = new Uint8Array(room, 56, 96)

/** What a nonce gives under a key, until the next is asked for. */
const derived = {
  /** 32 bytes to use AES-256-GCM with, under the last 12 of the nonce. Whoever asked overwrites them. */
  messageKey: new Uint8Array(room, 24, 32),
  /** 32 bytes. */
  commitment: new Uint8Array(room, 152, commitmentBytes),
} as const

/**
 * A key of KC-XAES-256-GCM, made ready once: XAES-256-GCM (C2SP) with the key commitment of IACR ePrint 2025/758. It gives
 * what AES-256-GCM needs for one message. Nothing but AES-256 on single blocks; docs/specs/envelope.md §2 has the steps.
 *
 * It holds the key's schedule inside `node:crypto`, where nothing prints it.
 */
export class KcXaesKey {
  readonly #cipher: Cipheriv
  /** The subkey of CMAC for whole blocks (NIST SP 800-38B §6.1). */
  readonly #k1: Int32Array

  /** @param secret 32 bytes, copied. @throws RangeError for any other length. */
  constructor(secret: KeySecret) {
    // ECB is the bare block cipher: what goes in are counters and nonces, nobody's data.
    this.#cipher = createCipheriv('aes-256-ecb', secret, null).setAutoPadding(false)
    this.#k1 = double(this.#cipher.update(new Uint8Array(16)))
  }

  /** @param fresh the nonce, 24 bytes. */
  derive(fresh: Uint8Array): typeof derived {
    const k1 = this.#k1
    nonce.set(fresh)
    inWords[0] = kdf1 ^ (k1[0] as number)
    inWords[4] = kdf2 ^ (k1[0] as number)
    inWords[8] = commit
    for (let i = 0; i < 3; i++) {
      const plain = nonceWords[i] as number
      const masked = plain ^ (k1[i + 1] as number)
      inWords[1 + i] = masked
      inWords[5 + i] = masked
      inWords[9 + i] = plain
    }
    const blocks = this.#cipher.update(three)
    out.set(blocks)
    wipe(blocks)

    // CMAC of the two blocks `XCMT | nonce[0..12]` and `nonce[12..24] | half`: the first of them is the same for both halves.
    for (let i = 0; i < 3; i++) {
      const masked = (chainWords[i] as number) ^ (nonceWords[3 + i] as number) ^ (k1[i] as number)
      inWords[12 + i] = masked
      inWords[16 + i] = masked
    }
    const last = (chainWords[3] as number) ^ (k1[3] as number)
    inWords[15] = last ^ half1
    inWords[19] = last ^ half2
    derived.commitment.set(this.#cipher.update(two))
    between.fill(0)
    return derived
  }

  /** Overwrites what is secret, at once. Whoever uses it afterwards gets an error. */
  forget(): void {
    this.#k1.fill(0)
    // Ends the cipher, which clears and frees its key schedule.
    this.#cipher.final()
  }
}

/** Times x in GF(2^128), NIST SP 800-38B §6.1: a shift to the left, and R_128 added where a bit fell out. */
function double(block: Uint8Array): Int32Array {
  const doubled = new Uint8Array(16)
  let carry = 0
  for (let i = 15; i >= 0; i--) {
    const byte = block[i] as number
    doubled[i] = (byte << 1) | carry
    carry = byte >> 7
  }
  doubled[15] = (doubled[15] as number) ^ (0x87 * carry)
  wipe(block)
  return new Int32Array(doubled.buffer)
}

/** As `fill`, which a Buffer has of its own, and which there looks for so much first that it takes several times as long. */
function wipe(bytes: Uint8Array): void {
  Uint8Array.prototype.fill.call(bytes, 0)
}
