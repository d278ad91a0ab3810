import { NotTaken } from '../finding.ts'
import type { Budget } from './budget.ts'
import { readGzip } from './read-gzip.ts'
import { readTar } from './read-tar.ts'
import { readZip } from './read-zip.ts'

export type ArchiveForm = 'zip' | 'tar' | 'gzip'

type See = (path: string, content: Buffer) => Promise<void>

const readers: Readonly<Record<ArchiveForm, (bytes: Buffer, budget: Budget, see: See) => Promise<void>>> = {
  zip: readZip,
  tar: readTar,
  gzip: async (bytes, budget, see) => await see('', readGzip(bytes, budget)),
}

/** What we have no reader for: nobody knows what would come out. */
const closedForms: readonly (readonly [offset: number, mark: string])[] = [
  [0, '7z\xbc\xaf\x27\x1c'],
  [0, 'Rar!\x1a\x07'],
  [0, 'BZh'],
  [0, '\xfd7zXZ\x00'],
  [0, '\x28\xb5\x2f\xfd'],
  [0, '\x04\x22\x4d\x18'],
  [0, 'MSCF'],
  [0, 'xar!'],
  [0, 'LZIP'],
]

/**
 * Looks into an archive and into the archives in it.
 *
 * @param depth 1 for the upload itself.
 * @param onPath is told of every file directly in it.
 * @throws NotTaken
 */
export async function lookInto(
  bytes: Buffer,
  form: ArchiveForm,
  budget: Budget,
  depth = 1,
  onPath: (path: string) => void = () => {},
): Promise<void> {
  budget.enter(depth)
  await readers[form](bytes, budget, async (path, content) => {
    onPath(path)
    if (closedForms.some(([offset, mark]) => hasMark(content, offset, mark))) throw new NotTaken('kind-not-allowed')
    const inner = formOf(content)
    // A compressed tar is one archive to everybody but its format.
    const within = form === 'gzip' && inner === 'tar' ? depth : depth + 1
    if (inner !== null) await lookInto(content, inner, budget, within)
  })
}

/** By content alone: names within an archive are anybody's. */
function formOf(content: Buffer): ArchiveForm | null {
  if (hasMark(content, 0, 'PK\x03\x04') || hasMark(content, 0, 'PK\x05\x06')) return 'zip'
  if (hasMark(content, 0, '\x1f\x8b')) return 'gzip'
  if (hasMark(content, 257, 'ustar')) return 'tar'
  return null
}

const hasMark = (content: Buffer, offset: number, mark: string): boolean =>
  content.subarray(offset, offset + mark.length).toString('latin1') === mark
