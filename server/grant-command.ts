import type { GrantsAdministration } from './access/grants/administration.ts'
import type { CommandOptions } from './command-line.ts'
import type { Answer } from './command-output.ts'

/** One organisation, as commands about its roles and groups see it. */
export type GrantsOf = {
  readonly grants: GrantsAdministration
  /** The identifier of whom a word names: people are named by their address. @throws Refusal IDENTITY_USER_UNKNOWN */
  subject(word: string): Promise<string>
}

export type GrantCommand = (on: GrantsOf, words: readonly string[], options: CommandOptions) => Promise<Answer>

const maxPage = 200

/** @throws Error in words */
export function pageOf({ limit, after }: CommandOptions): { readonly limit?: number; readonly cursor?: string } {
  if (limit !== undefined && !(/^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= maxPage))
    throw new Error(`--limit is a number from 1 to ${maxPage}.`)
  return {
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(after === undefined ? {} : { cursor: after }),
  }
}

/** A page, and how to ask for the next one. */
export const listed = (command: string, page: { readonly next: string | null }, text: string): Answer => ({
  value: page,
  text: page.next === null ? text : `${text}\nThere are more: custodia ${command} --after ${page.next}`,
})

/** Why, which stands with what is done, sealed. @throws Error in words where nobody says it. */
export function reasonOf({ reason }: CommandOptions): string {
  if (reason === undefined) throw new Error("Why? As in: --reason 'Covers for Ann'. It is kept, sealed.")
  return reason
}

/** When it ends. @throws Error in words for what is no day of the calendar. */
export function momentOf(word: string, option: string): string {
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.test(word) ? new Date(word) : null
  // A day that is not in its month is taken for one of the next month by the language.
  if (at === null || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== word.slice(0, 10))
    throw new Error(`${option} is a day or a moment in UTC, such as 2031-12-24 or 2031-12-24T06:00Z.`)
  return at.toISOString()
}

export const until = ({ until: word }: CommandOptions): { readonly expiresAt?: string } =>
  word === undefined ? {} : { expiresAt: momentOf(word, '--until') }
