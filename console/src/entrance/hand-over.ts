import type { HandedOver, HandOver } from '@custodia/wire/http/gateway.ts'
import { Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'

/**
 * Reads whom to hand the session over to, from the address of the sign-in page.
 *
 * @returns null where nobody asked; throws nothing: what is malformed is for the server to refuse.
 */
export function handOverFrom(search: { host?: string; state?: string }): HandOver | null {
  return search.host === undefined || search.state === undefined ? null : { host: search.host, state: search.state }
}

/** The host as it may be shown: letters, digits and punctuation of a host name, or nothing. */
export function shownHost(host: string): string | null {
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/.test(host) ? host : null
}

/** Only a web address is followed; `javascript:` and the like are not. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

/**
 * Carries this session to the application that sent the browser here.
 *
 * @returns the address to go to, as the server gave it.
 * @throws Problem where the server refuses, or answers with something that is no web address.
 */
export async function handOver(to: HandOver): Promise<string> {
  const { location } = await request<HandedOver>('POST', '/v1/hand-over', to)
  if (isWebAddress(location)) return location
  throw new Problem({
    status: 0,
    code: 'LOCATION_INVALID',
    title: 'The server named no address to go to.',
    help: 'Open the application again.',
  })
}
