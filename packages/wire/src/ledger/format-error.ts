/** Text or bytes that are not in the form their specification gives. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}

/** Standard base64 (RFC 4648 §4) in its one canonical form; no other text stands for the same bytes. */
export function decodeBase64(text: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' })
  } catch {
    throw new FormatError('not base64')
  }
  // The decoder skips white space; the canonical form has none.
  if (bytes.toBase64() !== text) throw new FormatError('not canonical base64')
  return bytes
}
