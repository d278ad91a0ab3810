import assert from 'node:assert/strict'
import { request } from 'node:http'
import test from 'node:test'
import fc from 'fast-check'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'

type Operation = { method: string; path: string; takesBody: boolean }

const plenty = { burst: 1_000_000, perSeconds: 1 }
const unlimited = { 'sign-in': plenty, read: plenty, write: plenty, expensive: plenty }

const awkward = fc.constantFrom(
  '',
  '0',
  '-1',
  '1e999',
  'null',
  '..',
  '%00',
  '\u0000',
  '\ud800',
  '💥'.repeat(200),
  "' or 1=1 --",
  '<script>',
  '{{7*7}}',
  '__proto__',
  'usr_'.padEnd(30, 'a'),
  'x'.repeat(5000),
)
const text = fc.oneof(awkward, fc.string({ unit: 'grapheme', maxLength: 60 }), fc.webUrl(), fc.uuid())
const value = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' })
const body = fc.oneof(
  value.map((one) => JSON.stringify(one)),
  fc
    .dictionary(
      fc.constantFrom(
        'email',
        'password',
        'token',
        'name',
        'roles',
        'state',
        'host',
        'subject',
        'collection',
        'keys',
        'current',
        'next',
      ),
      fc.oneof(text, value),
    )
    .map((one) => JSON.stringify(one)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    '{"a":1,"a":2}',
    '{"email":',
    '[[[[',
    '"\\ud800"',
    '{"__proto__":{"x":1}}',
    `{"email":"${'a'.repeat(70_000)}"}`,
  ),
)

test('whatever is sent to any declared route, the answer is never a fault', { timeout: 300_000 }, async (t) => {
  const server = await startTestServer({ environment: { CUSTODIA_LIMITS_CLASSES: JSON.stringify(unlimited) } })
  t.after(() => server.remove())
  const [administrator] = await withAccounts(server)
  const operations = await declared(server)
  assert.ok(operations.length >= 25, `only ${operations.length} routes were found`)
  const kinds = fc.record({
    operation: fc.constantFrom(...operations),
    who: fc.constantFrom('nobody', 'administrator', 'forged'),
    segments: fc.array(text, { minLength: 3, maxLength: 3 }),
    query: fc.dictionary(
      fc.constantFrom('cursor', 'limit', 'search', 'type', 'since', 'until', 'from', 'to', 'x'),
      text,
      { maxKeys: 3 },
    ),
    body,
    type: fc.constantFrom(
      'application/json',
      'application/json; charset=utf-16',
      'text/plain',
      'multipart/form-data',
      '',
    ),
  })
  let cookie = await signIn(server.call, administrator as never)
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(kinds, async ({ operation, who, segments, query, body: payload, type }) => {
      let next = 0
      const path = operation.path.replace(/\{\w+\}/g, () =>
        encodeURIComponent(wellFormed(segments[next++ % 3] as string)),
      )
      const search = new URLSearchParams(Object.entries(query).map(([name, one]) => [name, wellFormed(one)])).toString()
      const answer = await send(
        server,
        operation.method,
        search === '' ? path : `${path}?${search}`,
        {
          ...(who === 'administrator'
            ? { cookie }
            : who === 'forged'
              ? { cookie: `__Host-custodia=${'A'.repeat(43)}` }
              : {}),
          ...(operation.takesBody && type !== '' ? { 'content-type': type } : {}),
        },
        operation.takesBody ? payload : null,
      )
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
      assert.ok(answer.status < 500, `${operation.method} ${path} answered ${answer.status}: ${answer.body}`)
      if (answer.status >= 400) {
        const problem = JSON.parse(answer.body) as Record<string, unknown>
        assert.match(String(problem.code), /^[A-Z][A-Z_]+$/)
        assert.doesNotMatch(answer.body, /node_modules|\bat \w+ \(|select .* from|postgres/i)
        if (problem.code === 'REQUEST_INVALID') assert.equal(typeof problem.field, 'string')
      }
      // Some of what is drawn ends the session: that is no reason to test the rest as nobody.
      if (answer.status < 300 && /sign-out|sessions|password/.test(path))
        cookie = await signIn(server.call, administrator as never).catch(() => cookie)
    }),
    { numRuns: Number(process.env.CUSTODIA_TEST_FUZZ_RUNS ?? 1_500), endOnFailure: true },
  )
  assert.ok((seen.get(400) ?? 0) > 0)
})

async function declared(server: TestServer): Promise<Operation[]> {
  const answer = await server.call('GET', '/openapi.json')
  const paths = answer.body.paths as Record<string, Record<string, { requestBody?: unknown }>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      takesBody: operation.requestBody !== undefined,
    })),
  )
}

const wellFormed = (one: string) => one.toWellFormed()

function send(
  server: TestServer,
  method: string,
  path: string,
  headers: Record<string, string>,
  payload: string | null,
): Promise<{ status: number; body: string }> {
  const bytes = payload === null ? null : Buffer.from(payload, 'utf8')
  return new Promise((resolve, reject) => {
    const host = new URL(server.publicUrl).host
    const all = {
      host,
      origin: server.publicUrl,
      ...headers,
      ...(bytes === null ? {} : { 'content-length': bytes.length }),
    }
    const sent = request(
      { host: '127.0.0.1', port: server.port, method, path, headers: all, timeout: 20_000 },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      },
    )
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    // A body that is refused while it is still being sent may close the connection.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      ['EPIPE', 'ECONNRESET'].includes(error.code ?? '')
        ? resolve({ status: 413, body: '{"code":"REQUEST_TOO_LARGE"}' })
        : reject(error),
    )
    sent.end(bytes ?? undefined)
  })
}
