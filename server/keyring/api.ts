import type { Queries } from '../platform/database/database.ts'
import type { Actor } from '../platform/events/event.ts'

/** Where a sealed value is stored. All of it becomes associated data: the value opens nowhere else. */
export type Place = {
  /** Null for what belongs to the installation and to no organisation. */
  readonly organisationId: string | null
  /** Whom the value is about. Null seals under the organisation's key. */
  readonly subjectId: string | null
  /** As in `identity.user`. */
  readonly collection: string
  /** The record's identifier. */
  readonly record: string
  readonly field: string
  readonly schemaVersion: number
}

/** A key that signs, held by the server alone. */
export type Signer = {
  /** Eight bytes or more, stable for the life of the key; safe to publish. */
  readonly keyId: string
  /** Raw Ed25519 public key, 32 bytes (RFC 8032 §5.1.5). */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

export type Keyring = {
  /**
   * Seals one field of one record, under the subject's key, which is made where there is none yet.
   *
   * @param plaintext UTF-8 text or bytes, 0 to 1,048,576 bytes. A lone surrogate becomes U+FFFD.
   * @returns 94 bytes more than the plaintext. Format: docs/specs/envelope.md.
   * @throws Refusal KEY_SHREDDED when the subject's key was destroyed; Error 55P03 (try again) where there is none and a transaction that
   *   destroys it is still open, were it the caller's own.
   */
  seal(place: Place, plaintext: string | Uint8Array): Promise<Buffer>

  /**
   * Opens what `seal` made for exactly this place.
   *
   * @throws Refusal KEY_SHREDDED when the key was destroyed; ENVELOPE_INVALID for anything else, without saying what.
   */
  open(place: Place, sealed: Uint8Array): Promise<Buffer>

  /**
   * A keyed fingerprint for looking up by equality: HMAC-SHA-256, 32 bytes. The caller normalises first.
   * It reveals which records are equal; never index a field of few values.
   */
  blindIndex(
    scope: { organisationId: string | null; collection: string; field: string },
    value: string,
  ): Promise<Buffer>

  /**
   * Destroys every key of the subject, those of applications included, in the caller's transaction; every process forgets them
   * at once. What was sealed under them can't be opened again, by anybody, and nothing new is sealed. Safe to run twice.
   *
   * @param tx the very object that `Database.transaction` handed out.
   * @param by who asked for it, for the ledger; the system unless said.
   * @throws Refusal KEYRING_UNHEARD while other processes can't be told: nothing was destroyed then.
   */
  shred(tx: Queries, organisationId: string, subjectId: string, by?: Actor): Promise<void>

  /** The signing key for one purpose (`ledger`, `assertion`), made at first use. Several processes get the same one. */
  signer(purpose: string): Promise<Signer>

  /** 32 secret bytes for one purpose (`password-pepper`, `session-token`), the same for ever and in every process. */
  secret(purpose: string): Promise<Buffer>
}
