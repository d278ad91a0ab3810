import type { Mailbox } from './mailbox.ts'
import { newId } from './mailbox.ts'
import { oneOf, teamPlace } from './places.ts'

/** `found` is always the sum of the other four. */
export type ImportCounts = {
  readonly found: number
  /** Listed now. */
  readonly added: number
  /** Were in the mailbox before. */
  readonly known: number
  /** Kept as they came, and reported. */
  readonly malformed: number
  /** Too large to be kept: they stay where they are. */
  readonly refused: number
}

export type Outcome = Exclude<keyof ImportCounts, 'found'>

export type ImportRun = ImportCounts & {
  readonly id: string
  readonly startedMs: number
  /** Null while it runs, and for ever where it was stopped. */
  readonly finishedMs: number | null
}

/** @param placeId where the messages go. */
export function beginImport({ database, nowMs }: Mailbox, placeId = teamPlace): string {
  const id = newId()
  database.prepare('INSERT INTO import (id, started_ms, place_id) VALUES (?, ?, ?)').run(id, nowMs(), placeId)
  return id
}

export function finishImport({ database, nowMs }: Mailbox, id: string): void {
  database.prepare('UPDATE import SET finished_ms = ? WHERE id = ?').run(nowMs(), id)
}

/** Counts one message. To be called in the transaction that keeps the message, so that the figures never lie. */
export function countOutcome({ database }: Mailbox, id: string, outcome: Outcome): void {
  database.prepare(`UPDATE import SET found = found + 1, ${outcome} = ${outcome} + 1 WHERE id = ?`).run(id)
}

export function importCounts({ database }: Mailbox, id: string): ImportCounts {
  const row = database.prepare('SELECT found, added, known, malformed, refused FROM import WHERE id = ?').get(id)
  return { ...row } as ImportCounts
}

/** The newest into these places. */
export function recentImports({ database }: Mailbox, places: readonly string[]): ImportRun[] {
  const rows = database.prepare(
    `SELECT id, started_ms AS startedMs, finished_ms AS finishedMs, found, added, known, malformed, refused
     FROM import WHERE place_id IN ${oneOf} ORDER BY started_ms DESC, id LIMIT 20`,
  )
  return rows.all(JSON.stringify(places)).map((row) => ({ ...row }) as ImportRun)
}
