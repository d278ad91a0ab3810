import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { formatCheckpoint } from '@custodia/wire/ledger/checkpoint.ts'
import { leafHash, rootOf } from '@custodia/wire/ledger/merkle.ts'
import { formatVerifierKey, signNote } from '@custodia/wire/ledger/note.ts'
import type { TileName } from '@custodia/wire/ledger/tile.ts'
import { formatBundle, formatTilePath, levelSize, tileWidth } from '@custodia/wire/ledger/tile.ts'
import { keyFile, sha256 } from './source.ts'

export type Log = ReturnType<typeof newLog>

/** A log's name and signing key. */
export function newLog(name = 'log.example.test') {
  const pair = generateKeyPairSync('ed25519')
  const publicKey = new Uint8Array(Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  return { name, publicKey, sign: (message: Uint8Array) => sign(null, message, pair.privateKey) }
}

/** Writes a whole ledger of these entries in the layout of C2SP tlog-tiles. @returns its folder. */
export async function writeLedger(
  log: Log,
  entries: readonly string[],
  folder = mkdtempSync(join(tmpdir(), 'custodia-ledger-')),
): Promise<string> {
  const put = (name: TileName, bytes: Uint8Array) => {
    const file = join(folder, formatTilePath(name))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
  const bytes = entries.map((entry) => new TextEncoder().encode(entry))
  let hashes = await Promise.all(bytes.map((entry) => leafHash(entry, sha256)))
  const root = await rootOf(hashes, sha256)
  for (let level = 0; hashes.length > 0; level += 1) {
    for (let from = 0; from < hashes.length; from += tileWidth) {
      const place = { index: from / tileWidth, width: Math.min(tileWidth, hashes.length - from) }
      put({ level, ...place }, Buffer.concat(hashes.slice(from, from + tileWidth)))
      if (level === 0) put({ level: 'entries', ...place }, formatBundle(bytes.slice(from, from + tileWidth)))
    }
    const full = Array.from({ length: levelSize(hashes.length, 1) }, (_, at) => at * tileWidth)
    hashes = await Promise.all(full.map((from) => rootOf(hashes.slice(from, from + tileWidth), sha256)))
  }
  const body = formatCheckpoint({ origin: log.name, size: entries.length, root, extensions: [] })
  writeFileSync(join(folder, 'checkpoint'), await signNote(body, log))
  writeFileSync(join(folder, keyFile), `${await formatVerifierKey(log.name, log.publicKey)}\n`)
  return folder
}

/** Entries as an application would make them. */
export const entriesOf = (count: number) => Array.from({ length: count }, (_, at) => `{"n":${at}}`)

/** Changes a file of the ledger. */
export function edit(folder: string, path: string, change: (bytes: Buffer) => Buffer | string): void {
  const file = join(folder, path)
  writeFileSync(file, change(readFileSync(file)))
}
