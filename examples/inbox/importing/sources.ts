import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative } from 'node:path'
import { limits } from '../mail/limits.ts'
import { cutMbox, startsLikeMbox } from '../mail/mbox.ts'

export type Source = {
  /** Where it came from, in words, as in `2026.mbox, message 3`. */
  readonly origin: string
  /** The folder it lay in, below the one that was named; null at the top. */
  readonly folder: string | null
  /** Null where it is too large to be kept (`limits.sourceBytes`). */
  readonly raw: Buffer | null
}

const mailEndings = new Set(['.eml', '.msg', '.mail', '.mbox', '.mbx'])
/** RFC-less but everywhere: a Maildir keeps its messages in `cur` and `new`, without an ending. */
const maildirFolders = new Set(['cur', 'new'])

/**
 * The files below these places that hold mail, in order of their names. A file that is named itself is taken whatever
 * its name; links are not followed.
 */
export async function filesOf(places: readonly string[]): Promise<{ file: string; root: string }[]> {
  const files: { file: string; root: string }[] = []
  for (const place of places) {
    if ((await stat(place)).isFile()) {
      files.push({ file: place, root: dirname(place) })
      continue
    }
    const entries = await readdir(place, { recursive: true, withFileTypes: true })
    const found = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => mailEndings.has(extname(file).toLowerCase()) || maildirFolders.has(basename(dirname(file))))
    for (const file of found.sort()) files.push({ file, root: place })
  }
  return files
}

/** The messages of one file: one, or many where it is an mbox. Says so by its content, not by its name. */
export async function* sourcesIn(file: string, root: string): AsyncGenerator<Source> {
  const within = relative(root, file)
  const folder = within.includes('/') ? (within.split('/')[0] as string) : null
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0)
    if (startsLikeMbox(buffer.subarray(0, bytesRead))) {
      for await (const cut of cutMbox(createReadStream(file, { highWaterMark: 262_144 }))) {
        yield { origin: `${within}, message ${cut.number}`, folder, raw: cut.raw }
      }
      return
    }
    yield { origin: within, folder, raw: size > limits.sourceBytes ? null : await handle.readFile() }
  } finally {
    await handle.close()
  }
}
