import { safeFileName } from '../mail/file-name.ts'
import { pictureType } from '../mail/picture-type.ts'

/** Endings of what mail programs leave without a name. Anything else is sent as what it is called, and refused where that says nothing. */
const endings: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/csv': 'csv',
  'application/json': 'json',
  'application/zip': 'zip',
}

/**
 * The name under which an attachment is handed over. Its ending says what it must be: where the sender gave none, it is that of the picture
 * that it is, or of the type that they said.
 */
export function uploadName(
  { name, type }: { readonly name: string | null; readonly type: string },
  bytes: Buffer,
): string {
  const safe = safeFileName(name)
  if (/\.[A-Za-z0-9]{1,16}$/.test(safe)) return safe
  const claimed = pictureType(bytes) ?? type
  return `${safe}.${Object.hasOwn(endings, claimed) ? endings[claimed] : 'bin'}`
}
