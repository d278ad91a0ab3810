import { wordsOf } from '../mail/words.ts'
import { wordTokens } from './index-tokens.ts'
import { labelsOf } from './labels.ts'
import type { Mailbox } from './mailbox.ts'
import { oneOf } from './places.ts'
import type { Contents } from './sealed-fields.ts'
import { openShort } from './sealed-fields.ts'

export type ListedMessage = {
  readonly id: string
  readonly receivedMs: number
  readonly subject: string
  readonly from: string
  readonly snippet: string
  readonly labelIds: readonly string[]
  /** Not counting pictures that stand in the text. */
  readonly attachments: number
  readonly unread: boolean
  /** What is stored is not what was sealed. */
  readonly damaged: boolean
}

/** Where a page begins: below this message. */
export type Position = { readonly receivedMs: number; readonly id: string }

const pageSize = 30
/** A search opens at most this many messages for one page; more comes with the next page. */
const maxOpened = 600
const openedAtOnce = 100
const maxSearchWords = 8

/**
 * One page of what somebody may see, newest first.
 *
 * @param options.places what is listed: nothing of any other mailbox or folder is found, whatever else is asked for.
 * @param options.person whose unread marks are shown.
 * @param options.search words that all must stand in the subject or the sender.
 * @returns up to 30 messages; `next` is null at the end. A page of a search may be short and still have a next.
 */
export async function listMessages(
  mailbox: Mailbox,
  options: {
    readonly person: string
    readonly places: readonly string[]
    readonly labelId: string | null
    readonly search: string
    readonly after: Position | null
  },
): Promise<{ items: ListedMessage[]; next: Position | null }> {
  const words = wordsOf(options.search).slice(0, maxSearchWords)
  const tokens = await wordTokens(mailbox, words)
  const items: ListedMessage[] = []
  let position = options.after
  for (let opened = 0; opened < maxOpened; opened += openedAtOnce) {
    const limit = words.length === 0 ? pageSize + 1 : openedAtOnce
    const rows = candidates(mailbox, { ...options, tokens, after: position, limit })
    for (const item of await open(mailbox, rows)) {
      if (items.length === pageSize) return { items, next: position }
      position = { receivedMs: item.receivedMs, id: item.id }
      // Tokens are short and collide: only the opened text says whether the word is there.
      if (holdsAll(item, words)) items.push(item)
    }
    if (rows.length < limit) return { items, next: null }
  }
  return { items, next: position }
}

type Row = { readonly id: string; readonly receivedMs: number; readonly seen: number }

function candidates(
  { database }: Mailbox,
  query: {
    readonly person: string
    readonly places: readonly string[]
    readonly labelId: string | null
    readonly tokens: readonly Uint8Array[]
    readonly after: Position | null
    readonly limit: number
  },
): Row[] {
  const { after, labelId, tokens } = query
  const conditions = [
    'problem IS NULL',
    `place_id IN ${oneOf}`,
    ...(after === null ? [] : ['(received_ms, id) < (?, ?)']),
    ...(labelId === null ? [] : ['id IN (SELECT message_id FROM labelled WHERE label_id = ?)']),
    ...tokens.map(() => 'id IN (SELECT message_id FROM word WHERE token = ?)'),
  ]
  const rows = database.prepare(
    `SELECT id, received_ms AS receivedMs, EXISTS (SELECT 1 FROM seen WHERE person = ? AND message_id = id) AS seen
     FROM message WHERE ${conditions.join(' AND ')} ORDER BY received_ms DESC, id DESC LIMIT ?`,
  )
  const position = after === null ? [] : [after.receivedMs, after.id]
  const label = labelId === null ? [] : [labelId]
  const places = JSON.stringify(query.places)
  return rows.all(query.person, places, ...position, ...label, ...tokens, query.limit).map((row) => ({ ...row }) as Row)
}

async function open(mailbox: Mailbox, rows: readonly Row[]): Promise<ListedMessage[]> {
  const ids = rows.map((row) => row.id)
  const fields = await openShort(mailbox, ids, ['subject', 'from', 'snippet', 'contents'])
  const labels = labelsOf(mailbox, ids)
  return rows.map(({ id, receivedMs, seen }, index) => {
    const opened = fields[index] ?? null
    const attachments = opened === null ? [] : (JSON.parse(opened.contents) as Contents).attachments
    return {
      id,
      receivedMs,
      subject: opened?.subject ?? '',
      from: opened?.from ?? '',
      snippet: opened?.snippet ?? '',
      damaged: opened === null,
      labelIds: labels[index] ?? [],
      attachments: attachments.filter((entry) => !entry.inline).length,
      unread: seen === 0,
    }
  })
}

function holdsAll(item: ListedMessage, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const held = new Set(wordsOf(`${item.subject} ${item.from}`))
  return words.every((word) => held.has(word))
}
