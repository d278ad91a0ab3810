import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { ReplyHeaders } from './browser.ts'

type WriteHead = (status: number, message?: string) => ServerResponse

/**
 * Changes the headers of a reply at the last moment, whoever writes it: what a handler set, and what it gives to `writeHead`.
 *
 * @param change of all headers, names in lower case. What it leaves out or makes undefined is not sent.
 */
export function beforeHead(response: ServerResponse, change: (headers: ReplyHeaders, status: number) => ReplyHeaders) {
  const writeHead = response.writeHead.bind(response) as WriteHead
  let changed = false
  const changing = (status: number, ...given: readonly unknown[]): ServerResponse => {
    const message = typeof given[0] === 'string' ? given[0] : undefined
    const headers = message === undefined ? (given[0] ?? given[1]) : given[1]
    set(response, headers)
    // A reply of one number below 200 goes before the reply, and has its own.
    if (!changed && status >= 200) {
      changed = true
      const before = response.getHeaders() as ReplyHeaders
      const after = change({ ...before }, status)
      for (const name of Object.keys(before)) if (after[name] === undefined) response.removeHeader(name)
      for (const [name, value] of Object.entries(after))
        if (value !== undefined && value !== before[name]) response.setHeader(name, value)
    }
    return message === undefined ? writeHead(status) : writeHead(status, message)
  }
  response.writeHead = changing as typeof response.writeHead
}

/** As `writeHead` does: an object, or names and values in a row, whose names take the place of what was set before. */
function set(response: ServerResponse, headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as Record<string, OutgoingHttpHeader | undefined>))
      if (value !== undefined) response.setHeader(name, value)
    return
  }
  const flat = headers.flat() as readonly string[]
  for (let i = 0; i < flat.length; i += 2) response.removeHeader(flat[i] as string)
  for (let i = 0; i < flat.length; i += 2) response.appendHeader(flat[i] as string, flat[i + 1] as string)
}
