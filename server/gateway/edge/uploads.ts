import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Examined } from '@custodia/edge/uploads/examine.ts'
import { refusals } from '@custodia/edge/uploads/finding.ts'
import { kindOfBody } from '@custodia/edge/uploads/form/form-parts.ts'
import type { HeldPart } from '@custodia/edge/uploads/form/hold-form.ts'
import { holdForm } from '@custodia/edge/uploads/form/hold-form.ts'
import type { FormPart } from '@custodia/edge/uploads/form/part-head.ts'
import { MalformedForm, partHead } from '@custodia/edge/uploads/form/part-head.ts'
import { boundaryOf } from '@custodia/edge/uploads/form/read-form.ts'
import { kinds } from '@custodia/edge/uploads/kinds.ts'
import { refuseRequest } from '../../platform/http/errors.ts'
import { network } from '../../platform/http/limits.ts'
import type { Uploads } from '../../uploads/api.ts'
import { refuse } from '../errors.ts'
import type { Region } from './sealed-spool.ts'
import { SealedSpool } from './sealed-spool.ts'
import type { UploadRule } from './uploads-config.ts'

/** Together, in this process and from one network: each has a file on the disk that is as large as its request may be. */
const mostTogether = 32
const mostOfNetwork = 4
/** For all files of one request. What is not looked at by then was not scanned. */
const lookMs = 120_000
/** How many times as large as its cap a request may become by what is made anew. */
const mostGrown = 4

export type Sent = {
  readonly payload: Readable
  readonly contentType: string | undefined
  readonly contentLength: string | undefined
  readonly address: string
  /** Told of a file that is not passed on. */
  readonly turned: (turned: Turned) => void
}

/** The request as the application gets it. */
export type Passed = { readonly body: Readable; readonly contentType: string; readonly contentLength: number }

/** Why a file was not passed on. */
export type Turned = { readonly reason: string; readonly signature: string | null }

type Held = HeldPart<Region>
type Part = { readonly head: FormPart; readonly content: Buffer | Region }

/**
 * Files on their way to an application: all of the request is held, sealed, until each file in it was looked at and scanned; then a request
 * that was made anew goes on, or none.
 */
export class UploadDefence {
  readonly #examine: Uploads['examine']
  readonly #from = new Map<string, number>()
  #underWay = 0

  constructor(examine: Uploads['examine']) {
    this.#examine = examine
  }

  /**
   * @param done called with what lets go of the disk: once the request was answered, or broke off.
   * @throws Refusal MEDIA_TYPE_UNSUPPORTED, REQUEST_TOO_LARGE, REQUEST_TIMEOUT, REQUEST_INVALID, SERVER_BUSY, GATEWAY_FORM_MALFORMED,
   * GATEWAY_FILE_REFUSED, GATEWAY_FILE_NOT_SCANNED.
   */
  async receive(rule: UploadRule, sent: Sent, done: (release: () => void) => void): Promise<Passed> {
    if (Number(sent.contentLength ?? 0) > rule.maxBytes) throw tooLarge(rule)
    // Before anything is held: it throws where the type is none that is taken.
    bodyName(rule, sent.contentType)
    const from = network(sent.address)
    this.#enter(from)
    const gone = new AbortController()
    let spool: SealedSpool | null = null
    done(() => {
      gone.abort()
      this.#leave(from)
      void spool?.close()
    })
    spool = await SealedSpool.open()
    if (gone.signal.aborted) {
      await spool.close()
      throw endedEarly()
    }
    try {
      return await this.#take(rule, sent, spool, gone.signal)
    } catch (error) {
      // With whoever went away the spool is gone, too.
      throw gone.signal.aborted ? endedEarly() : error
    }
  }

  async #take(rule: UploadRule, sent: Sent, spool: SealedSpool, gone: AbortSignal): Promise<Passed> {
    const name = bodyName(rule, sent.contentType)
    const pieces = inTime(sent.payload, rule, gone)
    const held =
      name === null ? await readForm(pieces, rule, sent.contentType, spool) : [await readFile(pieces, name, spool)]
    const parts: Part[] = []
    const stop = AbortSignal.any([gone, AbortSignal.timeout(lookMs)])
    for (const one of held) parts.push(await this.#look(rule, one, { spool, stop, turned: sent.turned }))
    if (gone.aborted) throw endedEarly()
    // What is made anew may be larger than what came: of that, too, a disk holds so much.
    if (parts.reduce((sum, { content }) => sum + content.length, 0) > rule.maxBytes * mostGrown) throw tooLarge(rule)
    return name === null ? asForm(parts, spool) : asBody(parts[0] as Part, spool)
  }

  async #look(
    rule: UploadRule,
    { part, content }: Held,
    { spool, stop, turned }: { spool: SealedSpool; stop: AbortSignal; turned: Sent['turned'] },
  ): Promise<Part> {
    if (part.fileName === null || Buffer.isBuffer(content)) return { head: { ...part, mediaType: null }, content }
    // What browsers send where nobody chose a file.
    if (part.fileName === '' && content.length === 0)
      return { head: { ...part, mediaType: 'application/octet-stream' }, content }
    const read = async () => Buffer.concat(await Array.fromAsync(spool.read(content)))
    const found = await this.#examine(read, part.fileName, rule.policy, stop)
    if (found.verdict !== 'taken') throw refused(part.name, found, turned)
    const { name: fileName, mediaType, remade } = found
    const head = { name: part.name, fileName, mediaType }
    if (remade === null || rule.images === 'keep') return { head, content }
    const writer = spool.writer()
    await writer.write(remade)
    return { head, content: await writer.end() }
  }

  #enter(from: string): void {
    const theirs = this.#from.get(from) ?? 0
    if (this.#underWay >= mostTogether || theirs >= mostOfNetwork)
      throw refuseRequest('SERVER_BUSY', { retryAfterSeconds: 5 })
    this.#underWay += 1
    this.#from.set(from, theirs + 1)
  }

  #leave(from: string): void {
    const theirs = (this.#from.get(from) ?? 1) - 1
    this.#underWay -= 1
    if (theirs === 0) this.#from.delete(from)
    else this.#from.set(from, theirs)
  }
}

function refused(field: string, found: Exclude<Examined, { verdict: 'taken' }>, turned: Sent['turned']) {
  if (found.verdict === 'unsure') {
    turned({ reason: 'not-scanned', signature: null })
    return refuse('GATEWAY_FILE_NOT_SCANNED', { retryAfterSeconds: 30 })
  }
  const { reason, signature } = found
  turned({ reason, signature })
  const detail = reason === 'malware' ? 'The scanner found malware in it.' : refusals[reason]
  return refuse('GATEWAY_FILE_REFUSED', { field: `body.${field}`, reason, detail })
}

/** A file that is the body has no name: its type says what its ending would be. Null for a form. */
function bodyName({ as }: UploadRule, contentType: string | undefined): string | null {
  if (as === 'form') {
    if (boundaryOf(contentType) === null)
      throw refuseRequest('MEDIA_TYPE_UNSUPPORTED', { field: 'header.content-type' })
    return null
  }
  const kind = kindOfBody(contentType)
  if (kind === null) throw refuseRequest('MEDIA_TYPE_UNSUPPORTED', { field: 'header.content-type' })
  return `file.${kinds[kind].extensions[0]}`
}

/** The pieces of a body, under its cap and within its time. */
async function* inTime(payload: Readable, rule: UploadRule, gone: AbortSignal): AsyncGenerator<Buffer> {
  const pieces = payload.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
  let over: Error | null = null
  let waiting: PromiseWithResolvers<never> | null = null
  const stop = (error: Error) => {
    over = error
    waiting?.reject(error)
  }
  const next = () => {
    // Another for each piece: one that outlives them would keep something of every one.
    waiting = Promise.withResolvers<never>()
    if (over !== null) waiting.reject(over)
    return Promise.race([pieces.next(), waiting.promise])
  }
  const late = setTimeout(() => stop(refuseRequest('REQUEST_TIMEOUT')), rule.seconds * 1_000)
  const left = () => stop(endedEarly())
  gone.addEventListener('abort', left)
  let length = 0
  try {
    for (let one = await next(); one.done !== true; one = await next()) {
      length += one.value.length
      if (length > rule.maxBytes) throw tooLarge(rule)
      yield one.value
    }
  } catch (error) {
    // What a connection throws that broke off in the middle.
    throw (error as { code?: unknown }).code === 'ECONNRESET' ? endedEarly() : error
  } finally {
    clearTimeout(late)
    gone.removeEventListener('abort', left)
  }
}

async function readFile(pieces: AsyncIterable<Buffer>, name: string, spool: SealedSpool): Promise<Held> {
  const writer = spool.writer()
  for await (const piece of pieces) await writer.write(piece)
  return { part: { name: 'file', fileName: name, mediaType: null }, content: await writer.end() }
}

async function readForm(
  pieces: AsyncIterable<Buffer>,
  rule: UploadRule,
  contentType: string | undefined,
  spool: SealedSpool,
): Promise<Held[]> {
  try {
    return await holdForm(pieces, boundaryOf(contentType) as string, rule, () => spool.writer())
  } catch (error) {
    if (error instanceof MalformedForm)
      throw refuse('GATEWAY_FORM_MALFORMED', { field: 'body', detail: `the form ${error.message}` })
    throw error
  }
}

/** Written anew: no reader of it can find another boundary than the one that was read here. */
function asForm(parts: readonly Part[], spool: SealedSpool): Passed {
  const boundary = `custodia-${randomBytes(18).toString('base64url')}`
  const begin = parts.map(({ head }) => Buffer.concat([Buffer.from(`--${boundary}\r\n`), partHead(head)]))
  const end = Buffer.from(`--${boundary}--\r\n`)
  const contentLength = parts.reduce(
    (sum, { content }, at) => sum + (begin[at]?.length ?? 0) + content.length + 2,
    end.length,
  )
  async function* body() {
    for (const [at, { content }] of parts.entries()) {
      yield begin[at] as Buffer
      if (Buffer.isBuffer(content)) yield content
      else yield* spool.read(content)
      yield Buffer.from('\r\n')
    }
    yield end
  }
  return {
    body: Readable.from(body(), { objectMode: false }),
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength,
  }
}

const asBody = ({ head, content }: Part, spool: SealedSpool): Passed => ({
  body: Readable.from(spool.read(content as Region), { objectMode: false }),
  contentType: head.mediaType as string,
  contentLength: content.length,
})

const tooLarge = ({ maxBytes }: UploadRule) => refuseRequest('REQUEST_TOO_LARGE', { limitBytes: maxBytes })
const endedEarly = () => refuseRequest('REQUEST_INVALID', { field: 'body', detail: 'ended early' })
