import type { FileName } from './file-name.ts'
import { safeFileName } from './file-name.ts'
import { NotTaken } from './finding.ts'
import type { KindName } from './kinds.ts'
import { kindOfExtension } from './kinds.ts'
import type { UploadPolicy } from './policy.ts'

/**
 * What a file is by its name, and whether that is taken, before anybody looks into it.
 *
 * @param given the name as it was sent.
 * @throws NotTaken
 */
export function promised(
  sizeBytes: number,
  given: string,
  policy: UploadPolicy,
): { readonly name: FileName; readonly kind: KindName } {
  if (sizeBytes === 0) throw new NotTaken('empty')
  if (sizeBytes > policy.maxBytes) throw new NotTaken('too-large')
  const name = safeFileName(given)
  if (name === null) throw new NotTaken('name-unusable')
  const kind = kindOfExtension(name.extension)
  if (kind === null) throw new NotTaken('extension-unknown')
  if (!policy.kinds.includes(kind)) throw new NotTaken('kind-not-allowed')
  return { name, kind }
}
