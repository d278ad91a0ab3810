import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TileName } from '@custodia/wire/ledger/tile.ts'
import { formatTilePath, levelSize, tileWidth } from '@custodia/wire/ledger/tile.ts'
import { readSmall, serverUrl, tokenFrom } from '../address.ts'
import type { Command } from '../command.ts'
import { CommandError, exitCodes, unreachable, usageError } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import type { Ledger } from './source.ts'
import { folderLedger, keyFile, serverLedger } from './source.ts'
import { keyFor, reportVerification, trustedCheckpoint, verifyAll } from './verification.ts'
import { tokenOption } from './verify.ts'

export const exportLedger: Command = {
  name: 'ledger export',
  operands: 'FOLDER [URL]',
  summary: 'Copy the ledger into a folder that can be verified without the server.',
  description: [
    'The folder has the layout of C2SP tlog-tiles: checkpoint, hashes and entries, and the verifier key. It is verified',
    'when it is complete. Run again, it fetches what is new. The entries tell who did what: keep the folder private.',
  ].join('\n'),
  count: [1, 2],
  options: {
    key: { value: 'VERIFIER', summary: 'Verifier key to trust, instead of the one that the ledger offers.' },
    ...tokenOption,
  },
  examples: ['custodia ledger export ./export --token-file auditor.key', 'custodia ledger verify ./export'],
  async run({ words: [folder = '', url], options, terminal }) {
    const ledger = serverLedger(serverUrl(url, terminal), tokenFrom(options, terminal))
    const typed = typeof options.key === 'string' ? options.key : undefined
    const key = await keyFor(ledger, typed)
    prepare(folder, key.text)

    const signed = await ledger.checkpoint()
    const checkpoint = await trustedCheckpoint(signed, key)
    if (checkpoint === null) {
      throw new CommandError(exitCodes.finding, `${ledger.place} gave a checkpoint that ${key.name} did not sign.`)
    }
    await copyTiles(ledger, folder, checkpoint.size, terminal)
    write(folder, keyFile, `${key.text}\n`)
    // Last: a folder with a checkpoint has everything that the checkpoint is about.
    write(folder, 'checkpoint', signed)

    const copy = folderLedger(folder)
    const result = await verifyAll(copy, key, [], terminal)
    const keySource = typed === undefined ? 'offered by the ledger' : 'option'
    return reportVerification(result, { ledger: copy, key: key.text, keySource }, terminal)
  },
}

/** A folder that is new, empty, or an earlier export of the same log. */
function prepare(folder: string, key: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const names = readdirSync(folder)
    const isExport = names.includes(keyFile) && names.every((name) => [keyFile, 'checkpoint', 'tile'].includes(name))
    // An export that was interrupted has tiles and nothing else yet.
    const isBegun = names.length === 0 || names.join() === 'tile'
    if (!isBegun && !isExport) throw usageError(`${folder} holds something else than an export.`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw usageError(`${folder} can not be used (${code}).`)
  }
  const before = join(folder, keyFile)
  if (existsSync(before) && readSmall(before).trim() !== key) {
    throw usageError(`${folder} is an export of another ledger, or the ledger’s key is another one now.`)
  }
}

async function copyTiles(ledger: Ledger, folder: string, size: number, terminal: Terminal): Promise<void> {
  for (let level = 0; level === 0 || levelSize(size, level) > 0; level += 1) {
    const hashes = levelSize(size, level)
    for (let from = 0; from < hashes; from += tileWidth) {
      const index = from / tileWidth
      const width = Math.min(tileWidth, hashes - from)
      await copy({ level, index, width }, folder, () => ledger.tile(level, index, width))
      if (level > 0) continue
      await copy({ level: 'entries', index, width }, folder, () => ledger.entries(index, width))
      terminal.progress(`Copied ${from + width} of ${size} entries`)
    }
  }
}

/** Full tiles never change, so that one that is there is not fetched again; the verification at the end reads it. */
async function copy(name: TileName, folder: string, read: () => Promise<Uint8Array | null>): Promise<void> {
  const path = formatTilePath(name)
  if (existsSync(join(folder, path))) return
  const bytes = await read()
  if (bytes === null) throw unreachable(`The ledger has no ${path}, which its checkpoint speaks of.`)
  write(folder, path, bytes)
}

function write(folder: string, path: string, content: string | Uint8Array): void {
  const file = join(folder, path)
  const fresh = `${file}.fresh`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(fresh, content, { mode: 0o600, flush: true })
    renameSync(fresh, file)
  } catch (error) {
    throw unreachable(`${file} can not be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`)
  }
}
