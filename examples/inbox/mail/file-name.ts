const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i
const maxCharacters = 120

/**
 * A name under which a download may be saved, from one that a stranger wrote: one component of a path, with its ending,
 * without characters that hide, turn or end anything.
 */
export function safeFileName(name: string | null): string {
  const last = (name ?? '').normalize('NFC').toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const plain = last
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*%;]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  const characters = [...plain]
  if (characters.length === 0) return 'attachment'
  const ending = /\.[^.\s]{1,10}$/u.exec(plain)?.[0] ?? ''
  const short =
    characters.length <= maxCharacters ? plain : characters.slice(0, maxCharacters - ending.length).join('') + ending
  return reserved.test(short) ? `_${short}` : short
}

/** RFC 6266 §4.1 with RFC 8187 §3.2: a name in ASCII for old clients, and the real one. Always a download. */
export function contentDisposition(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
