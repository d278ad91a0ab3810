import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import { request } from 'node:http'

/** An answer, as it came. */
export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

/**
 * Asks once over loopback, on a connection of its own unless `agent` names others.
 *
 * @param asked.timeout milliseconds without a byte; 20,000 unless said.
 * @throws Error where no whole answer comes; `reused` where the connection had been used before, and may have ended in that very moment.
 */
export function exchange(asked: RequestOptions, payload?: string | Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', agent: false, timeout: 20_000, ...asked }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer: ${asked.method} ${asked.path}`)))
    sent.on('error', (error) => reject(Object.assign(error, { reused: sent.reusedSocket })))
    sent.end(payload)
  })
}
