/** A name that is safe for a disk, a header and a page, in its parts. */
export type FileName = {
  /** 1 to 180 bytes of UTF-8, the extension with it. */
  readonly name: string
  /** Lower case, without dot; empty where there is none. */
  readonly extension: string
}

const maxBytes = 180
/** Endings that some server or shell would run, so that they may not stand inside a name either: `shell.php.jpg`. */
const active =
  /\.(?=(?:a?sp|asax|ashx|aspx?|bat|cgi|cmd|com|dll|exe|hta|html?|jar|jsp?x?|mjs|msi|php\d?|phar|phtml|pht|pif|pl|ps1|py|rb|scr|sh|shtml|svg|vbs?|wsf|xht|xhtml|xml)(?:\.|$))/giu
/** Names that Windows takes for devices, whatever their ending. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i

/**
 * Makes a file's name safe, by leaving out what could mislead: folders, control characters, invisible ones and those that turn the
 * direction of writing (`gpj.exe` shown as `exe.jpg`), leading dots, trailing dots and blanks. NFC, so that two forms of one name are one.
 *
 * @param given as it was sent, 4,096 characters at most.
 * @returns null where nothing is left of it.
 */
export function safeFileName(given: string): FileName | null {
  if (given.length > 4_096) return null
  const base = given.toWellFormed().normalize('NFC').split(/[/\\]/).pop() as string
  const plain = base
    // Cc, Cf (bidirectional marks, zero width), Co, Cn and line separators; U+FFFD stands where a lone surrogate was.
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\uFFFD]/gu, '')
    .replace(/\p{Zs}+/gu, ' ')
    .replace(/["<>:|?*;%`$&]/g, '_')
    .replace(/^[ .]+/, '')
    .replace(/[ .]+$/, '')
  if (plain === '') return null
  const dot = plain.lastIndexOf('.')
  const extension = dot < 0 ? '' : plain.slice(dot + 1).toLowerCase()
  const stem = (dot < 0 ? plain : plain.slice(0, dot)).replace(active, '_').replace(device, '_$&')
  const ending = extension === '' ? '' : `.${extension}`
  if (stem === '' || Buffer.byteLength(ending) > 20) return null
  return { name: `${cut(stem, maxBytes - Buffer.byteLength(ending))}${ending}`, extension }
}

/** The same name with the ending of what it has become. */
export const withExtension = ({ name, extension }: FileName, ending: string): string =>
  extension === '' ? `${name}.${ending}` : `${name.slice(0, -extension.length)}${ending}`

function cut(text: string, bytes: number): string {
  let room = bytes
  let kept = ''
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    room -= Buffer.byteLength(segment)
    if (room < 0) break
    kept += segment
  }
  return kept
}
