import { OutboundError } from '@custodia/edge/outbound/outbound-error.ts'
import { outboundPost } from '@custodia/edge/outbound/post.ts'
import type { Failure } from '../transport.ts'
import type { TextProvider } from './provider.ts'

/** How long one try may take. */
const tryMs = 10_000

export type HttpProviderOptions = {
  /** https only. */
  readonly url: string
  /** Sent with every message; null where the provider asks for none. */
  readonly header: { readonly name: string; readonly value: string } | null
  readonly encoding: 'json' | 'form'
  /** Field names to texts with `{to}`, `{digits}` and `{text}` in them. */
  readonly fields: Readonly<Record<string, string>>
  readonly allowPrivate: boolean
  /** Default: `tryMs`. */
  readonly deadlineMs?: number
}

/**
 * A provider that takes one POST a message. Its status decides; what it says beside that is not read, so a provider that answers 200 to what
 * it did not take loses messages in silence.
 */
export function httpProvider(options: HttpProviderOptions): TextProvider {
  const { encoding, fields, header, allowPrivate, deadlineMs: timeoutMs = tryMs } = options
  const url = new URL(options.url)
  const headers = {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
    'user-agent': 'custodia',
    ...(header === null ? {} : { [header.name]: header.value }),
  }
  return {
    async send({ to, text }, signal) {
      const filled = Object.fromEntries(
        Object.entries(fields).map(([name, template]) => [name, fill(template, { to, text })]),
      )
      const body = encoding === 'json' ? JSON.stringify(filled) : new URLSearchParams(filled).toString()
      try {
        const request = { headers, body: Buffer.from(body), timeoutMs, allowPrivate }
        return failureOf((await outboundPost(url, request, signal)).status)
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error
        return { code: error.reason === 'timeout' ? 'timeout' : 'unreachable', permanent: false }
      }
    },
  }
}

/** In one pass: a text that has `{to}` in it stays as it is. */
const fill = (template: string, { to, text }: { to: string; text: string }): string =>
  template.replaceAll(/\{(to|digits|text)\}/g, (_, name: string) =>
    name === 'text' ? text : name === 'to' ? to : to.slice(1),
  )

/** RFC 9110 §15. What is wrong with our secret or our settings is ours to mend, so it is tried again while there is time. */
function failureOf(status: number): Failure | null {
  const later = (code: Failure['code']): Failure => ({ code, permanent: false })
  if (status >= 200 && status < 300) return null
  if (status === 401 || status === 403) return later('sign-in')
  if (status === 408 || status === 425 || status === 429 || status >= 500) return later('deferred')
  return status >= 400 ? { code: 'refused', permanent: true } : later('protocol')
}
