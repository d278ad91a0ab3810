import { createHash } from 'node:crypto'
import type { LogoUpload } from '@custodia/wire/http/theme.ts'
import { cleanJpeg } from './images/jpeg.ts'
import { cleanPng } from './images/png.ts'
import type { Still } from './images/still.ts'
import { unfit } from './images/still.ts'
import { cleanWebp } from './images/webp.ts'

export type LogoType = LogoUpload['type']

/** A picture that may be shown to anybody. `hash` is SHA-256 of its bytes as base64url: 43 characters. */
export type Logo = Still & { readonly type: LogoType; readonly hash: string }

const maxBytes = 65_536

/** One row for each kind of picture. SVG is none of them: it is a document with scripts and links. */
const kinds: Readonly<Record<LogoType, (bytes: Buffer) => Still>> = {
  'image/png': cleanPng,
  'image/jpeg': cleanJpeg,
  'image/webp': cleanWebp,
}

/**
 * Reads an uploaded logo, by its content and as what it was declared to be: a file of another kind is refused, not guessed. What is kept
 * draws the picture and says nothing else.
 *
 * @throws Refusal IDENTITY_LOGO_UNFIT, with what is wrong as its detail.
 */
export function readLogo({ type, data }: LogoUpload): Logo {
  const uploaded = Buffer.from(data, 'base64url')
  if (uploaded.length > maxBytes) throw unfit(`has ${uploaded.length} bytes; it may have up to ${maxBytes}`)
  const still = kinds[type](uploaded)
  return { ...still, type, hash: createHash('sha256').update(still.bytes).digest('base64url') }
}
