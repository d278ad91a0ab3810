import type { AttachmentRow } from '../store/attachments.ts'

/** What is said of an attachment that can't be loaded: short, and why. */
export type Held = {
  readonly kind: 'checking' | 'held' | 'unchecked' | 'gone'
  readonly title: string
  readonly why: string
}

/** Custodia's reasons, as whoever got the mail understands them. */
const refused: Readonly<Record<string, string>> = {
  malware: 'The scanner found malware in it.',
  empty: 'It is empty.',
  'too-large': 'It is larger than is taken.',
  'name-unusable': 'It has no name that can be kept.',
  'extension-unknown': 'Files with this ending are not given out.',
  'content-unknown': 'Its content is of no type that is known.',
  'content-mismatch': 'It is not what its name says.',
  'kind-not-allowed': 'Files of this type are not given out.',
  'text-malformed': 'Its text is not UTF-8, or has control characters.',
  'text-active': 'It is a page or a drawing that could run.',
  'document-macros': 'It is a document with macros.',
  'archive-encrypted': 'It is encrypted, so that nobody could look into it.',
  'not-scanned': 'The scanner gave no answer for a day.',
}
const refusedKinds: readonly (readonly [start: string, why: string])[] = [
  ['image-', 'The picture is broken, or too large.'],
  ['document-', 'The document is broken.'],
  ['archive-', 'The archive could do harm when it is unpacked.'],
  ['too-', 'Looking at it took more than is given.'],
]
const hindered: Readonly<Record<string, string>> = {
  'no-scanner': 'Custodia has no scanner yet. It is tried again.',
  'no-room': 'Custodia has no room for it. It is tried again.',
  'not-allowed': 'Inbox may not send files to Custodia. It is tried again.',
  damaged: 'It was changed in the store.',
}

/** @param row undefined where nothing is known of it. @returns null where it may be loaded. */
export function heldBack(row: AttachmentRow | undefined): Held | null {
  const { state = 'unchecked', reason = null } = row ?? {}
  if (state === 'there') return null
  if (state === 'gone') return { kind: 'gone', title: 'Erased', why: 'It is not there any more.' }
  if (state === 'refused') return { kind: 'held', title: 'Held back', why: whyRefused(reason ?? '') }
  const why = wordsIn(hindered, reason ?? '') ?? wordsIn(refused, reason ?? '')
  if (why !== undefined || state === 'unchecked')
    return { kind: 'unchecked', title: 'Cannot be checked', why: why ?? 'Nobody can look at it.' }
  return { kind: 'checking', title: 'Being checked', why: 'Look again in a moment.' }
}

const wordsIn = (table: Readonly<Record<string, string>>, reason: string): string | undefined =>
  Object.hasOwn(table, reason) ? table[reason] : undefined

const whyRefused = (reason: string): string =>
  wordsIn(refused, reason) ??
  refusedKinds.find(([start]) => reason.startsWith(start))?.[1] ??
  'It could not be looked at.'
