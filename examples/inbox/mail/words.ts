const segmenter = new Intl.Segmenter('und', { granularity: 'word' })
const maxWords = 64

/**
 * The words by which a message is found: compatibility forms folded, lower case, each once, in order.
 * Scripts without spaces are cut by the platform's dictionaries. Found is whole words only: an index of hashed words
 * can't say what begins with what.
 *
 * @returns at most 64, of 1 to 64 characters.
 */
export function wordsOf(text: string): readonly string[] {
  const words = new Set<string>()
  const folded = text.slice(0, 4096).normalize('NFKC').toLowerCase().normalize('NFKC')
  for (const { segment, isWordLike } of segmenter.segment(folded)) {
    if (isWordLike !== true) continue
    // The segmenter leaves `team.example` and `o'neil` whole; people type the pieces.
    for (const word of segment.split(/[^\p{L}\p{M}\p{N}]+/u)) {
      if (word !== '' && word.length <= 64) words.add(word)
      if (words.size === maxWords) return [...words]
    }
  }
  return [...words]
}
