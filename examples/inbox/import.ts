import { parseArgs } from 'node:util'
import { createCustodia } from '@custodia/sdk'
import { importMail } from './importing/import-mail.ts'
import { createProgress } from './importing/progress.ts'
import { createReader } from './mail/reader.ts'
import { custodiaOptions, dataFolder } from './settings.ts'
import { openDatabase } from './store/database.ts'
import { createMailbox } from './store/mailbox.ts'

const usage = `node examples/inbox/import.ts [--json] [--label-folders] PLACE…

Imports mail: folders of .eml and mbox files, Maildirs, or single files. Importing twice adds nothing.

  --json            one JSON object at the end instead of a line of text
  --label-folders   label each message with the name of the folder it lies in

Exit codes: 0 all kept (malformed ones too, listed with a reason), 1 some were too large to be kept or it failed, 2 usage.`

/** @returns the exit code. */
async function run(): Promise<number> {
  const options = {
    json: { type: 'boolean' },
    'label-folders': { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const parsed = attempt(() => parseArgs({ options, allowPositionals: true }))
  if (parsed === null || (parsed.positionals.length === 0 && parsed.values.help !== true)) {
    console.error(usage)
    return 2
  }
  if (parsed.values.help === true) {
    console.log(usage)
    return 0
  }
  const custodia = createCustodia(custodiaOptions(process.env))
  const database = openDatabase(dataFolder(process.env))
  const mailbox = createMailbox({ custodia, database, nowMs: () => Date.now() })
  const reader = createReader()
  const progress = createProgress({ json: parsed.values.json === true, out: process.stdout, error: process.stderr })
  try {
    const counts = await importMail(mailbox, {
      places: parsed.positionals,
      reader,
      labelFolders: parsed.values['label-folders'] === true,
      ...progress,
    })
    progress.end(counts)
    return counts.refused === 0 ? 0 : 1
  } finally {
    await reader.close()
    custodia.forgetKeys()
    database.close()
  }
}

function attempt<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch {
    return null
  }
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : 'The import failed.')
  process.exitCode = 1
}
