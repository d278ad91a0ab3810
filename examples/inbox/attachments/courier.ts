import { setTimeout as sleep } from 'node:timers/promises'
import type { Uploads } from '@custodia/sdk'
import { isCustodiaError } from '@custodia/sdk'
import type { AttachmentRow } from '../store/attachments.ts'
import {
  changeAttachment,
  claimDue,
  dropPieces,
  dueErasures,
  erased,
  eraseLater,
  eraseUpload,
  forgetAll,
  nextDueMs,
} from '../store/attachments.ts'
import type { Mailbox } from '../store/mailbox.ts'
import { team } from '../store/mailbox.ts'
import { maxShownBytes } from '../store/pictures.ts'
import { openContents, openPieces } from '../store/sealed-fields.ts'
import { uploadName } from './upload-name.ts'

/** Each holds a whole attachment for a moment. */
const atOnce = 4
const erasedAtOnce = 20
/** Longer than handing one over may take. */
const claimMs = 300_000
const shortestMs = 300
const longestMs = 3_600_000
const idleMs = 2_000
const probeMs = 60_000
/** The longest that Custodia keeps a file. */
const days = 3_650

/** Why an attachment waits that could be handed over if Custodia were set up for it, by Custodia's code. */
const hindrances: ReadonlyMap<string, string> = new Map([
  ['UPLOAD_SCANNER_UNSET', 'no-scanner'],
  ['UPLOAD_QUOTA_REACHED', 'no-room'],
  ['ACCESS_DENIED', 'not-allowed'],
])
/** What no second try changes. */
const hopeless: ReadonlyMap<string, string> = new Map([
  ['UPLOAD_NAME_MISSING', 'name-unusable'],
  ['REQUEST_TOO_LARGE', 'too-large'],
])

/** Hands attachments over to Custodia, asks what became of them, and erases there what was removed here. What it does, it does again. */
export type Courier = {
  /** Does what is due now. @returns whether anything was. */
  round(): Promise<boolean>
  /** Rounds until it is stopped. */
  start(): void
  stop(): Promise<void>
}

/** @param onFault told what nobody foresaw; it is tried again. */
export function createCourier(parts: {
  readonly mailbox: Mailbox
  readonly uploads: Uploads
  readonly onFault: (error: unknown) => void
}): Courier {
  const { mailbox, uploads, onFault } = parts
  const stopping = new AbortController()
  let running: Promise<void> | null = null
  let probedMs = Number.NEGATIVE_INFINITY

  const later = (tries: number) => mailbox.nowMs() + Math.min(shortestMs * 2 ** Math.min(tries, 20), longestMs)

  async function handOver(row: AttachmentRow): Promise<void> {
    const contents = await openContents(mailbox, row.messageId)
    const entry = contents?.attachments[row.number]
    const bytes =
      entry === undefined
        ? null
        : await openPieces(mailbox, row.messageId, `attachment${row.number}`, entry.pieces).catch(ifChanged)
    if (entry === undefined || bytes === null)
      return void changeAttachment(mailbox, row, { state: 'unchecked', reason: 'damaged', dueMs: null })
    // Kept before it is sent: whatever becomes of this process, what Custodia got is known, and can be erased.
    const uploadId = row.uploadId ?? uploads.newId()
    if (!changeAttachment(mailbox, row, { uploadId, dueMs: mailbox.nowMs() + claimMs })) return
    const sent = { id: uploadId, name: uploadName(entry, bytes), content: bytes, days }
    try {
      await uploads.send(sent)
    } catch (error) {
      return notSent({ ...row, uploadId }, error)
    }
    const isHere = changeAttachment(mailbox, row, { uploadId, state: 'sent', reason: null, tries: 0, dueMs: later(0) })
    if (!isHere) eraseUpload(mailbox, uploadId)
  }

  function notSent(row: AttachmentRow, error: unknown): void {
    const problem = problemOf(error)
    const final = isCustodiaError(error, 'INPUT_INVALID') ? 'too-large' : hopeless.get(problem)
    const change =
      final === undefined
        ? { reason: hindrances.get(problem) ?? null, tries: row.tries + 1, dueMs: later(row.tries + 3) }
        : ({ state: 'unchecked', reason: final, uploadId: null, dueMs: null } as const)
    if (!changeAttachment(mailbox, row, change) && row.uploadId !== null) eraseUpload(mailbox, row.uploadId)
    if (final === undefined && !hindrances.has(problem)) onFault(error)
  }

  async function ask(row: AttachmentRow): Promise<void> {
    const { state, reason, flags, mediaType, sizeBytes } = await uploads.get(row.uploadId as string).catch((error) => {
      if (problemOf(error) !== 'UPLOAD_UNKNOWN') throw error
      return { state: 'gone' as const, reason: null, flags: [], mediaType: null, sizeBytes: 0 }
    })
    if (state === 'received' || state === 'looked-at')
      return void changeAttachment(mailbox, row, { tries: row.tries + 1, dueMs: later(Math.min(row.tries, 8)) })
    const active = flags.length > 0
    const picture = mediaType?.startsWith('image/') === true && sizeBytes <= maxShownBytes
    changeAttachment(mailbox, row, { state, reason, active, picture, dueMs: null })
    if (state !== 'gone') dropPieces(mailbox, row)
  }

  async function seeTo(row: AttachmentRow): Promise<void> {
    try {
      await (row.state === 'sent' ? ask(row) : handOver(row))
    } catch (error) {
      changeAttachment(mailbox, row, { tries: row.tries + 1, dueMs: later(row.tries + 3) })
      if (isCustodiaError(error, 'KEY_SHREDDED')) forgetAll(mailbox)
      else onFault(error)
    }
  }

  async function erase({ uploadId, tries }: { uploadId: string; tries: number }): Promise<void> {
    try {
      await uploads.remove(uploadId)
      erased(mailbox, uploadId)
    } catch (error) {
      if (problemOf(error) === 'UPLOAD_UNKNOWN') return erased(mailbox, uploadId)
      eraseLater(mailbox, uploadId, tries + 1, later(tries + 3))
      onFault(error)
    }
  }

  /** Whoever erases the mailbox destroys its keys, and tells nobody: what lies at Custodia under another key would outlive them. */
  async function probe(): Promise<void> {
    if (mailbox.nowMs() - probedMs < probeMs) return
    probedMs = mailbox.nowMs()
    try {
      await mailbox.messages.seal({ subject: team, record: 'probe', fields: { probe: '' } })
    } catch (error) {
      if (isCustodiaError(error, 'KEY_SHREDDED')) forgetAll(mailbox)
    }
  }

  async function round(): Promise<boolean> {
    await probe()
    const erasures = dueErasures(mailbox, erasedAtOnce)
    for (const one of erasures) await erase(one)
    const rows = claimDue(mailbox, atOnce, mailbox.nowMs() + claimMs)
    await Promise.all(rows.map(seeTo))
    return erasures.length + rows.length > 0
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const pauseMs = await step()
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  /** @returns for how long there is nothing to do: not long, where something is being looked at. */
  async function step(): Promise<number> {
    try {
      return (await round()) ? 0 : Math.min(Math.max(nextDueMs(mailbox) - mailbox.nowMs(), 50), idleMs)
    } catch (error) {
      onFault(error)
      return idleMs
    }
  }

  return {
    round,
    start() {
      running ??= run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

const problemOf = (error: unknown): string =>
  isCustodiaError(error, 'CUSTODIA_REFUSED') ? String(error.details.problem) : ''

/** Somebody changed it in the store: what is no longer what came is not handed over. */
function ifChanged(error: unknown): null {
  if (isCustodiaError(error, 'ENVELOPE_INVALID')) return null
  throw error
}
