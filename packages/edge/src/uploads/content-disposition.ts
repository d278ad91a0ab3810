// RFC 8187 §3.2.1: attr-char.
const plain = /[A-Za-z0-9!#$&+.^_`|~-]/

/** As a download with this name: RFC 6266 §4 and appendix D, an ASCII form for old readers and the whole one as RFC 8187 gives it. */
export function attachment(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/["\\%]/g, '_')
    .trim()
  return `attachment; filename="${ascii === '' || ascii.startsWith('.') ? `file${ascii}` : ascii}"; filename*=UTF-8''${encode(name)}`
}

/**
 * The name in a Content-Disposition header of an upload. Only the two forms that `attachment` writes, alone or together; the extended one
 * counts where both are there (RFC 6266 §4.3).
 *
 * @returns null for anything else.
 */
export function namedIn(header: string | undefined): string | null {
  if (header === undefined || header.length > 4_096) return null
  const match =
    /^attachment(?:; *filename="((?:[\x20\x21\x23-\x5b\x5d-\x7e])*)")?(?:; *filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+))?$/i.exec(
      header,
    )
  if (match === null) return null
  const [, quoted, extended] = match
  if (extended === undefined) return quoted ?? null
  try {
    return decodeURIComponent(extended)
  } catch {
    return null
  }
}

function encode(name: string): string {
  let text = ''
  for (const byte of Buffer.from(name, 'utf8')) {
    const character = String.fromCharCode(byte)
    text += plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
