import { Budget } from './archive/budget.ts'
import type { ArchiveForm } from './archive/look-into.ts'
import { lookInto } from './archive/look-into.ts'
import type { FileName } from './file-name.ts'
import { withExtension } from './file-name.ts'
import type { Finding, Flag } from './finding.ts'
import { NotTaken } from './finding.ts'
import { drawSvg, remakeImage } from './image.ts'
import type { Handling, KindName } from './kinds.ts'
import { kinds } from './kinds.ts'
import { lookAtPdf } from './pdf.ts'
import type { UploadPolicy } from './policy.ts'
import { promised } from './promised.ts'
import { lookAtText } from './text.ts'

type File = { readonly bytes: Buffer; readonly name: FileName; readonly kind: KindName }
type Looked = { readonly flags?: readonly Flag[]; readonly remade?: Uint8Array; readonly kind?: KindName }

/** How each kind is looked at. All throw NotTaken. */
const handlings: Readonly<Record<Handling, (file: File, policy: UploadPolicy) => Promise<Looked> | Looked>> = {
  image: async ({ bytes, kind }, { image }) => ({ remade: await remakeImage(bytes, kind as 'png', image) }),
  svg: async ({ bytes }, { image }) => ({ remade: await drawSvg(bytes, image), kind: 'png' }),
  pdf: ({ bytes }) => ({ flags: lookAtPdf(bytes) }),
  text: ({ bytes, kind }) => ({ flags: lookAtText(bytes, kind) }),
  zip: (file, policy) => archive(file, policy, 'zip'),
  tar: (file, policy) => archive(file, policy, 'tar'),
  gzip: (file, policy) => archive(file, policy, 'gzip'),
  office,
}

/** Text has no mark of its own, and two letters at its begin may be those of something else. */
const weakMarks = new Set(['bmp'])

/**
 * Looks at a whole file: what its name says and what its content is must be the same, and be allowed; then each kind has its own rules.
 * Slow and hungry on purpose of whoever made the file: run it apart (`look-apart.ts`).
 *
 * @param given the name as it was sent.
 * @returns never throws for anything that lies in the file.
 */
export async function look(bytes: Uint8Array, given: string, policy: UploadPolicy): Promise<Finding> {
  try {
    const { name, kind } = promised(bytes.length, given, policy)
    const file = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name, kind }
    await agree(file)
    const looked = await handlings[kinds[kind].handling](file, policy)
    const became = looked.kind ?? kind
    return {
      taken: true,
      kind: became,
      mediaType: kinds[became].mediaType,
      name: became === kind ? name.name : withExtension(name, kinds[became].extensions[0]),
      flags: looked.flags ?? [],
      remade: looked.remade ?? null,
    }
  } catch (error) {
    if (error instanceof NotTaken) return { taken: false, reason: error.reason }
    return { taken: false, reason: 'looking-failed' }
  }
}

/** @throws NotTaken where the content is of another kind than the name says. */
async function agree({ bytes, kind }: File): Promise<void> {
  const { fileTypeFromBuffer } = await import('file-type')
  const found = (await fileTypeFromBuffer(bytes))?.ext
  const expected: readonly string[] = kinds[kind].detected
  const isText = kinds[kind].handling === 'text' || kinds[kind].handling === 'svg'
  if (isText && (found === undefined || weakMarks.has(found) || expected.includes(found))) return
  if (isText && found === 'xml') throw new NotTaken('text-active')
  if (found === undefined) throw new NotTaken('content-unknown')
  if (!expected.includes(found)) throw new NotTaken('content-mismatch')
}

async function archive({ bytes }: File, policy: UploadPolicy, form: ArchiveForm): Promise<Looked> {
  await lookInto(bytes, form, new Budget(policy.archive))
  return {}
}

/** A document that is a ZIP: without macros (Office's project, OpenDocument's Basic and scripts). */
async function office({ bytes }: File, policy: UploadPolicy): Promise<Looked> {
  await lookInto(bytes, 'zip', new Budget(policy.archive), 1, (path) => {
    if (/vbaProject|vbaData|\/macros\/|^(?:Basic|Scripts)\//i.test(path)) throw new NotTaken('document-macros')
  })
  return {}
}
