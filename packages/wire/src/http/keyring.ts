import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Base64Url, closed, Instant } from './common.ts'

/** Whom the data is about, in the application's own words, as in `mailbox:team`. */
export const SubjectId = Type.String({ minLength: 1, maxLength: 128, pattern: '^[A-Za-z0-9._:@-]+$' })
/** Name of a collection or a field, as in `messages`. */
export const PlaceName = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z][a-z0-9_.-]*$' })

/** Which data key: the subject key's version (16 bytes, as UUID) and the number of the key derived from it. */
export const DataKeyName = Type.Object(
  { keyId: Type.String({ format: 'uuid' }), number: Type.Integer({ minimum: 1, maximum: 4_294_967_295 }) },
  closed,
)
export type DataKeyName = Static<typeof DataKeyName>

export const DataKey = Type.Object({
  keyId: Type.String(),
  number: Type.Integer(),
  /** 32 bytes. Keep it in memory only, and no longer than the SDK does. */
  key: Base64Url(43),
})
export type DataKey = Static<typeof DataKey>

/** `POST /v1/keyring/data-keys`: a fresh key to seal with. Needs `keyring:seal`. */
export const NewDataKey = Type.Object({ subject: SubjectId, collection: PlaceName }, closed)
export type NewDataKey = Static<typeof NewDataKey>

/** `POST /v1/keyring/data-keys/open`: up to 256 keys to open with, in one call. Needs `keyring:open`. */
export const OpenDataKeys = Type.Object(
  { collection: PlaceName, keys: Type.Array(DataKeyName, { minItems: 1, maxItems: 256 }) },
  closed,
)
export type OpenDataKeys = Static<typeof OpenDataKeys>
/** Keys that exist and may be used; `shredded` lists those that never will open again. */
export const OpenedDataKeys = Type.Object({ keys: Type.Array(DataKey), shredded: Type.Array(DataKeyName) })
export type OpenedDataKeys = Static<typeof OpenedDataKeys>

/** `POST /v1/keyring/index-keys`: the key of one blind index. Needs `keyring:open`. */
export const IndexKeyRequest = Type.Object({ subject: SubjectId, collection: PlaceName, field: PlaceName }, closed)
export type IndexKeyRequest = Static<typeof IndexKeyRequest>
export const IndexKey = Type.Object({ key: Base64Url(43) })
export type IndexKey = Static<typeof IndexKey>

/** `DELETE /v1/keyring/subjects/:subject`: destroys the subject's keys, for ever. Needs `keyring:shred`; sensitive. */
export const Shredded = Type.Object({ subject: Type.String(), shreddedAt: Instant })
export type Shredded = Static<typeof Shredded>
