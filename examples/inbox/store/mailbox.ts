import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Collection, Custodia } from '@custodia/sdk'

/** Whose data all of it is, in Custodia's words: one key for the organisation's store. Who sees what of it, relations say. */
export const team = 'mailbox:team'

export type Mailbox = {
  readonly database: DatabaseSync
  readonly messages: Collection
  readonly labels: Collection
  readonly places: Collection
  readonly people: Collection
  readonly nowMs: () => number
}

export function createMailbox(parts: {
  readonly custodia: Pick<Custodia, 'collection'>
  readonly database: DatabaseSync
  readonly nowMs: () => number
}): Mailbox {
  const { custodia, database, nowMs } = parts
  return {
    database,
    nowMs,
    messages: custodia.collection('messages', { schemaVersion: 1 }),
    labels: custodia.collection('labels', { schemaVersion: 1 }),
    places: custodia.collection('places', { schemaVersion: 1 }),
    people: custodia.collection('people', { schemaVersion: 1 }),
  }
}

/** 120 random bits: an id says nothing, and nobody guesses one. */
export const newId = () => randomBytes(15).toString('base64url')
export const isId = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{20}$/.test(value)
