/** Cost of one Argon2id hash (RFC 9106 §3.1). */
export type Cost = {
  /** m, in KiB. */
  readonly memoryKib: number
  /** t */
  readonly passes: number
  /** p */
  readonly lanes: number
}

export type PhcHash = { readonly cost: Cost; readonly salt: Buffer; readonly tag: Buffer }

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,64})\$([A-Za-z0-9+/]{22,86})$/

/** The PHC string of an Argon2id hash, as in `$argon2id$v=19$m=19456,t=2,p=1$…$…`; base64 without padding. */
export function writePhc({ cost, salt, tag }: PhcHash): string {
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$${plain(salt)}$${plain(tag)}`
}

/**
 * Reads a PHC string.
 *
 * @returns null where it is not one of ours, or its cost is outside what a server can bear: a stored value must not be able to
 * take all the memory.
 */
export function readPhc(text: string): PhcHash | null {
  const match = shape.exec(text)
  if (match === null) return null
  const [, memory, passes, lanes, salt, tag] = match as unknown as [string, string, string, string, string, string]
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  // RFC 9106 §3.1: at least 8 KiB for each lane.
  if (cost.memoryKib < 8 * cost.lanes || cost.memoryKib > 1_048_576 || cost.passes < 1 || cost.passes > 16) return null
  if (cost.lanes < 1 || cost.lanes > 16) return null
  return { cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
}
