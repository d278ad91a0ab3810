/** A field of a form. */
export type FormPart = {
  readonly name: string
  /** As it was sent: not yet safe. Null where the part is no file. */
  readonly fileName: string | null
  /** Lower case, without parameters; null where none is said. */
  readonly mediaType: string | null
}

/** The form can't be read, or in two ways. The message is a half sentence behind "the form", safe to show. */
export class MalformedForm extends Error {}

const maxName = 200
const maxFileName = 1_000
// RFC 7230 §3.2.6. Names of parameters with a star belong to RFC 8187, which forms do not have (RFC 7578 §4.2).
const parameter = /; *([A-Za-z0-9_-]+\*?)=(?:"([^"]*)"|([!#$&+.^_`|~A-Za-z0-9-]+))/y
const mediaType =
  /^([a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,100})(?: *; *[A-Za-z0-9_-]+=(?:[\w.:+-]+|"[^"\\]*"))*$/i

/**
 * Reads the head of a part: Content-Disposition, and perhaps Content-Type, each once, and nothing else.
 *
 * @throws MalformedForm
 */
export function readPartHead(head: Uint8Array): FormPart {
  const fields = new Map<string, string>()
  for (const line of linesOf(head)) {
    const [, name = '', value = ''] = /^([A-Za-z-]+): *(.*)$/.exec(line) ?? []
    const known = name.toLowerCase()
    if (known !== 'content-disposition' && known !== 'content-type')
      throw new MalformedForm('has a part with another header field than Content-Disposition and Content-Type')
    if (fields.has(known)) throw new MalformedForm('has a part with a header field twice')
    fields.set(known, value)
  }
  const { name, fileName } = readDisposition(fields.get('content-disposition') ?? '')
  const type = fields.get('content-type')
  const known = type === undefined ? null : (mediaType.exec(type)?.[1] ?? undefined)
  if (known === undefined) throw new MalformedForm('has a part whose type is none')
  return { name, fileName, mediaType: known?.toLowerCase() ?? null }
}

function linesOf(head: Uint8Array): string[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(head)
  } catch {
    throw new MalformedForm('has a part whose head is not UTF-8')
  }
  const lines = text.split('\r\n')
  // A bare line end would be one to some readers, and a folded line goes on with a blank.
  if (lines.some((line) => /\p{Cc}/u.test(line)))
    throw new MalformedForm('has a part with a control character in its head')
  return lines
}

function readDisposition(value: string): { name: string; fileName: string | null } {
  if (!/^form-data(?= *;)/i.test(value)) throw new MalformedForm('has a part that is no form-data')
  const found = new Map<string, string>()
  let at = 'form-data'.length
  while (at < value.length) {
    parameter.lastIndex = at
    const match = parameter.exec(value)
    const key = match?.[1]?.toLowerCase()
    if (match === null || key === undefined) throw new MalformedForm('has a part whose name can be read in two ways')
    if (key !== 'name' && key !== 'filename')
      throw new MalformedForm('has a part with another parameter than name and filename')
    if (found.has(key)) throw new MalformedForm('has a part with two names')
    found.set(key, decode(match[2] ?? match[3] ?? ''))
    at = parameter.lastIndex
  }
  const name = found.get('name') ?? ''
  const fileName = found.get('filename') ?? null
  if (name === '' || name.length > maxName || /\p{Cc}/u.test(name))
    throw new MalformedForm('has a part without a name that can be kept')
  if (fileName !== null && fileName.length > maxFileName) throw new MalformedForm('has a file whose name is too long')
  return { name, fileName }
}

/** https://html.spec.whatwg.org/ "multipart/form-data encoding algorithm": these three are escaped. Others use a backslash: two readings. */
function decode(value: string): string {
  if (value.includes('\\')) throw new MalformedForm('has a part with a backslash in its name')
  return value.replace(/%22/g, '"').replace(/%0D/gi, '\r').replace(/%0A/gi, '\n')
}

/** The head of a part as browsers write it, with the line that ends it. */
export function partHead({ name, fileName, mediaType }: FormPart): Buffer {
  const file = fileName === null ? '' : `; filename="${encode(fileName)}"`
  const type = mediaType === null ? '' : `Content-Type: ${mediaType}\r\n`
  return Buffer.from(`Content-Disposition: form-data; name="${encode(name)}"${file}\r\n${type}\r\n`)
}

const encode = (value: string): string => value.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
