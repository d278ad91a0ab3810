import { generateKeyPairSync, randomBytes, randomUUID, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCustodia } from '@custodia/sdk'
import { createCourier } from './attachments/courier.ts'
import { openDatabase } from './store/database.ts'
import type { Mailbox } from './store/mailbox.ts'
import { createMailbox } from './store/mailbox.ts'
import { createTestAccess } from './testing-access.ts'
import { createTestUploads } from './testing-uploads.ts'
import { createApp } from './web/app.ts'

// The journeys run this application behind a real Custodia. Here its HTTP contract is enough: keys, signed identities, and shares.

export const organisationId = `org_${'a'.repeat(26)}`
export const applicationKey = 'inbox_test_key_0123456789abcdef'

type Subject = { readonly keyId: string; readonly keys: Map<number, string>; shredded: boolean }

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString('utf8') || '{}')
}

/** A server on the loopback that gives out keys and signs assertions as Custodia does, and remembers what it was asked. */
export async function startKeyService() {
  const subjects = new Map<string, Subject>()
  const indexKeys = new Map<string, string>()
  const asked: string[] = []
  const signing = generateKeyPairSync('ed25519')
  const newKey = () => randomBytes(32).toString('base64url')

  const subjectOf = (collection: unknown, subject: unknown): Subject => {
    const name = `${collection} ${subject}`
    const known = subjects.get(name) ?? { keyId: randomUUID(), keys: new Map(), shredded: false }
    subjects.set(name, known)
    return known
  }

  const access = createTestAccess((assertion) => {
    const [head = '', payload = '', signature = ''] = assertion.split('.')
    const holds = verify(
      null,
      Buffer.from(`${head}.${payload}`),
      signing.publicKey,
      Buffer.from(signature, 'base64url'),
    )
    return holds ? (JSON.parse(Buffer.from(payload, 'base64url').toString()).sub as string) : null
  })

  const answers: Record<string, (body: Record<string, unknown>) => { status: number; reply: unknown }> = {
    ...access.answers,
    '/.well-known/jwks.json': () => {
      const jwk = { ...signing.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA', use: 'sig' }
      return { status: 200, reply: { keys: [jwk] } }
    },
    '/v1/keyring/data-keys': ({ collection, subject }) => {
      const known = subjectOf(collection, subject)
      if (known.shredded) return { status: 410, reply: { code: 'KEY_SHREDDED' } }
      const number = known.keys.size + 1
      known.keys.set(number, newKey())
      return { status: 200, reply: { keyId: known.keyId, number, key: known.keys.get(number) } }
    },
    '/v1/keyring/data-keys/open': ({ keys }) => {
      const wanted = keys as { keyId: string; number: number }[]
      const found = wanted.map((name) => ({
        name,
        known: [...subjects.values()].find((one) => one.keyId === name.keyId),
      }))
      const open = found.filter(({ known, name }) => known?.shredded === false && known.keys.has(name.number))
      const shredded = found.filter(({ known }) => known?.shredded === true).map(({ name }) => name)
      return {
        status: 200,
        reply: { keys: open.map(({ known, name }) => ({ ...name, key: known?.keys.get(name.number) })), shredded },
      }
    },
    '/v1/keyring/index-keys': ({ collection, subject, field }) => {
      if (subjectOf(collection, subject).shredded) return { status: 410, reply: { code: 'KEY_SHREDDED' } }
      const name = `${collection} ${subject} ${field}`
      indexKeys.set(name, indexKeys.get(name) ?? newKey())
      return { status: 200, reply: { key: indexKeys.get(name) } }
    },
  }

  const uploads = createTestUploads()
  const server = createServer(async (request, response) => {
    if (await uploads.handle(request, response)) return
    const body = await bodyOf(request)
    asked.push(request.url ?? '')
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const listed = request.method === 'GET' && pathname === '/v1/relations' ? access.list(searchParams) : null
    const { status, reply } = listed ?? answers[pathname]?.(body) ?? { status: 404, reply: { code: 'NOT_FOUND' } }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  })
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    asked,
    uploads,
    /** A mailbox is shared, whatever anybody may. */
    share: access.share,
    behalves: access.behalves,
    /** By path, so that a test may say what Custodia answers. */
    answers,
    shred: () => {
      for (const subject of subjects.values()) subject.shredded = true
    },
    /** A value for the header `Custodia-Assertion`. */
    assertion(claims: Readonly<Record<string, unknown>> = {}): string {
      const now = Math.floor(Date.now() / 1000)
      const who = { sub: `usr_${'a'.repeat(26)}`, org: organisationId, sid: `ses_${'a'.repeat(26)}`, name: 'Mara Lind' }
      const what = { email: 'mara@brightwater.example', roles: ['member'], permissions: ['inbox:read'], amr: ['pwd'] }
      const payload = { iss: url, aud: 'inbox', iat: now, exp: now + 60, ...who, ...what, ...claims }
      const head = { alg: 'EdDSA', typ: 'custodia-assertion+jwt', kid: 'one' }
      const text = [head, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${text}.${sign(null, Buffer.from(text), signing.privateKey).toString('base64url')}`
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export type KeyService = Awaited<ReturnType<typeof startKeyService>>

/** Whoever this is edits the team's mailbox. */
export const teamOf = (subject: { type: string; id: string }, relation = 'editor') => ({
  ...{ resource: { type: 'inbox:mailbox', id: 'team' }, relation, subject },
})

/** An empty mailbox in a folder of its own, sealed with keys of the service; and the same as a web application. */
export async function startInbox(options: { nowMs?: () => number } = {}) {
  const service = await startKeyService()
  service.share(teamOf({ type: 'role', id: 'member' }))
  // Looking at a file takes a process of its own, which takes its time on a machine that does other things.
  const custodia = createCustodia({ url: service.url, application: 'inbox', key: applicationKey, timeoutMs: 60_000 })
  const folder = mkdtempSync(join(tmpdir(), 'custodia-inbox-'))
  const database = openDatabase(folder)
  const mailbox: Mailbox = createMailbox({ custodia, database, nowMs: options.nowMs ?? (() => Date.now()) })
  const faults: unknown[] = []
  const courier = createCourier({ mailbox, uploads: custodia.uploads, onFault: (error) => faults.push(error) })
  const app = await createApp({
    custodia,
    mailbox,
    organisationId,
    custodiaOrigin: 'http://custodia.localhost:8080',
    onFault: (error) => faults.push(error),
  })
  return {
    service,
    custodia,
    folder,
    database,
    mailbox,
    app,
    courier,
    faults,
    /** Asks as somebody with these permissions. */
    ask: (path: string, permissions: readonly string[] = ['inbox:read'], more: Record<string, unknown> = {}) =>
      app.inject({ url: path, headers: { 'custodia-assertion': service.assertion({ permissions, ...more }) } }),
    async stop() {
      await app.close()
      custodia.forgetKeys()
      database.close()
      await service.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

export type Inbox = Awaited<ReturnType<typeof startInbox>>
