const shifted = /\+([A-Za-z0-9+/]*)-?/g

/**
 * Text in UTF-7 (RFC 2152), which the platform's decoder does not know and which old exports still hold.
 * It is decoded before anything looks at the text: markup hidden in it is seen by the sanitiser like any other.
 *
 * @param text the characters as they came, all of them ASCII.
 */
export function decodeUtf7(text: string): string {
  return text.replace(shifted, (_, base64: string) => {
    if (base64 === '') return '+'
    const bytes = Buffer.from(base64, 'base64')
    // RFC 2152, rule 2: UTF-16 in big-endian order; bits that do not fill a unit are padding.
    let units = ''
    for (let at = 0; at + 1 < bytes.length; at += 2) units += String.fromCharCode(bytes.readUInt16BE(at))
    return units.toWellFormed()
  })
}

/** The same for encoded words (RFC 2047 §2) in a header's value. */
export function decodeUtf7Words(value: string): string | null {
  let found = false
  const decoded = value.replace(/=\?utf-7\?([bq])\?([^?\s]*)\?=/gi, (_, encoding: string, word: string) => {
    found = true
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString('latin1') : fromQ(word)
    return decodeUtf7(bytes)
  })
  return found ? decoded : null
}

/** RFC 2047 §4.2 */
const fromQ = (word: string) =>
  word
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
