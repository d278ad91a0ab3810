import { createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Call = { readonly path: string; readonly body: Record<string, unknown> }

/**
 * A real server on the loopback that keeps the contract of `http/keyring.ts` with keys of its own, and tells what it was
 * asked. The keys of the server proper are tested against this client where both run.
 */
export async function keyringServer() {
  const key = 'custodia_test_inbox_0123456789'
  const subjects = new Map<string, { keyId: string; numbers: number; shredded: boolean }>()
  const state = {
    calls: [] as Call[],
    /** Takes the place of the next replies, one each. */
    instead: [] as { status: number; body: unknown }[],
    /** Resolves before each reply, so that a test decides when. */
    gate: Promise.resolve(),
  }
  const derive = (...parts: unknown[]) => createHmac('sha256', 'root').update(JSON.stringify(parts)).digest('base64url')
  const subjectOf = (name: string) => {
    const subject = subjects.get(name) ?? { keyId: randomUUID(), numbers: 0, shredded: false }
    subjects.set(name, subject)
    return subject
  }
  const gone = { status: 410, body: { code: 'KEY_SHREDDED' } }

  const routes: Record<string, (body: never) => { status: number; body: unknown }> = {
    '/v1/keyring/data-keys'({ subject: name, collection }: { subject: string; collection: string }) {
      const subject = subjectOf(name)
      if (subject.shredded) return gone
      subject.numbers += 1
      const { keyId, numbers: number } = subject
      return { status: 200, body: { keyId, number, key: derive('data', collection, keyId, number) } }
    },
    '/v1/keyring/data-keys/open'({
      collection,
      keys,
    }: {
      collection: string
      keys: { keyId: string; number: number }[]
    }) {
      if (keys.length < 1 || keys.length > 256) return { status: 400, body: { code: 'REQUEST_INVALID' } }
      const known = keys.filter(({ keyId, number }) =>
        [...subjects.values()].some((subject) => subject.keyId === keyId && number <= subject.numbers),
      )
      const isShredded = ({ keyId }: { keyId: string }) =>
        [...subjects.values()].some((subject) => subject.keyId === keyId && subject.shredded)
      const opened = known
        .filter((name) => !isShredded(name))
        .map((name) => ({ ...name, key: derive('data', collection, name.keyId, name.number) }))
      return { status: 200, body: { keys: opened, shredded: known.filter(isShredded) } }
    },
    '/v1/keyring/index-keys'({ subject, collection, field }: Record<'subject' | 'collection' | 'field', string>) {
      if (subjectOf(subject).shredded) return gone
      return { status: 200, body: { key: derive('index', subject, collection, field) } }
    },
  }

  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const path = request.url ?? ''
    state.calls.push({ path, body: JSON.parse(text) })
    await state.gate
    const known = request.headers.authorization === `Bearer ${key}`
    const reply = !known
      ? { status: 401, body: { code: 'UNAUTHENTICATED' } }
      : (state.instead.shift() ?? routes[path]?.(JSON.parse(text) as never) ?? { status: 404, body: {} })
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    state,
    key,
    url: `http://custodia.localhost:${port}`,
    /** How often each path was asked for. */
    asked: (path: string) => state.calls.filter((call) => call.path === `/v1/keyring/${path}`).length,
    shred(name: string) {
      subjectOf(name).shredded = true
    },
    reset() {
      subjects.clear()
      Object.assign(state, { calls: [], instead: [], gate: Promise.resolve() })
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
