import { limits } from '../mail/limits.ts'
import type { Problem } from '../mail/problem.ts'
import type { Reader } from '../mail/reader.ts'
import { addMessage } from '../store/add-message.ts'
import type { ImportCounts, Outcome } from '../store/imports.ts'
import { beginImport, countOutcome, finishImport, importCounts } from '../store/imports.ts'
import { messageFingerprint } from '../store/index-tokens.ts'
import { labelName, labelNamed } from '../store/labels.ts'
import type { Mailbox } from '../store/mailbox.ts'
import type { Source } from './sources.ts'
import { filesOf, sourcesIn } from './sources.ts'

export type Imported = {
  readonly origin: string
  readonly outcome: Outcome
  /** Why it is malformed or refused. */
  readonly problem: Problem | null
}

/**
 * Imports folders and files into the mailbox. Each message is on disk before the next one begins; doing it twice adds
 * nothing, and an import that was stopped goes on where it was when it is started again.
 *
 * @param options.labelFolders labels each message with the name of the folder it lay in.
 * @param options.onMessage told about each message once it is kept.
 * @returns the figures of this import: `found` is the sum of the others.
 */
export async function importMail(
  mailbox: Mailbox,
  options: {
    readonly places: readonly string[]
    readonly reader: Reader
    readonly labelFolders: boolean
    readonly onFiles?: (count: number) => void
    readonly onMessage?: (imported: Imported, counts: ImportCounts) => void
    readonly onFile?: (done: number) => void
  },
): Promise<ImportCounts> {
  const files = await filesOf(options.places)
  options.onFiles?.(files.length)
  const importId = beginImport(mailbox)
  for (const [index, { file, root }] of files.entries()) {
    for await (const source of sourcesIn(file, root)) {
      const imported = await importOne(mailbox, { ...options, importId, source })
      options.onMessage?.(imported, importCounts(mailbox, importId))
    }
    options.onFile?.(index + 1)
  }
  finishImport(mailbox, importId)
  return importCounts(mailbox, importId)
}

async function importOne(
  mailbox: Mailbox,
  work: {
    readonly importId: string
    readonly source: Source
    readonly reader: Reader
    readonly labelFolders: boolean
  },
): Promise<Imported> {
  const { importId, source, reader } = work
  const { origin, raw } = source
  const counted = (outcome: Outcome, problem: Problem | null): Imported => {
    countOutcome(mailbox, importId, outcome)
    return { origin, outcome, problem }
  }
  if (raw === null) return counted('refused', 'TOO_LARGE')
  const fingerprint = await messageFingerprint(mailbox, raw)
  const known = mailbox.database.prepare('SELECT 1 FROM message WHERE fingerprint = ?').get(fingerprint)
  if (known !== undefined) return counted('known', null)
  const tooLarge = raw.byteLength > limits.messageBytes
  const parsed = tooLarge ? { problem: 'TOO_LARGE' as const } : await reader.read(raw)
  const name = work.labelFolders && source.folder !== null ? labelName(source.folder) : null
  const labelId = name === null ? null : await labelNamed(mailbox, name)
  const outcome = await addMessage(mailbox, { importId, raw, fingerprint, origin, parsed, labelId })
  return { origin, outcome, problem: 'problem' in parsed ? parsed.problem : null }
}
