import { inflateSync } from 'node:zlib'
import type { Flag } from './finding.ts'
import { NotTaken } from './finding.ts'

const acting =
  /\/(?:JavaScript|JS|OpenAction|AA|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToR|GoToE)(?![A-Za-z])/
const maxStreams = 5_000
const maxStreamBytes = 4_194_304
const maxInflatedBytes = 67_108_864

/**
 * Whether a PDF does something by itself when it is opened. Names are read with their escapes undone (ISO 32000-2 §7.3.5), and compressed
 * streams are read too, within bounds: what could not be read counts as acting.
 *
 * @throws NotTaken where it is none from its first byte to its last.
 */
export function lookAtPdf(bytes: Uint8Array): readonly Flag[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Readers search for the mark in the first KiB; what stands before it is what makes a file two at once.
  if (file.subarray(0, 5).toString('latin1') !== '%PDF-') throw new NotTaken('document-broken')
  const end = file.lastIndexOf('%%EOF')
  if (end < 0 || file.length - end > 1_024) throw new NotTaken('document-broken')
  return acts(file.toString('latin1')) || hidden(file) ? ['active'] : []
}

const acts = (text: string): boolean =>
  acting.test(text.replace(/#([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))

function hidden(file: Buffer): boolean {
  let left = maxInflatedBytes
  let at = 0
  for (let count = 0; ; count++) {
    const begin = file.indexOf('stream', at)
    if (begin < 0) return false
    const end = file.indexOf('endstream', begin)
    if (end < 0) return false
    at = end + 9
    if (count === maxStreams || left <= 0) return true
    const start = begin + 6 + (file[begin + 6] === 13 ? 1 : 0) + 1
    const dictionary = file.subarray(Math.max(0, begin - 512), begin).toString('latin1')
    // Only where names of objects stand: an object stream (§7.5.7). Pictures and fonts are not worth the time.
    if (!/\/ObjStm/.test(dictionary)) continue
    try {
      const inflated = inflateSync(file.subarray(start, end), { maxOutputLength: Math.min(left, maxStreamBytes) })
      left -= inflated.length
      if (acts(inflated.toString('latin1'))) return true
    } catch {
      return true
    }
  }
}
