import type { IncomingMessage } from 'node:http'
import { refusals } from '@custodia/edge/uploads/finding.ts'
import type { FormRules } from '@custodia/edge/uploads/form/form-parts.ts'
import { kindOfBody } from '@custodia/edge/uploads/form/form-parts.ts'
import type { HeldPart } from '@custodia/edge/uploads/form/hold-form.ts'
import { holdForm, inMemory } from '@custodia/edge/uploads/form/hold-form.ts'
import { MalformedForm } from '@custodia/edge/uploads/form/part-head.ts'
import { boundaryOf } from '@custodia/edge/uploads/form/read-form.ts'
import { kinds } from '@custodia/edge/uploads/kinds.ts'
import { usualPolicy } from '@custodia/edge/uploads/policy.ts'
import { ofInput, partsOf } from '../body.ts'
import { orAborted } from '../calls/or-aborted.ts'
import { CustodiaError } from '../errors.ts'
import type { UploadGuard } from './guard.ts'

/** As `edge.uploads` of an application behind the gateway; here for the routes that it stands before. */
export type UploadIntakeOptions = {
  readonly guard: UploadGuard
  /** A form with files (RFC 7578), or one file as the body; `form` unless said. */
  readonly as?: 'form' | 'body'
  /** Of the whole request: 1,024 to 104,857,600; 26,214,400 unless said. The policy of the guard bounds each file. */
  readonly maxBytes?: number
  /** 1 to 100; 10 unless said. */
  readonly maxFiles?: number
  /** 0 to 1,000; 100 unless said. */
  readonly maxFields?: number
  /** How long all of it may take to arrive: 1 to 600; 60 unless said. */
  readonly seconds?: number
  /** Fields that may stand in a form more than once. */
  readonly repeated?: readonly string[]
  /** Requests whose files are in memory at once: 1 to 100; 4 unless said. One more is answered 503. */
  readonly maxTogether?: number
}

/** A file that was looked at and scanned. */
export type TakenFile = {
  /** The field of the form; `file` where the file was the body. */
  readonly field: string
  /** Safe for a disk, a header and a page. */
  readonly name: string
  readonly mediaType: string
  readonly flags: readonly ('active' | 'formula')[]
  /** What is to be kept: of an image not what was sent, but what was made of its pixels. */
  readonly content: Uint8Array
}

export type Taken = {
  readonly files: readonly TakenFile[]
  /** Fields that are no files; several values only of those that may be repeated. */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

export type UploadIntake = {
  /**
   * Reads the whole of what Node received, and has each file in it looked at and scanned. All are taken, or none.
   *
   * @throws CustodiaError MEDIA_TYPE_UNSUPPORTED, REQUEST_TOO_LARGE, REQUEST_TIMEOUT, REQUEST_INVALID, FORM_MALFORMED, FILE_REFUSED (with
   * `field`, `reason` and `detail`), FILE_NOT_SCANNED or SERVER_BUSY.
   */
  take(request: IncomingMessage): Promise<Taken>
  /** The same for a request of the Fetch API. */
  takeFetch(request: Request): Promise<Taken>
}

/** What a request brought. @throws CustodiaError REQUEST_INVALID where no `takeUploads` stands before this route. */
export function takenOf(taken: Taken | undefined): Taken {
  if (taken === undefined) throw new CustodiaError('REQUEST_INVALID', { field: 'body', detail: 'was not taken' })
  return taken
}

type Settings = FormRules & {
  readonly guard: UploadGuard
  readonly as: 'form' | 'body'
  readonly maxBytes: number
  readonly seconds: number
}
type Head = Readonly<Record<'type' | 'length' | 'coding', string | undefined>>
type Held = HeldPart<Buffer>

/** @throws CustodiaError CONFIGURATION_INVALID, with the option in `details.field`. */
export function createUploadIntake(options: UploadIntakeOptions): UploadIntake {
  const settings = settingsOf(options)
  const maxTogether = within('maxTogether', options.maxTogether ?? 4, 1, 100)
  let together = 0

  async function take(head: Head, body: AsyncIterator<Uint8Array>): Promise<Taken> {
    const { as, maxBytes, guard } = settings
    if (Number(head.length ?? 0) > maxBytes) throw ofInput.tooLarge(maxBytes)
    if (head.coding !== undefined) throw mediaType('content-encoding')
    const boundary = as === 'form' ? boundaryOf(head.type) : null
    const kind = as === 'body' ? kindOfBody(head.type) : null
    if (boundary === null && kind === null) throw mediaType('content-type')
    // Before anything is read: what waits in memory is bounded by it.
    if (together >= maxTogether) throw new CustodiaError('SERVER_BUSY')
    together += 1
    try {
      const pieces = inTime(body, settings)
      const held =
        kind === null
          ? await readForm(pieces, boundary as string, settings)
          : [await readFile(pieces, `file.${kinds[kind].extensions[0]}`)]
      return await sorted(held, guard)
    } finally {
      together -= 1
    }
  }

  return {
    take: (request) => {
      const { 'content-type': type, 'content-length': length, 'content-encoding': coding } = request.headers
      return take({ type, length, coding }, partsOf(request))
    },
    takeFetch: ({ headers, body }) => {
      const said = (name: string) => headers.get(name) ?? undefined
      const head = { type: said('content-type'), length: said('content-length'), coding: said('content-encoding') }
      return take(head, (body ?? new Blob().stream())[Symbol.asyncIterator]())
    },
  }
}

/** For all files of one request, as at the gateway. What is not looked at by then was not scanned. */
const lookMs = 120_000

/** Each file is looked at in a process of its own: one after another. */
async function sorted(held: readonly Held[], guard: UploadGuard): Promise<Taken> {
  const stop = AbortSignal.timeout(lookMs)
  const examine = (content: Uint8Array, name: string) => guard.examine(content, name, stop)
  const files: TakenFile[] = []
  const fields = new Map<string, string[]>()
  for (const { part, content } of held) {
    const { name: field, fileName } = part
    if (fileName === null) fields.set(field, [...(fields.get(field) ?? []), textOf(content)])
    // What browsers send where nobody chose a file.
    else if (fileName !== '' || content.length > 0) files.push(await looked(field, fileName, content, examine))
  }
  return { files, fields }
}

async function looked(
  field: string,
  fileName: string,
  content: Buffer,
  examine: UploadGuard['examine'],
): Promise<TakenFile> {
  const found = await examine(content, fileName)
  if (found.verdict === 'unsure') throw new CustodiaError('FILE_NOT_SCANNED')
  if (found.verdict === 'refused') {
    const { reason } = found
    const detail = reason === 'malware' ? 'The scanner found malware in it.' : refusals[reason]
    throw new CustodiaError('FILE_REFUSED', { field: `body.${field}`, reason, detail })
  }
  const { verdict: _, ...taken } = found
  return { field, ...taken }
}

async function readFile(pieces: AsyncIterable<Uint8Array>, fileName: string): Promise<Held> {
  const content = Buffer.concat(await Array.fromAsync(pieces))
  return { part: { name: 'file', fileName, mediaType: null }, content }
}

async function readForm(pieces: AsyncIterable<Uint8Array>, boundary: string, rules: FormRules): Promise<Held[]> {
  try {
    return await holdForm(pieces, boundary, rules, inMemory)
  } catch (error) {
    throw error instanceof MalformedForm ? malformed(error.message) : error
  }
}

/** The pieces of a body, under its cap and within its time. */
async function* inTime(body: AsyncIterator<Uint8Array>, { seconds, maxBytes }: Settings): AsyncGenerator<Uint8Array> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new CustodiaError('REQUEST_TIMEOUT')), seconds * 1_000)
  let length = 0
  try {
    for (;;) {
      // A race with one promise for all pieces would remember each of them to the end.
      const next = await orAborted(body.next(), late.signal, () => {})
      if (next.done === true) return
      length += next.value.length
      if (length > maxBytes) throw ofInput.tooLarge(maxBytes)
      yield next.value
    }
  } finally {
    clearTimeout(timer)
    // Not waited for: whoever sends slowly could be waited for long.
    void body.return?.().catch(() => {})
  }
}

function textOf(content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    throw malformed('has a field that is not UTF-8')
  }
}

const malformed = (what: string) => new CustodiaError('FORM_MALFORMED', { field: 'body', detail: `the form ${what}` })
const mediaType = (header: string) => new CustodiaError('MEDIA_TYPE_UNSUPPORTED', { field: `header.${header}` })

function settingsOf(options: UploadIntakeOptions): Settings {
  const { guard, as = 'form', repeated = [] } = options
  if (as !== 'form' && as !== 'body') throw wrong('as')
  return {
    guard,
    as,
    maxBytes: within('maxBytes', options.maxBytes ?? usualPolicy.maxBytes, 1_024, 104_857_600),
    maxFiles: within('maxFiles', options.maxFiles ?? 10, 1, 100),
    maxFields: within('maxFields', options.maxFields ?? 100, 0, 1_000),
    seconds: within('seconds', options.seconds ?? 60, 1, 600),
    repeated: new Set(repeated),
  }
}

function within(field: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) throw wrong(field)
  return value
}

const wrong = (field: string) => new CustodiaError('CONFIGURATION_INVALID', { field })
