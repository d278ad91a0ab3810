import type { EnvelopePlace } from '@custodia/wire/envelope/place.ts'

/**
 * Who holds the root key: a file, or a key management service outside. Tenant keys travel through it and nothing else does, so
 * that it is asked once per organisation and process.
 */
export type KmsProvider = {
  readonly name: string
  /** Wraps 32 bytes for this place. */
  wrap(key: Uint8Array, place: EnvelopePlace): Promise<Buffer>
  /** @throws Error where it was wrapped under another root key or for another place, or was changed. */
  unwrap(wrapped: Uint8Array, place: EnvelopePlace): Promise<Buffer>
  /** Never a secret: it is shown and stored. */
  describe(): {
    /** UUID of the root key. */
    readonly keyId: string
    /** In words: where it is and what protects it. */
    readonly protection: string
  }
}
