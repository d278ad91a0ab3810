import { isLoopback } from '../platform/http/hosts.ts'
import type { Body } from './message.ts'
import type { Sender } from './sender.ts'

/** A word for why a try failed; nothing that a server or a mail says. */
export type Failure = {
  readonly code: 'refused' | 'deferred' | 'sender' | 'sign-in' | 'tls' | 'timeout' | 'unreachable' | 'protocol'
  /** True where the same mail would be refused again. */
  readonly permanent: boolean
}

export type Transport = {
  /** @returns null where the server has taken the message over. Never rejects. */
  send(mail: Body & { readonly id: string; readonly at: Date }, signal: AbortSignal): Promise<Failure | null>
}

/** How long one try may take, from connecting to the last reply. */
export const tryMs = 30_000

export type SmtpOptions = {
  /** `smtp://` or `smtps://`. */
  readonly url: string
  readonly from: Sender
  /** What we call ourselves (RFC 5321 §4.1.1.1). */
  readonly name: string
  /** Authorities besides those of the system, in PEM. */
  readonly ca?: readonly string[]
  /** Default: `tryMs`. */
  readonly deadlineMs?: number
}

/** Hands messages to one mail server, each over a connection of its own. */
export function smtpTransport({ url, from, name, ca, deadlineMs = tryMs }: SmtpOptions): Transport {
  const options = { ...connectionOf(url, ca), name, ...timeouts(deadlineMs) }
  // Loaded where mail is sent by it, and nowhere else.
  const transporter = import('nodemailer').then(({ default: nodemailer }) => nodemailer.createTransport(options))
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  return {
    async send({ id, at, to, subject, text }, signal) {
      try {
        await (await transporter).sendMail({
          from: { ...from },
          // As an object it is one address, whatever it looks like; as text it would be parsed as a list.
          to: { name: '', address: to },
          subject,
          text,
          date: at,
          // The same at every try: whoever gets it twice can tell (RFC 5322 §3.6.4).
          messageId: `<${id}@${domain}>`,
          // RFC 3834 §5: holidays are not told to a machine.
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
        })
        return null
      } catch (error) {
        return failureOf(error as SmtpError)
      }
    },
  }
}

function connectionOf(text: string, ca: readonly string[] | undefined) {
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'smtps:'
  const local = isLoopback(host)
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // RFC 8314 §3: never in the clear. What stays on this machine needs no certificate, and mail servers there rarely have one.
    requireTLS: !secure && !local,
    ignoreTLS: !secure && local,
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: [...ca] }) } as const,
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }, forceAuth: true }),
  }
}

const timeouts = (deadlineMs: number) => ({
  connectionTimeout: Math.min(10_000, deadlineMs),
  greetingTimeout: Math.min(10_000, deadlineMs),
  socketTimeout: Math.min(20_000, deadlineMs),
  dnsTimeout: Math.min(5_000, deadlineMs),
  maxResponseSize: 65_536,
})

type SmtpError = Error & { code?: string; originalCode?: string; command?: string; responseCode?: number }

function failureOf({ code, originalCode = '', command, responseCode = 0 }: SmtpError): Failure {
  const later = (word: Failure['code']): Failure => ({ code: word, permanent: false })
  if (code === 'EAUTH' || code === 'ENOAUTH') return later('sign-in')
  // Where TLS begins with the first byte, its failures are the socket's.
  if (code === 'ETLS' || /CERT|TLS|SSL|VERIFY|EPROTO/.test(originalCode)) return later('tls')
  if (code === 'ETIMEDOUT' || code === 'EABORT') return later('timeout')
  if (code === 'EDNS' || code === 'ECONNECTION' || code === 'ESOCKET') return later('unreachable')
  if (responseCode < 400) return later('protocol')
  // RFC 5321 §4.2.1: 4yz may pass, 5yz will not. What is wrong with the sender is ours to mend, so it is tried again.
  if (command === 'MAIL FROM' || /^(?:EHLO|HELO|CONN|AUTH)/.test(command ?? '')) return later('sender')
  return responseCode >= 500 ? { code: 'refused', permanent: true } : later('deferred')
}
