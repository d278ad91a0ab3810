/** Where a sealed value is stored. It opens nowhere else. */
export type EnvelopePlace = {
  /**
   * Null for what belongs to the whole installation, and for what is sealed under a data key: the derivation of that key names
   * the organisation already, and an application need not know it.
   */
  readonly organisationId: string | null
  /** The application's name; `custodia` for the server itself. */
  readonly applicationId: string
  /** Whom the value is about; null where it is about nobody. */
  readonly subjectId: string | null
  readonly collection: string
  readonly record: string
  readonly field: string
  /** 0 to 4,294,967,295. */
  readonly schemaVersion: number
}

/** Limit of each text of a place, in bytes of UTF-8. */
export const maxPlaceBytes = 1_024

/** Room that `writePlace` may need: UTF-8 takes up to three bytes for each UTF-16 unit, before the limit is applied. */
export const placeRoom = 6 * (2 + 3 * maxPlaceBytes) + 4

/**
 * Writes the place as docs/specs/envelope.md §3 gives it: six texts, each behind its length, and a number, so that no two
 * places have the same bytes.
 *
 * @returns the offset after it.
 * @throws RangeError where a text is empty, above 1,024 bytes or not well-formed, or the version is no u32.
 */
export function writePlace(target: Buffer, offset: number, place: EnvelopePlace): number {
  let at = writeOptional(target, offset, place.organisationId)
  at = writeText(target, at, place.applicationId)
  at = writeOptional(target, at, place.subjectId)
  at = writeText(target, at, place.collection)
  at = writeText(target, at, place.record)
  at = writeText(target, at, place.field)
  return target.writeUInt32BE(place.schemaVersion, at)
}

/** Absence is written as length 0, which is why a text that is present can't be empty. */
export function writeOptional(target: Buffer, at: number, text: string | null): number {
  return text === null ? target.writeUInt16BE(0, at) : writeText(target, at, text)
}

export function writeText(target: Buffer, at: number, text: string): number {
  // A lone surrogate has no UTF-8 form: two texts would be written alike.
  if (text.length === 0 || text.length > maxPlaceBytes || !text.isWellFormed()) throw textError()
  const length = target.write(text, at + 2)
  if (length > maxPlaceBytes) throw textError()
  target.writeUInt16BE(length, at)
  return at + 2 + length
}

const textError = () => new RangeError(`a text of a place is well-formed and has 1 to ${maxPlaceBytes} bytes of UTF-8`)
