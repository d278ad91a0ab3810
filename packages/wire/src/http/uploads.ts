import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Cursor, closed, Id, Instant, NextCursor } from './common.ts'

const nullable = <T extends ReturnType<typeof Type.String>>(type: T) => Type.Union([type, Type.Null()])

export const UploadState = Type.Union([
  /** Whole, and nobody has looked at it yet. */
  Type.Literal('received'),
  /** Looked at, and not scanned yet. */
  Type.Literal('looked-at'),
  /** Looked at and scanned: it may be read. */
  Type.Literal('there'),
  /** Its content is gone; `reason` says why. */
  Type.Literal('refused'),
])

export const Upload = Type.Object({
  id: Id('upl'),
  state: UploadState,
  /** Safe for a disk, a header and a page. Its ending may have changed with the content. */
  name: Type.String(),
  /** As in `image/png`; null until somebody looked. */
  mediaType: nullable(Type.String()),
  sizeBytes: Type.Integer(),
  /** Of the content as it is kept, hexadecimal; null until it is there. */
  sha256: nullable(Type.String()),
  /** `active`: it does something when it is opened. `formula`: a spreadsheet would run a cell of it. */
  flags: Type.Array(Type.String()),
  /** Why it was refused, as in `content-mismatch`; null otherwise. */
  reason: nullable(Type.String()),
  createdAt: Instant,
  expiresAt: Instant,
})
export type Upload = Static<typeof Upload>

/**
 * `POST /v1/uploads`: the bytes as `application/octet-stream`, the name in `Content-Disposition: attachment; filename*=UTF-8''…`
 * (RFC 6266). Answers 202 with an `Upload`.
 */
export const NewUpload = Type.Object({
  /** Made by the caller, so that a repeated request is known for one; made here where it is left out. */
  id: Type.Optional(Id('upl')),
  /** Whose data it is; applications say it. Sealed under their key, exported and erased with them. */
  for: Type.Optional(Id('usr')),
  /** After how many days it goes by itself. */
  days: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })),
})
export type NewUpload = Static<typeof NewUpload>

/** `GET /v1/uploads`, and `GET /v1/organisation/uploads`: the newest first. */
export const UploadQuery = Type.Object(
  {
    /** `quarantine`: received or looked at. */
    state: Type.Optional(Type.Union([UploadState, Type.Literal('quarantine')])),
    cursor: Type.Optional(Cursor),
    /** 25 unless said. */
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  closed,
)
export type UploadQuery = Static<typeof UploadQuery>

export const Uploads = Type.Object({ items: Type.Array(Upload), next: NextCursor })
export type Uploads = Static<typeof Uploads>

/** A file as whoever looks after those of an organisation sees it: what it is, and none of its content. */
export const KeptUpload = Type.Object({
  ...Upload.properties,
  /** Null where the key that it was sealed under was destroyed. */
  name: nullable(Type.String()),
  owner: Type.Object({
    kind: Type.Union([Type.Literal('application'), Type.Literal('user'), Type.Literal('service')]),
    id: Type.String(),
  }),
  /** Whose data it is. */
  subjectId: nullable(Type.String()),
  /** When somebody looks at it next; null where that is decided. */
  nextTryAt: Type.Union([Instant, Type.Null()]),
})
export type KeptUpload = Static<typeof KeptUpload>

export const KeptUploads = Type.Object({ items: Type.Array(KeptUpload), next: NextCursor })
export type KeptUploads = Static<typeof KeptUploads>

/** `POST /v1/uploads/:uploadId/links`. Whoever has it may load the file until then. */
export const DownloadLink = Type.Object({ url: Type.String(), expiresAt: Instant })
export type DownloadLink = Static<typeof DownloadLink>
