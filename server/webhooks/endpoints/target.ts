import { isIP } from 'node:net'
import { isPublicAddress } from '@custodia/edge/outbound/public-address.ts'
import { refuse } from '../errors.ts'
import type { Parts } from '../parts.ts'
import { placeOf } from '../parts.ts'
import type { EndpointRow } from './store.ts'

export type Target = { readonly url: string; readonly description: string }

export async function readTarget({ keyring }: Parts, row: EndpointRow): Promise<Target> {
  return JSON.parse((await keyring.open(placeOf('endpoint', row, 'target'), row.target_sealed)).toString()) as Target
}

export async function sealTarget(
  { keyring }: Parts,
  row: Pick<EndpointRow, 'id' | 'organisation_id'>,
  { url, description }: Target,
): Promise<Buffer> {
  return await keyring.seal(placeOf('endpoint', row, 'target'), JSON.stringify({ url, description }))
}

/**
 * An address as it will be called. What a name leads to is looked at each time, when it is; here is refused what can never be right.
 *
 * @throws Refusal WEBHOOKS_URL_REFUSED
 */
export function checkedUrl({ context }: Parts, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    throw refuse('WEBHOOKS_URL_REFUSED', { field: 'body.url' })
  if (url.href.length > 2_000) throw refuse('WEBHOOKS_URL_REFUSED', { field: 'body.url' })
  if (!context.config.private && !mayBePublic(url)) throw refuse('WEBHOOKS_URL_REFUSED', { field: 'body.url' })
  return url.href
}

/** Names of one machine or network alone (RFC 6761, RFC 6762, RFC 8375), and ports where other protocols listen. */
const local = /(?:^|\.)(?:localhost|local|internal|home\.arpa|onion|test|invalid)$/

function mayBePublic({ hostname, port }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(host) !== 0) return isPublicAddress(host) && isPort(port)
  return host.includes('.') && !local.test(host) && isPort(port)
}

const isPort = (port: string): boolean => port === '' || Number(port) > 1_023
