import type { Parsed, ParsedMessage } from '../mail/parse-message.ts'
import { snippetOf } from '../mail/snippet.ts'
import { wordsOf } from '../mail/words.ts'
import { inTransaction } from './database.ts'
import type { Outcome } from './imports.ts'
import { countOutcome } from './imports.ts'
import { wordTokens } from './index-tokens.ts'
import type { Mailbox } from './mailbox.ts'
import { newId } from './mailbox.ts'
import type { Contents } from './sealed-fields.ts'
import { pieceCount, piecesOf, sealFields } from './sealed-fields.ts'

const dayMs = 86_400_000

/**
 * Seals a message and keeps it where its import puts it: all of it or nothing, on disk when this returns.
 *
 * @param message.labelId of a label that exists.
 * @returns `known` where another import was quicker with the same bytes.
 */
export async function addMessage(
  mailbox: Mailbox,
  message: {
    readonly importId: string
    readonly raw: Uint8Array
    readonly fingerprint: Uint8Array
    readonly origin: string
    readonly parsed: Parsed
    readonly labelId: string | null
  },
): Promise<Outcome> {
  const { raw, parsed } = message
  const { database, nowMs } = mailbox
  const id = newId()
  const read = 'message' in parsed ? parsed.message : null
  const sealed = await sealFields(mailbox, id, {
    origin: message.origin.toWellFormed(),
    contents: contentsOf(raw, read),
    ...piecesOf('raw', raw),
    ...(read === null ? {} : fieldsOf(read)),
  })
  const tokens = read === null ? [] : await wordTokens(mailbox, wordsOf(`${read.subject} ${read.from}`))

  return inTransaction(database, () => {
    const { changes } = database
      .prepare(
        `INSERT INTO message (id, fingerprint, received_ms, size, problem, import_id, place_id)
         SELECT ?, ?, ?, ?, ?, id, place_id FROM import WHERE id = ? ON CONFLICT (fingerprint) DO NOTHING`,
      )
      .run(
        id,
        message.fingerprint,
        receivedMs(read, nowMs()),
        raw.byteLength,
        'problem' in parsed ? parsed.problem : null,
        message.importId,
      )
    const outcome = changes === 0 ? 'known' : read === null ? 'malformed' : 'added'
    countOutcome(mailbox, message.importId, outcome)
    if (outcome === 'known') return outcome
    const keep = database.prepare('INSERT INTO sealed (message_id, field, bytes) VALUES (?, ?, ?)')
    for (const [field, bytes] of sealed) keep.run(id, field, bytes)
    const index = database.prepare('INSERT OR IGNORE INTO word (token, message_id) VALUES (?, ?)')
    for (const token of tokens) index.run(token, id)
    const attach = database.prepare('INSERT INTO attachment (message_id, number) VALUES (?, ?)')
    for (const number of (read?.attachments ?? []).keys()) attach.run(id, number)
    if (message.labelId !== null && outcome === 'added')
      database.prepare('INSERT INTO labelled (message_id, label_id) VALUES (?, ?)').run(id, message.labelId)
    return outcome
  })
}

/** The sender's clock is believed unless it runs ahead of ours or began before mail did. */
function receivedMs(read: ParsedMessage | null, nowMs: number): number {
  const sentMs = read?.sentMs ?? null
  return sentMs !== null && sentMs > 0 && sentMs < nowMs + dayMs ? sentMs : nowMs
}

const encode = (text: string) => new TextEncoder().encode(text)

function fieldsOf(read: ParsedMessage): Record<string, string | Uint8Array> {
  const { subject, from, to, cc, date, text, html, attachments } = read
  const head = { subject, from, to, cc, date, snippet: snippetOf(read) }
  return {
    ...Object.fromEntries(Object.entries(head).map(([field, value]) => [field, value.toWellFormed()])),
    ...(text === null ? {} : piecesOf('text', encode(text))),
    ...(html === null ? {} : piecesOf('html', encode(html))),
    ...Object.assign({}, ...attachments.map(({ bytes }, number) => piecesOf(`attachment${number}`, bytes))),
  }
}

/** Below 1 MiB even with the most attachments, the longest names and every character escaped. */
function contentsOf(raw: Uint8Array, read: ParsedMessage | null): string {
  const count = (text: string | null) => (text === null ? null : pieceCount(encode(text)))
  const contents: Contents = {
    raw: pieceCount(raw),
    text: count(read?.text ?? null),
    html: count(read?.html ?? null),
    attachments: (read?.attachments ?? []).map(({ bytes, ...entry }) => ({
      ...entry,
      size: bytes.byteLength,
      pieces: pieceCount(bytes),
    })),
  }
  return JSON.stringify(contents)
}
