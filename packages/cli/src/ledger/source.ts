import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '@custodia/wire/ledger/finding.ts'
import { columnsHeader } from '@custodia/wire/ledger/finding.ts'
import { FormatError } from '@custodia/wire/ledger/format-error.ts'
import { hashLength } from '@custodia/wire/ledger/sha256.ts'
import type { TileName } from '@custodia/wire/ledger/tile.ts'
import { formatBundle, formatTilePath, splitBundle, tileWidth } from '@custodia/wire/ledger/tile.ts'
import type { LedgerSource } from '@custodia/wire/ledger/verify-ledger.ts'
import { createFetch, readBody } from '@custodia/wire/node/fetch.ts'
import { isPrivate, readSmall } from '../address.ts'
import { unreachable } from '../command.ts'

/** A ledger, wherever it lies, with the key by which it says that it can be verified. */
export type Ledger = LedgerSource & {
  /** Where it lies, for messages. */
  readonly place: string
  /** The verifier key that it offers itself. It proves nothing about who offers it. */
  offeredKey(): Promise<string>
  /** What the place itself says is wrong, beside the tree, with the entries that were read from it. */
  admitted(): readonly Finding[]
}

/** Name of the file in a folder that holds the verifier key. */
export const keyFile = 'verifier'
const maxNoteBytes = 65_536
/** 256 entries of 65,535 bytes, each after its length in two. */
const maxTileBytes = 256 * 65_537
const timeoutMs = 10_000
const maxWaits = 5
const longestWaitMs = 60_000

export const sha256 = (message: Uint8Array): Uint8Array => createHash('sha256').update(message).digest()

/**
 * One tile or bundle. Where the partial one is gone because the log has grown, the full one does
 * (C2SP tlog-tiles, "Partial Tiles").
 */
async function partialOrFull(
  name: TileName,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<Uint8Array | null> {
  const exact = await read(formatTilePath(name))
  if (exact !== null || name.width === tileWidth) return exact
  const full = await read(formatTilePath({ ...name, width: tileWidth }))
  if (full === null) return null
  if (name.level !== 'entries') return full.subarray(0, name.width * hashLength)
  try {
    return formatBundle(splitBundle(full).slice(0, name.width))
  } catch (error) {
    if (error instanceof FormatError) return full
    throw error
  }
}

/** A folder in the layout of C2SP tlog-tiles. */
export function folderLedger(folder: string): Ledger {
  const read = async (path: string) => {
    const file = join(folder, path)
    try {
      if (statSync(file).size > maxTileBytes) return null
      return new Uint8Array(readFileSync(file))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return null
      throw unreachable(`${file} can not be read (${code ?? 'unknown'}).`)
    }
  }
  return {
    place: folder,
    offeredKey: async () => readSmall(join(folder, keyFile)).trim(),
    admitted: () => [],
    checkpoint: async () => readSmall(join(folder, 'checkpoint')),
    tile: (level, index, width) => partialOrFull({ level, index, width }, read),
    entries: (index, width) => partialOrFull({ level: 'entries', index, width }, read),
  }
}

/**
 * A running server. The API key goes with the entries only; hashes and checkpoints are anybody's.
 *
 * @param token null where none was given: then the entries can't be read.
 */
export function serverLedger(url: string, token: string | null): Ledger {
  const fetch = createFetch()
  const disagreeing = new Set<number>()

  async function get(path: string, maxBytes: number, authorization: string | null): Promise<Uint8Array | null> {
    for (let waited = 0; ; waited += 1) {
      const { status, body, retryAfterMs } = await ask(path, maxBytes, authorization)
      if (status === 200) return body
      if (status === 404) return null
      if (status === 401) throw unreachable(`${url} does not know this API key.`)
      if (status === 403) throw unreachable(`${url} declines: the API key needs the permission ledger:read:all.`)
      // A large ledger takes more requests than a server grants at once.
      const mayWait = status === 429 && waited < maxWaits && retryAfterMs <= longestWaitMs
      if (!mayWait) throw unreachable(`${url}${path} answered ${status}.`)
      await sleep(retryAfterMs)
    }
  }

  async function ask(path: string, maxBytes: number, authorization: string | null) {
    const headers: Record<string, string> = authorization === null ? {} : { authorization: `Bearer ${authorization}` }
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const response = await fetch(`${url}${path}`, { headers, signal })
      for (const place of response.headers.get(columnsHeader)?.split(',') ?? [])
        if (/^\d{1,15}$/.test(place)) disagreeing.add(Number(place))
      const retryAfterMs = Number(response.headers.get('retry-after') ?? 1) * 1000
      return { status: response.status, retryAfterMs, body: new Uint8Array(await readBody(response, maxBytes)) }
    } catch (error) {
      const why = signal.aborted ? 'no answer in ten seconds' : ((error as { code?: string }).code ?? 'no valid reply')
      throw unreachable(`${url} can not be read (${why}).`)
    }
  }

  async function required(path: string): Promise<string> {
    const body = await get(path, maxNoteBytes, null)
    if (body === null) throw unreachable(`${url} has no ${path}: is it Custodia’s address?`)
    return new TextDecoder().decode(body)
  }

  const entries = (path: string) => {
    if (token === null) {
      throw unreachable('Reading the entries needs an API key: --token-file FILE, or CUSTODIA_TOKEN_FILE.')
    }
    if (!isPrivate(url)) throw unreachable('The API key is not sent to another machine without https.')
    return get(`/ledger/${path}`, maxTileBytes, token)
  }

  return {
    place: url,
    admitted: () =>
      [...disagreeing]
        .sort((a, b) => a - b)
        .map((index) => ({
          kind: 'column-changed' as const,
          index,
          explanation: `Columns of entry ${index} in the database disagree with its body: searches can’t be trusted to find it.`,
        })),
    async offeredKey() {
      const text = await required('/v1/ledger/verifier')
      try {
        const { key } = JSON.parse(text) as { key?: unknown }
        if (typeof key === 'string') return key
      } catch {}
      throw unreachable(`${url} did not give a verifier key.`)
    },
    checkpoint: () => required('/ledger/checkpoint'),
    tile: (level, index, width) =>
      partialOrFull({ level, index, width }, (path) => get(`/ledger/${path}`, 8_192, null)),
    entries: (index, width) => partialOrFull({ level: 'entries', index, width }, entries),
  }
}
