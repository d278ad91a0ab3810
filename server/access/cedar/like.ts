/** One part of a pattern as Cedar's JSON has it, text or wildcard. */
export type PatternPart = string | null

/**
 * Compiles a pattern of `like`. The star stands for any text, the empty one too; everything else for itself.
 *
 * Linear in text and pattern, whatever they are: the parts between stars are found from left to right, each by Knuth, Morris and
 * Pratt's algorithm. UTF-16 code units do for Unicode characters, since neither text nor parts hold half a pair.
 *
 * @param parts text, or null for the star.
 */
export function compilePattern(parts: readonly PatternPart[]): (text: string) => boolean {
  const pieces = ['']
  for (const part of parts) {
    if (part === null) pieces.push('')
    else pieces[pieces.length - 1] += part
  }
  const first = pieces[0] ?? ''
  if (pieces.length === 1) return (text) => text === first
  const last = pieces.at(-1) ?? ''
  const between = pieces.slice(1, -1).filter((piece) => piece !== '')
  const finders = between.map(finder)
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const find of finders) {
      at = find(text, at, end)
      if (at < 0) return false
    }
    return true
  }
}

/** @returns finds the piece in [from, end) and says where it ends, or -1. */
function finder(piece: string): (text: string, from: number, end: number) => number {
  const fallback = borders(piece)
  return (text, from, end) => {
    let matched = 0
    for (let at = from; at < end; at++) {
      const unit = text.charCodeAt(at)
      while (matched > 0 && piece.charCodeAt(matched) !== unit) matched = fallback[matched - 1] ?? 0
      if (piece.charCodeAt(matched) === unit) matched++
      if (matched === piece.length) return at + 1
    }
    return -1
  }
}

/** For each beginning of the piece, the length of its longest true beginning that is also its end. */
function borders(piece: string): Uint32Array {
  const table = new Uint32Array(piece.length)
  let length = 0
  for (let at = 1; at < piece.length; at++) {
    while (length > 0 && piece.charCodeAt(length) !== piece.charCodeAt(at)) length = table[length - 1] ?? 0
    if (piece.charCodeAt(length) === piece.charCodeAt(at)) length++
    table[at] = length
  }
  return table
}
