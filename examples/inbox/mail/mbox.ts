import { limits } from './limits.ts'

/** One message of a source, or word of one that is too large to be kept. */
export type Cut = { readonly number: number; readonly raw: Buffer | null; readonly bytes: number }

/**
 * What follows "From " in the line before a message: an address and a time (RFC 4155, Appendix A), or the bare hyphen
 * that Mozilla and others write. A sentence that begins with "From " is neither.
 */
const separator = /^From (?:- *$|- |\S+ .*\b\d{1,2}:\d{2}\b.*\b\d{4}\b)/
/** "mboxrd": each `>` more than the first stood in the message itself. */
const quotedFrom = /^>+From /

/**
 * A header field may have space before its colon (RFC 5322 §4.5.3): then it is a sender and no separator.
 *
 * @param start the file's first 8 bytes, or all of them. Some programs write a byte order mark before everything.
 */
export const startsLikeMbox = (start: Buffer) => /^(?:\u00ef\u00bb\u00bf)?From (?! *:)/.test(start.toString('latin1'))

/**
 * Cuts an mbox file into its messages. It holds one message in memory, whatever the file's size.
 *
 * @param chunks the file's bytes, beginning with "From ".
 */
export async function* cutMbox(chunks: AsyncIterable<Buffer>): AsyncGenerator<Cut> {
  let lines: Buffer[] = []
  let bytes = 0
  let number = 0
  const take = (): Cut => {
    const raw = bytes > limits.sourceBytes ? null : Buffer.concat(lines)
    const cut = { number, raw, bytes }
    lines = []
    bytes = 0
    return cut
  }
  for await (const line of linesOf(chunks)) {
    const text =
      line.length > 5 && (line[0] === 0x46 || line[0] === 0x3e) ? line.subarray(0, 200).toString('latin1') : ''
    if (number === 0 || separator.test(text.trimEnd())) {
      if (number > 0) yield take()
      number += 1
      continue
    }
    const kept = quotedFrom.test(text) ? line.subarray(1) : line
    bytes += kept.length
    if (bytes <= limits.sourceBytes) lines.push(kept)
    else lines = []
  }
  if (number > 0) yield take()
}

/** Lines with their ends. One without an end within 1 MiB is handed on in pieces. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a, start)) {
      yield rest.subarray(start, end + 1)
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > 1_048_576) {
      yield rest
      rest = Buffer.alloc(0)
    }
  }
  if (rest.length > 0) yield rest
}
