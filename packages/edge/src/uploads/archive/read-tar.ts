import { NotTaken } from '../finding.ts'
import type { Budget } from './budget.ts'
import { checkPath } from './path.ts'

const block = 512
/** Extended headers are names; nobody has longer ones. */
const maxExtended = 65_536

/**
 * Reads a tar (POSIX.1-2017 pax, ustar, and GNU's long names) entry by entry. Files and folders alone are taken.
 *
 * @param see is given every file in it.
 * @throws NotTaken
 */
export async function readTar(
  bytes: Buffer,
  budget: Budget,
  see: (path: string, content: Buffer) => Promise<void>,
): Promise<void> {
  let longName: string | null = null
  for (let at = 0; ; ) {
    // Two empty blocks end it; many writers leave them out, or write more.
    if (at === bytes.length || isEmpty(bytes, at)) return checkRest(bytes, at)
    const header = bytes.subarray(at, at + block)
    if (header.length < block || !sumHolds(header)) throw new NotTaken('archive-broken')
    const size = octal(header, 124, 12)
    const start = at + block
    if (start + size > bytes.length) throw new NotTaken('archive-broken')
    const content = bytes.subarray(start, start + size)
    at = start + Math.ceil(size / block) * block
    budget.entry()
    const type = String.fromCharCode(header[156] as number)
    if (type === 'x' || type === 'L') {
      if (size > maxExtended || longName !== null) throw new NotTaken('archive-broken')
      longName = type === 'L' ? text(content) : (paxPath(content) ?? null)
      continue
    }
    // `g` would speak for all entries after it; what is neither file nor folder is a link, a device or a hole.
    if (type !== '0' && type !== '\0' && type !== '5') throw new NotTaken('archive-link')
    const path: string = longName ?? shortName(header)
    longName = null
    checkPath(path)
    if (type === '5') continue
    budget.spend(size)
    await see(path, content)
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').replace(/\0.*$/s, '')

function shortName(header: Buffer): string {
  const name = text(header.subarray(0, 100))
  const isUstar = header.subarray(257, 263).toString('latin1') === 'ustar\0'
  const prefix = isUstar ? text(header.subarray(345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Records `LENGTH KEY=VALUE\n`. Whatever changes more than the name or a time is refused: sizes that say otherwise are another file. */
function paxPath(content: Buffer): string | undefined {
  let path: string | undefined
  for (let at = 0; at < content.length; ) {
    const match = /^(\d{1,6}) ([^=\n]{1,100})=/.exec(content.subarray(at, at + 120).toString('latin1'))
    const length = Number(match?.[1] ?? 0)
    if (match === null || length <= match[0].length || at + length > content.length || content[at + length - 1] !== 10)
      throw new NotTaken('archive-broken')
    const key = match[2] as string
    if (key === 'path') path = content.subarray(at + match[0].length, at + length - 1).toString('utf8')
    else if (/^(?:size|linkpath|hdrcharset|GNU\.sparse)/.test(key)) throw new NotTaken('archive-link')
    at += length
  }
  return path
}

function octal(header: Buffer, at: number, length: number): number {
  const digits = /^ *([0-7]{1,11})[ \0]*$/.exec(header.subarray(at, at + length).toString('latin1'))
  if (digits === null) throw new NotTaken('archive-broken')
  return Number.parseInt(digits[1] as string, 8)
}

function sumHolds(header: Buffer): boolean {
  let sum = 8 * 32
  for (let i = 0; i < block; i++) if (i < 148 || i >= 156) sum += header[i] as number
  return sum === octal(header, 148, 8)
}

const isEmpty = (bytes: Buffer, at: number): boolean => bytes.subarray(at, at + block).every((byte) => byte === 0)

/** Behind the end only zeros: anything else is a second archive for whoever reads on. */
function checkRest(bytes: Buffer, at: number): void {
  if (!bytes.subarray(at).every((byte) => byte === 0)) throw new NotTaken('archive-broken')
}
