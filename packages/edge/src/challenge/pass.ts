import { createHmac } from 'node:crypto'
import { same } from './proof-of-work.ts'

/** What a solved challenge becomes. */
export type Pass = {
  /** By which its requests are counted. */
  readonly id: string
  readonly text: string
}

/** How long a pass holds, and for how many requests. */
export const passSeconds = 600
export const passRequests = 120

const form = /^([0-9a-z]{1,9})\.([0-9a-f]{32})\.[A-Za-z0-9_-]{43}$/

/**
 * Signs a pass. It says nothing of its holder, and nobody has to remember it before it is used.
 *
 * @param about what it is for, in the maker's own words; a pass for something else does not hold.
 * @param id 32 hexadecimal digits.
 */
export function newPass(secret: Uint8Array, about: string, id: string, nowMs: number): Pass {
  const until = (Math.floor(nowMs / 1_000) + passSeconds).toString(36)
  return { id, text: `${until}.${id}.${sign(secret, about, until, id)}` }
}

/** @returns null where it is not one of ours, for something else, or too late. */
export function readPass(secret: Uint8Array, about: string, text: string, nowMs: number): Pass | null {
  const [, until = '', id = ''] = form.exec(text) ?? []
  if (id === '' || Number.parseInt(until, 36) <= nowMs / 1_000) return null
  return same(text.slice(text.lastIndexOf('.') + 1), sign(secret, about, until, id)) ? { id, text } : null
}

/** What stands before is of one length and alphabet each, so that no two of them read alike. */
const sign = (secret: Uint8Array, about: string, until: string, id: string): string =>
  createHmac('sha256', secret).update(`pass\0${until}\0${id}\0${about}`).digest('base64url')
