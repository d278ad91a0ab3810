import { UnfitInput } from '../unfit.ts'

/** Pieces of a query by name, still encoded: what separates the elements of a list must be told from what is text in them. */
export type Pieces = ReadonlyMap<string, readonly string[]>

const maxPieces = 500

/**
 * Takes a query apart as forms are (WHATWG URL §5.1), and refuses what is read in another way elsewhere: a bare `;`, at which some
 * servers separate, and what is not UTF-8.
 *
 * @param target of the request, with its query.
 * @throws UnfitInput
 */
export function piecesOf(target: string): Pieces {
  const start = target.indexOf('?')
  const raw = start === -1 ? '' : target.slice(start + 1)
  if (raw.includes(';')) throw new UnfitInput('query', 'has a bare semicolon: write it as %3B')
  return formPieces(raw, 'query')
}

/** @param root how it is named where it does not hold, as in `query`. */
export function formPieces(raw: string, root: string): Pieces {
  const pieces = new Map<string, string[]>()
  let count = 0
  for (const piece of raw.split('&')) {
    if (piece === '') continue
    if (++count > maxPieces) throw new UnfitInput(root, `has more than ${maxPieces} parts`)
    const equals = piece.indexOf('=')
    const name = decoded(equals === -1 ? piece : piece.slice(0, equals), root)
    const value = equals === -1 ? '' : piece.slice(equals + 1)
    const known = pieces.get(name)
    if (known === undefined) pieces.set(name, [value])
    else known.push(value)
  }
  return pieces
}

/** @throws UnfitInput where it is not the encoding of UTF-8. */
export function decoded(text: string, field: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new UnfitInput(field, 'is not encoded as UTF-8')
  }
}
