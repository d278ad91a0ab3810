import { createHash } from 'node:crypto'
import type { Inline } from './propose.ts'

const maxBytes = 2_097_152
const maxFound = 50
const maxScript = 262_144

/**
 * Finds the inline scripts and styles of a page while it goes by, and makes of each the hash that a policy names (CSP Level 3 §2.3.1). It
 * reads as a browser does where pages are well made; what it does not find stays a report that nobody's hash answers, and what it finds
 * too much does no harm: a hash allows that very text, and a person makes it live.
 */
export class InlineHashes {
  #pieces: Buffer[] = []
  #length = 0

  read(piece: Buffer): void {
    this.#length += piece.length
    // A page that is larger than any person writes is not read at all.
    if (this.#length > maxBytes) this.#pieces = []
    else this.#pieces.push(piece)
  }

  /** Call it at the end. */
  found(): readonly Inline[] {
    const page = Buffer.concat(this.#pieces)
    this.#pieces = []
    const text = page.toString('utf8')
    const found = new Map<string, Inline>()
    // A comment may show a script that is none.
    const begin = /<!--|<(script|style)(?=[\s/>])/gi
    for (let match = begin.exec(text); match !== null && found.size < maxFound; match = begin.exec(text)) {
      const element = match[1]?.toLowerCase()
      const from = element === undefined ? match.index + 2 : endOfTag(text, begin.lastIndex)
      if (from === -1) continue
      const end = element === undefined ? text.indexOf('-->', from) : indexOfEnd(text, element, from)
      if (end === -1) break
      const inside = text.slice(from, end)
      if (element !== undefined && !/\ssrc\s*=/i.test(text.slice(match.index, from)) && inside.trim() !== '') {
        const hash = `sha256-${createHash('sha256').update(newlines(inside)).digest('base64')}`
        if (inside.length <= maxScript) found.set(`${element} ${hash}`, { element: element as Inline['element'], hash })
      }
      begin.lastIndex = end
    }
    return [...found.values()]
  }
}

// HTML §13.2.3.5: the parser has made one line feed of each end of line before the text is hashed.
const newlines = (text: string) => text.replace(/\r\n?/g, '\n')

const maxTag = 1_024

/** The index after the `>` of a tag, past those in quotes. @returns -1 where it is longer than tags are. */
function endOfTag(text: string, from: number): number {
  let quote = ''
  for (let i = from; i < from + maxTag && i < text.length; i++) {
    const char = text[i] as string
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '>') return i + 1
  }
  return -1
}

function indexOfEnd(text: string, element: string, from: number): number {
  const end = new RegExp(`</${element}(?=[\\s/>])`, 'gi')
  end.lastIndex = from
  return end.exec(text)?.index ?? -1
}
