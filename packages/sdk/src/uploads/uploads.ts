import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Upload } from '@custodia/wire/http/uploads.ts'
import type { Caller } from '../calls/caller.ts'
import type { Clock } from '../clock.ts'
import { CustodiaError, isCustodiaError } from '../errors.ts'

export type UploadedFile = Upload

export type FileToSend = {
  /** As the person called it; its ending says what it must be. What could mislead is left out. */
  readonly name: string
  /** 100 MiB at most; Custodia's own limit may be lower. */
  readonly content: Uint8Array
  /** Whose data it is (`usr_…`): sealed under their key, exported and erased with them. The organisation's where it is left out. */
  readonly for?: string
  /** After how many days it goes by itself, 1 to 3,650; as Custodia is set up where it is left out. */
  readonly days?: number
  /** As `newId` makes one: kept before the file is sent, it tells what became of it, even where the process that sent it ended. */
  readonly id?: string
}

/** Every method throws CustodiaError: CUSTODIA_REFUSED with Custodia's code in `details.problem`, INPUT_INVALID, and what every call throws. */
export type Uploads = {
  /** An identifier that no file has. */
  newId(): string
  /** Sends a file into quarantine. Where a reply is lost it is asked for, so that nothing is sent twice. */
  send(file: FileToSend): Promise<UploadedFile>
  get(id: string): Promise<UploadedFile>
  /**
   * Waits until it is `there` or `refused`.
   *
   * @param options.timeoutMs 10,000 unless said. It is in quarantine still where that is over, as while the scanner is away.
   */
  settled(id: string, options?: { readonly timeoutMs?: number }): Promise<UploadedFile>
  /** What the application sent and is still kept, the newest first; in one state alone where that is said. */
  list(options?: {
    readonly state?: UploadedFile['state'] | 'quarantine'
  }): AsyncGenerator<UploadedFile, void, undefined>
  /** Its bytes, where it is `there`. */
  content(id: string): Promise<Buffer>
  /** An address from which a browser may load it, for a short time; whoever has it may. Ask for it when somebody wants it. */
  link(id: string): Promise<{ readonly url: string; readonly expiresAt: string }>
  remove(id: string): Promise<void>
}

const maxBytes = 104_857_600
const transferMs = 60_000
const pollMs = 150
const again = { idempotent: true } as const
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const idForm = /^upl_[a-z2-7]{26}$/
const states = new Set<unknown>(['received', 'looked-at', 'there', 'refused'])

/** @param caller null where the client has no key. */
export function createUploads(
  caller: Caller | null,
  clock: Clock,
  pause: (ms: number) => Promise<unknown> = sleep,
): Uploads {
  function called(): Caller {
    if (caller === null) throw new CustodiaError('CONFIGURATION_INVALID', { field: 'key' })
    return caller
  }
  const get = async (id: string) => readUpload(await called().get(pathOf(id)))

  const newId = () => `upl_${Array.from(randomBytes(26), (byte) => alphabet[byte & 31]).join('')}`

  return {
    get,
    newId,
    async send(file) {
      const { name, content, days } = file
      if (name === '' || name.length > 1_000 || !name.isWellFormed()) throw invalid('name')
      if (!(content instanceof Uint8Array) || content.length > maxBytes) throw invalid('content')
      if (days !== undefined && (!Number.isInteger(days) || days < 1 || days > 3_650)) throw invalid('days')
      const { id = newId() } = file
      if (!idForm.test(id)) throw invalid('id')
      const query = new URLSearchParams({
        id,
        ...(file.for === undefined ? {} : { for: file.for }),
        ...(days === undefined ? {} : { days: String(days) }),
      })
      const request = {
        method: 'POST',
        path: `/v1/uploads?${query}`,
        headers: { 'content-type': 'application/octet-stream', 'content-disposition': disposition(name) },
        body: content as Uint8Array<ArrayBuffer>,
        timeoutMs: transferMs,
      } as const
      try {
        return readUpload(await called().send(request, again))
      } catch (error) {
        // Nobody else has this identifier, or `get` says so: an earlier try arrived, and its reply did not.
        if (!isCustodiaError(error, 'CUSTODIA_REFUSED') || error.details.problem !== 'UPLOAD_EXISTS') throw error
        return await get(id)
      }
    },
    async settled(id, { timeoutMs = 10_000 } = {}) {
      const untilMs = clock.nowMs() + timeoutMs
      for (;;) {
        const file = await get(id)
        if (file.state === 'there' || file.state === 'refused' || clock.nowMs() >= untilMs) return file
        await pause(pollMs)
      }
    },
    async *list({ state } = {}) {
      for (let cursor = ''; ; ) {
        const query = new URLSearchParams({
          limit: '100',
          ...(state === undefined ? {} : { state }),
          ...(cursor === '' ? {} : { cursor }),
        })
        const { items, next } = readPage(await called().get(`/v1/uploads?${query}`))
        yield* items
        if (next === null) return
        // A page that leads to itself would never end.
        if (next === cursor) throw new CustodiaError('CUSTODIA_REPLY_INVALID')
        cursor = next
      }
    },
    content: async (id) =>
      await called().load({
        method: 'GET',
        path: pathOf(id, '/content'),
        maxReplyBytes: maxBytes,
        timeoutMs: transferMs,
      }),
    async link(id) {
      const said = (await called().send({ method: 'POST', path: pathOf(id, '/links') }, again)) as Record<
        string,
        unknown
      >
      const { url, expiresAt } = said ?? {}
      if (typeof url !== 'string' || !/^https?:/.test(url) || typeof expiresAt !== 'string')
        throw new CustodiaError('CUSTODIA_REPLY_INVALID')
      return { url, expiresAt }
    },
    async remove(id) {
      await called().send({ method: 'DELETE', path: pathOf(id) }, again)
    },
  }
}

function pathOf(id: string, more = ''): string {
  if (!idForm.test(id)) throw invalid('id')
  return `/v1/uploads/${id}${more}`
}

const invalid = (field: string) => new CustodiaError('INPUT_INVALID', { field })

// RFC 8187 §3.2.1: attr-char leaves out what encodeURIComponent leaves in.
const disposition = (name: string) =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)}`

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
function readPage(value: unknown): { items: UploadedFile[]; next: string | null } {
  const { items, next } = (value ?? {}) as Record<string, unknown>
  if (!Array.isArray(items) || (next !== null && typeof next !== 'string'))
    throw new CustodiaError('CUSTODIA_REPLY_INVALID')
  return { items: items.map(readUpload), next }
}

/** @throws CustodiaError CUSTODIA_REPLY_INVALID */
function readUpload(value: unknown): UploadedFile {
  const { id, state, name } = (value ?? {}) as Record<string, unknown>
  if (typeof id !== 'string' || !states.has(state) || typeof name !== 'string')
    throw new CustodiaError('CUSTODIA_REPLY_INVALID')
  return value as UploadedFile
}
