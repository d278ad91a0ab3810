import type { KindName } from './kinds.ts'

/** Why a file is not taken: stable words, safe to show to whoever sent it. */
export const refusals = {
  empty: 'The file is empty.',
  'too-large': 'The file is larger than is taken.',
  'name-unusable': 'The file has no name that can be kept.',
  'extension-unknown': 'Files with this ending are not taken.',
  'content-unknown': 'The content is of no type that is known.',
  'content-mismatch': 'The content is not what the name says.',
  'kind-not-allowed': 'Files of this type are not taken.',
  'text-malformed': 'The text is not UTF-8, or has control characters.',
  'text-active': 'The text is a page or a drawing that could run.',
  'image-broken': 'The image is incomplete or malformed.',
  'image-too-large': 'The image has more pixels or frames than are taken.',
  'document-broken': 'The document is incomplete or malformed.',
  'document-macros': 'The document has macros.',
  'archive-broken': 'The archive is malformed, or can be read in two ways.',
  'archive-encrypted': 'The archive has encrypted entries, which can’t be looked into.',
  'archive-path': 'The archive has a path that leads elsewhere.',
  'archive-link': 'The archive has a link or a device.',
  'archive-overlap': 'Entries of the archive share the same bytes.',
  'archive-entries': 'The archive has more entries than are taken.',
  'archive-size': 'The archive is larger unpacked than is taken.',
  'archive-ratio': 'The archive is packed more tightly than honest files are.',
  'archive-depth': 'The archive has archives too deep within it.',
  'too-slow': 'Looking at the file took longer than is given.',
  'too-much-memory': 'Looking at the file took more memory than is given.',
  'looking-failed': 'The file could not be looked at.',
} as const

export type RefusalReason = keyof typeof refusals

/** What deserves a word of warning, and is no reason to refuse: a PDF that acts, a table with formulas. */
export type Flag = 'active' | 'formula'

/** What was found of one file. */
export type Finding =
  | { readonly taken: false; readonly reason: RefusalReason }
  | {
      readonly taken: true
      readonly kind: KindName
      /** As in `image/png`: what a reader is told, from our table. */
      readonly mediaType: string
      /** Safe for a disk, a header and a page. */
      readonly name: string
      readonly flags: readonly Flag[]
      /** What is to be kept instead of what was sent: an image made anew. Null where it is kept as it is. */
      readonly remade: Uint8Array | null
    }

/** Thrown within `look.ts` and below, and caught there. */
export class NotTaken extends Error {
  readonly reason: RefusalReason
  constructor(reason: RefusalReason) {
    super(reason)
    this.name = 'NotTaken'
    this.reason = reason
  }
}
