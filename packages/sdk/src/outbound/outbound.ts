import { outboundGet } from '@custodia/edge/outbound/get.ts'
import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { CustodiaError } from '../errors.ts'

export { isPublicAddress } from '@custodia/edge/outbound/public-address.ts'
export { CustodiaError, isCustodiaError } from '../errors.ts'

export type PublicFetchSettings = {
  readonly headers?: Readonly<Record<string, string>>
  /** Of the reply's body; 1,048,576 unless said. */
  readonly maxBytes?: number
  /** For everything together: the name, the connection, the reply. 10,000 unless said. */
  readonly timeoutMs?: number
}

/** @property status a redirect is one, too: it is not followed. */
export type PublicReply = { readonly status: number; readonly body: Uint8Array }

/**
 * GETs an address that somebody else gave. https alone; the name is resolved once, every address of it must be public, and the connection
 * goes to one that was looked at: not to this machine, its networks or a cloud's metadata.
 *
 * @throws CustodiaError ADDRESS_REFUSED where it may not be asked, ADDRESS_FAILED where it gave no answer that can be used.
 */
export async function fetchPublic(address: string, settings: PublicFetchSettings = {}): Promise<PublicReply> {
  const url = URL.parse(address)
  if (url === null) throw new CustodiaError('ADDRESS_REFUSED')
  const { headers = {}, maxBytes = 1_048_576, timeoutMs = 10_000 } = settings
  try {
    return await outboundGet(url, { headers, maxBytes, timeoutMs, allowPrivate: false })
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    if (error.reason === 'address') throw new CustodiaError('ADDRESS_REFUSED')
    throw new CustodiaError('ADDRESS_FAILED', { reason: error.reason })
  }
}
