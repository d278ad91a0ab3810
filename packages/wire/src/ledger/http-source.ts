import { formatTilePath, maxEntryLength, tileWidth } from './tile.ts'
import type { LedgerSource } from './verify-ledger.ts'

const timeoutMs = 30_000
const maxCheckpointBytes = 65_536
const maxTileBytes = tileWidth * 32
const maxBundleBytes = tileWidth * (2 + maxEntryLength)

/**
 * A ledger behind an address, as C2SP tlog-tiles lays it out. No redirect is followed, and no reply is read beyond the
 * most that its kind can be.
 *
 * @param address with or without a slash at its end, as in `https://custodia.example.com/ledger`.
 * @param headers for every request, as in `{ authorization: 'Bearer …' }`: bundles are not for anyone.
 * @returns a source whose methods throw where the address does not answer with 200 or 404.
 */
export function httpSource(address: string, headers: Readonly<Record<string, string>> = {}): LedgerSource {
  const base = address.endsWith('/') ? address : `${address}/`
  const get = async (path: string, maxBytes: number): Promise<Uint8Array | null> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(new URL(path, base), { headers, redirect: 'error', signal })
    if (response.status === 200) return readUpTo(response, maxBytes, path)
    await response.body?.cancel()
    if (response.status === 404) return null
    throw new Error(`${path}: the ledger answered ${response.status}`)
  }
  return {
    async checkpoint() {
      const bytes = await get('checkpoint', maxCheckpointBytes)
      if (bytes === null) throw new Error('checkpoint: there is no ledger at this address')
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    },
    tile: (level, index, width) => get(formatTilePath({ level, index, width }), maxTileBytes),
    entries: (index, width) => get(formatTilePath({ level: 'entries', index, width }), maxBundleBytes),
  }
}

async function readUpTo(response: Response, maxBytes: number, path: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`${path}: the reply is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
