import { orAborted } from '../calls/or-aborted.ts'
import { CustodiaError } from '../errors.ts'
import type { DataKeys } from '../keys/data-keys.ts'
import { nameOf } from '../keys/data-keys.ts'
import { indexToken } from './index-token.ts'
import {
  checkPlaceName,
  checkRecord,
  checkSchemaVersion,
  checkSubject,
  fieldsOf,
  invalidInput,
  maxRecords,
  plaintextOf,
  textOf,
} from './input.ts'
import { keyNameOf, openField, ReadyKeys, sealField } from './sealed-field.ts'

export type CallSettings = {
  /** Ends the waiting, with the signal's own reason. Calls that others wait for as well go on. */
  readonly signal?: AbortSignal
}

export type OpenSettings = CallSettings & {
  /** Where a record's key was destroyed: `throw` KEY_SHREDDED (the default), or null in the record's place. */
  readonly shredded?: 'throw' | 'null'
}

/** A record as it comes from the application's own storage. */
export type SealedRecord<Field extends string> = {
  /** Whom it is about, as it was sealed. */
  readonly subject: string
  /** The record's identifier, as it was sealed. */
  readonly record: string
  readonly fields: Readonly<Record<Field, Uint8Array>>
  /** Where the record was sealed under another version than the collection has now. */
  readonly schemaVersion?: number
}

type Opened<Field extends string, Value, Settings> = Settings extends { readonly shredded: 'null' }
  ? (Record<Field, Value> | null)[]
  : Record<Field, Value>[]

/** Sealed fields of one kind of record. Format: docs/specs/envelope.md. */
export type Collection = {
  /**
   * Seals fields of one record. Each opens only for this subject, record, field and schema version.
   *
   * @param sealing.subject whom the data is about: its keys are destroyed together. As `SubjectId` in the wire package.
   * @param sealing.record 1 to 256 characters: the record's identifier in the application.
   * @param sealing.fields 1 to 256 fields of 0 to 1,048,576 bytes each; text is sealed as UTF-8.
   * @returns 94 bytes more than each plaintext.
   * @throws CustodiaError KEY_SHREDDED, INPUT_INVALID, CUSTODIA_…
   */
  seal<Field extends string>(
    sealing: {
      readonly subject: string
      readonly record: string
      readonly fields: Readonly<Record<Field, string | Uint8Array>>
    },
    settings?: CallSettings,
  ): Promise<Record<Field, Uint8Array>>

  /**
   * Opens up to 10,000 records. Their keys, where they are not held already, come in one call for 256 of them.
   *
   * @throws CustodiaError KEY_SHREDDED, ENVELOPE_INVALID, DATA_KEY_UNKNOWN, INPUT_INVALID, CUSTODIA_…; nothing is
   * returned then. `details.at` is the position of the record.
   */
  open<Field extends string, const Settings extends OpenSettings>(
    records: readonly SealedRecord<Field>[],
    settings?: Settings,
  ): Promise<Opened<Field, Uint8Array, Settings>>

  /** As `open`, for fields that are text. @throws also INPUT_INVALID where the bytes are not UTF-8. */
  openText<Field extends string, const Settings extends OpenSettings>(
    records: readonly SealedRecord<Field>[],
    settings?: Settings,
  ): Promise<Opened<Field, string, Settings>>

  /**
   * Tokens by which the application's own storage finds equal values without seeing them (a blind index).
   * It reveals which records of one subject share a value, or may: filter again after opening, and never index a
   * field of few values.
   *
   * @param indexing.values 1 to 10,000 texts of 1 to 1,024 characters; compared as `normalise` says.
   * @param indexing.bits 1 to 256: `plannedBits` says how many. The same for all tokens of one index.
   * @returns one token for each value, in the same order, of ⌈bits / 8⌉ bytes.
   * @throws CustodiaError KEY_SHREDDED, INPUT_INVALID, CUSTODIA_…
   */
  index(
    indexing: {
      readonly subject: string
      readonly field: string
      readonly values: readonly string[]
      readonly bits: number
    },
    settings?: CallSettings,
  ): Promise<Uint8Array[]>
}

export function createCollection(options: {
  readonly application: string
  readonly collection: string
  readonly schemaVersion: number
  readonly keys: DataKeys
}): Collection {
  const { application, collection, schemaVersion, keys } = options
  checkPlaceName(collection, 'collection')
  checkSchemaVersion(schemaVersion)

  async function openAll<Field extends string, Value>(
    records: readonly SealedRecord<Field>[],
    settings: OpenSettings,
    read: (plaintext: Uint8Array) => Value,
  ): Promise<(Record<Field, Value> | null)[]> {
    if (records.length > maxRecords) throw invalidInput('records')
    const parsed = records.map(({ subject, record, fields, schemaVersion: sealedUnder = schemaVersion }, at) => {
      checkSubject(subject)
      checkRecord(record)
      checkSchemaVersion(sealedUnder)
      const place = { applicationId: application, subjectId: subject, collection, record, schemaVersion: sealedUnder }
      return fieldsOf(fields).map(([field, sealed]) => ({
        field,
        sealed,
        name: keyNameOf(sealed, at),
        place: { ...place, field },
      }))
    })
    const names = parsed.flatMap((fields) => fields.map(({ name }) => name))
    const held = await orAborted(keys.toOpen(collection, names), settings.signal, wipe)
    const ready = new ReadyKeys()
    try {
      return parsed.map((fields, at) => {
        const opened: [Field, Value][] = []
        for (const { field, sealed, name, place } of fields) {
          const key = held.get(nameOf(collection, name))
          if (key === null && settings.shredded === 'null') return null
          if (key === undefined) throw new CustodiaError('DATA_KEY_UNKNOWN', { at })
          if (key === null) throw new CustodiaError('KEY_SHREDDED', { at })
          opened.push([field, read(openField(ready.of({ ...name, key }), place, sealed, at))])
        }
        return Object.fromEntries(opened) as Record<Field, Value>
      })
    } finally {
      ready.forget()
      wipe(held)
    }
  }

  return {
    async seal({ subject, record, fields }, settings = {}) {
      checkSubject(subject)
      checkRecord(record)
      const entries = fieldsOf(fields).map(([field, value]) => [field, plaintextOf(value)] as const)
      const sealing = keys.toSeal(collection, subject, entries.length)
      const key = await orAborted(sealing, settings.signal, (unused) => unused.key.fill(0))
      const ready = new ReadyKeys()
      try {
        const place = { applicationId: application, subjectId: subject, collection, record, schemaVersion }
        const sealed = entries.map(
          ([field, bytes]) => [field, sealField(ready.of(key), { ...place, field }, bytes)] as const,
        )
        return Object.fromEntries(sealed) as Record<(typeof entries)[number][0], Uint8Array>
      } finally {
        ready.forget()
        key.key.fill(0)
      }
    },

    async open(records, settings) {
      return (await openAll(records, settings ?? {}, (plaintext) => plaintext)) as never
    },

    async openText(records, settings) {
      return (await openAll(records, settings ?? {}, textOf)) as never
    },

    async index({ subject, field, values, bits }, settings = {}) {
      checkSubject(subject)
      checkPlaceName(field, 'field')
      if (values.length < 1 || values.length > maxRecords) throw invalidInput('values')
      const key = await orAborted(keys.toIndex(collection, subject, field), settings.signal, (unused) => unused.fill(0))
      try {
        return values.map((value) => indexToken(key, value, bits))
      } finally {
        key.fill(0)
      }
    },
  }
}

function wipe(keys: ReadonlyMap<string, Uint8Array | null>): void {
  for (const key of keys.values()) key?.fill(0)
}
