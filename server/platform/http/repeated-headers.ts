import type { IncomingHttpHeaders } from 'node:http'

// RFC 9110 §5.3 lets only list headers repeat. Of these, Node keeps one and drops or joins the others, silently:
// two parsers in a row could then see two different requests.
const singletons = new Set([
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'if-match',
  'if-none-match',
  'origin',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'transfer-encoding',
  'user-agent',
  'x-forwarded-for',
])

/** The first of the headers that may stand once and stands twice; null where there is none. */
function repeatedHeader(rawHeaders: readonly string[]): string | null {
  let seen: string[] | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (!singletons.has(name)) continue
    if (seen === undefined) seen = [name]
    else if (seen.includes(name)) return name
    else seen.push(name)
  }
  return null
}

type Head = { readonly headers: IncomingHttpHeaders; readonly rawHeaders: readonly string[] }

/** The same of a request, at once where no header stands twice: as many names as lines, which is so nearly always. */
export function repeatedIn({ headers, rawHeaders }: Head): string | null {
  let names = 0
  for (const _name in headers) names += 1
  return names * 2 === rawHeaders.length ? null : repeatedHeader(rawHeaders)
}
