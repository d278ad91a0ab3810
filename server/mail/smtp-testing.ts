import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SMTPServerOptions } from 'smtp-server'
import { SMTPServer } from 'smtp-server'
import { systemClock } from '../platform/clock.ts'
import { developmentCertificate } from '../platform/http/development-authority.ts'

export type TestMail = {
  readonly from: string
  readonly to: readonly string[]
  readonly secure: boolean
  readonly user: string | null
  readonly raw: string
}

export type TestSmtp = {
  readonly port: number
  readonly received: TestMail[]
  close(): Promise<void>
}

/** A real mail server on loopback; without a certificate it offers no STARTTLS. */
export async function startSmtp(options: SMTPServerOptions = {}, port = 0, host = '127.0.0.1'): Promise<TestSmtp> {
  const received: TestMail[] = []
  const tls = options.cert === undefined ? { disabledCommands: ['STARTTLS', 'AUTH'] } : {}
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: true,
    closeTimeout: 100,
    ...tls,
    onData(stream, session, done) {
      stream.toArray().then((chunks) => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
          raw: Buffer.concat(chunks).toString(),
        })
        done()
      }, done)
    },
    ...options,
  })
  // A client that trusts nobody here ends the handshake: that is what the test is about.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

export type TestCertificate = { readonly key: string; readonly cert: string; readonly authority: string }

/** A certificate for `hosts`, by an authority that nobody else trusts. */
export async function testCertificate(hosts: readonly string[]): Promise<TestCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'custodia-mail-'))
  try {
    const { certificate, key, authorityFile } = await developmentCertificate(folder, hosts, systemClock)
    return { key: key as string, cert: certificate as string, authority: readFileSync(authorityFile, 'utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The field of a header, unfolded, its encoded words decoded (RFC 2047). Null where it is not there exactly once. */
export function headerOf(raw: string, name: string): string | null {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]/g, ' ')
  const found = head.split('\r\n').filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  if (found.length !== 1) return null
  const text = (found[0] as string).slice(name.length + 1).trim()
  return text
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, coded: string) =>
      kind.toLowerCase() === 'b' ? Buffer.from(coded, 'base64').toString() : quoted(coded.replaceAll('_', ' ')),
    )
}

/** The text of a mail with one part. */
export function textOf(raw: string): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n') + 4)
  const coding = headerOf(raw, 'Content-Transfer-Encoding')
  const text =
    coding === 'base64'
      ? Buffer.from(body, 'base64').toString()
      : coding === 'quoted-printable'
        ? quoted(body.replace(/=\r\n/g, ''))
        : body
  return text.replaceAll('\r\n', '\n')
}

const quoted = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString()
