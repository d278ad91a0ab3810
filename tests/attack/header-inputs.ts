import type { Input } from './inputs.ts'
import type { Sent } from './send.ts'

/** What is read of a request beside its address and body. */
const headerNames = `
  accept accept-encoding accept-language authorization cache-control content-digest content-disposition content-encoding
  content-language content-type cookie custodia-assertion custodia-csrf date dpop forwarded idempotency-key if-match
  if-modified-since if-none-match origin prefer priority range referer sec-ch-ua sec-ch-ua-platform sec-fetch-dest
  sec-fetch-mode sec-fetch-site sec-secure-session-id secure-session-response signature signature-input traceparent
  tracestate user-agent webhook-id webhook-signature x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip
  x-request-id`
  .trim()
  .split(/\s+/)

/** Each of these headers as an input of one request. */
export const headersOf = (method: string, sent: Sent, signedIn: boolean): readonly Input[] =>
  headerNames.map((name) => ({
    ...{ method, route: sent.path, place: `header.${name}`, signedIn },
    request: (payload) => ({ ...sent, headers: { ...sent.headers, [name]: headerText(payload) } }),
  }))

/** As bytes of UTF-8, without what no header can hold: that is tried on bare sockets, elsewhere. */
export const headerText = (payload: string) =>
  Buffer.from(payload.toWellFormed().replace(/\p{Cc}/gu, ' '))
    .toString('latin1')
    .trim()
