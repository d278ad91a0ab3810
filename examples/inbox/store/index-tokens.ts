import { createHash } from 'node:crypto'
import type { Mailbox } from './mailbox.ts'
import { team } from './mailbox.ts'

/**
 * Planned for 131,072 words of a team's mailbox in all: two of them share a token on average, so that a token names no
 * word for certain, and a search opens little more than it shows. What leaks: which messages share a token.
 */
const wordBits = 16

/** Blind index tokens of words, in the same order. */
export async function wordTokens(mailbox: Mailbox, words: readonly string[]): Promise<Uint8Array[]> {
  if (words.length === 0) return []
  return await mailbox.messages.index({ subject: team, field: 'words', values: [...words], bits: wordBits })
}

/** Equal for equal bytes, and for nobody else to compute: the key is Custodia's. 32 bytes. */
export async function messageFingerprint(mailbox: Mailbox, raw: Uint8Array): Promise<Uint8Array> {
  const digest = createHash('sha256').update(raw).digest('hex')
  const [token] = await mailbox.messages.index({ subject: team, field: 'fingerprint', values: [digest], bits: 256 })
  return token as Uint8Array
}

/** The same for a label's name, however it is written in capitals. 32 bytes. */
export async function labelFingerprint(mailbox: Mailbox, name: string): Promise<Uint8Array> {
  const [token] = await mailbox.labels.index({ subject: team, field: 'name', values: [name], bits: 256 })
  return token as Uint8Array
}
