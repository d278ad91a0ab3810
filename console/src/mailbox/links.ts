/** A piece of a text: `href` where it may be pressed. All pieces together are the text. */
export type Piece = { readonly text: string; readonly href: string | null }

// Ends before what is rather the sentence's than the address's.
const address = /https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}]/gi

/**
 * Finds the addresses of our own in a plain text. Others stay text: what a mail says was written by whoever could have it
 * sent, and a page of administrators is no place to follow it from.
 *
 * @param origin as in `http://custodia.localhost:8080`.
 */
export function piecesOf(text: string, origin: string): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  for (const { 0: found, index } of text.matchAll(address)) {
    if (!isOwn(found, origin)) continue
    if (index > from) pieces.push({ text: text.slice(from, index), href: null })
    pieces.push({ text: found, href: found })
    from = index + found.length
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null })
  return pieces
}

/** What is shown is where it leads: nothing that the parser would read otherwise than a person does (`\`, a name before `@`). */
function isOwn(found: string, origin: string): boolean {
  if (!URL.canParse(found) || found.includes('\\')) return false
  const url = new URL(found)
  return url.origin === origin && url.username === '' && url.password === '' && found.startsWith(origin)
}
