/** First bytes of the picture types that a page may hold. SVG is none of them: it is a document that can run scripts. */
const signatures: readonly { readonly type: string; readonly fits: (bytes: Buffer) => boolean }[] = [
  { type: 'image/png', fits: (bytes) => bytes.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex')) },
  { type: 'image/jpeg', fits: (bytes) => bytes.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex')) },
  { type: 'image/gif', fits: (bytes) => /^GIF8[79]a/.test(bytes.subarray(0, 6).toString('latin1')) },
  { type: 'image/webp', fits: (bytes) => /^RIFF....WEBP/s.test(bytes.subarray(0, 12).toString('latin1')) },
]

/** What the bytes are, whatever the sender says. Null where they are no picture that is shown. */
export function pictureType(bytes: Buffer): string | null {
  return signatures.find((signature) => signature.fits(bytes))?.type ?? null
}
