import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestRedis } from '../../server/platform/cache/testing.ts'
import { startTestRedis, withoutRedis } from '../../server/platform/cache/testing.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import { root } from '../../tools/suite.ts'
import type { TestServer } from '../harness.ts'
import { newFolder, ownPort, signIn, startTestServer, withAccounts } from '../harness.ts'
import { rawExchange } from '../raw-exchange.ts'
import { runToEnd } from '../run-to-end.ts'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'
import type { Sent } from './send.ts'
import { send } from './send.ts'
import { unlimited } from './target.ts'
import { tellsNothing } from './tells-nothing.ts'

const errorPages = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')
/** A code is in the reference with what happened and what to do, each a sentence. */
const isExplained = (code: string | null) =>
  new RegExp(`^\\| \`${code}\` \\| \\d{3} \\| .+ \\| .+ \\|$`, 'm').test(errorPages)

const head = (...more: string[]) => ['HTTP/1.1 200 OK', ...more, '', ''].join('\r\n')
/** What an application may answer with that is no answer, by its path. */
const answers: Readonly<Record<string, string | null>> = {
  hanging: null,
  nothing: '',
  'no-http': 'Error: ENOENT at /srv/app.js:1\r\n\r\n',
  'half-a-head': 'HTTP/1.1 200 OK\r\nX-Powered-By: PHP/5.1\r\nX-Path: /srv/app',
  'large-head': head(`X-A: ${'a'.repeat(200_000)}`, 'Content-Length: 0'),
  'many-lines': head(...Array.from({ length: 5_000 }, (_, i) => `X-${i}: 1`), 'Content-Length: 0'),
  'two-lengths': `${head('Content-Length: 5', 'Content-Length: 6')}hello`,
  'length-and-chunks': `${head('Content-Length: 5', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
  'a-length-of-words': `${head('Content-Length: five')}hello`,
  'a-name-with-a-space': head('X A: 1', 'Content-Length: 0'),
  'a-bare-line-feed': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
  'a-status-of-words': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
  'another-version': 'HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n',
  'frames-of-http2': '\u0000\u0000\u0012\u0004\u0000\u0000\u0000\u0000\u0000',
}

describe('replies while something behind them fails', { timeout: 240_000 }, () => {
  let upstream: Server
  let server: TestServer
  let superuser: Superuser
  let redis: TestRedis | null = null
  let cookie: string
  let key: string
  const sockets = new Set<Socket>()
  before(async () => {
    upstream = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('data', (asked) => {
        const answer = answers[/^\w+ \/([\w-]+)/.exec(asked.toString('latin1'))?.[1] ?? '']
        if (answer !== null) socket.end(answer ?? '', 'latin1')
      })
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    if (withoutRedis === false) redis = await startTestRedis()
    // Only an application that never answers is waited for to the end: this process may be late with any other answer.
    const at = (port: number, timeoutSeconds = 60) => `http://127.0.0.1:${port}, timeoutSeconds: ${timeoutSeconds}`
    const rules = 'rules: [{ path: "/**", public: true }], edge: { uploads: [{ path: /files }] }'
    const { port } = upstream.address() as { port: number }
    server = await startTestServer({
      configuration: `gateway:
  applications:
    app: { host: app.localhost, upstream: ${at(port)}, webhooks: [/hooks], ${rules} }
    hanging: { host: hanging.localhost, upstream: ${at(port, 1)}, ${rules} }
    dead: { host: dead.localhost, upstream: ${at(await ownPort())}, ${rules} }
`,
      environment: {
        ...unlimited,
        CUSTODIA_REQUEST_TIMEOUT_SECONDS: '6',
        // Nobody listens there.
        CUSTODIA_UPLOADS_CLAMD: `127.0.0.1:${await ownPort()}`,
        CUSTODIA_UPLOADS_CLAMD_TIMEOUT_SECONDS: '1',
        ...(redis === null ? {} : { CUSTODIA_REDIS_URL: redis.url }),
      },
    })
    superuser = await superuserOf(server.folder)
    const [administrator] = await withAccounts(server, [])
    cookie = await signIn(server.call, administrator as Account)
    key = String(server.command('applications', 'key', 'app').key)
  })
  after(async () => {
    for (const socket of sockets) socket.destroy()
    await superuser?.close()
    await server?.remove()
    await redis?.kill()
    upstream?.close()
  })

  const ask = async (host: string, method: string, sent: Sent, headers: Record<string, string> = {}) =>
    await send({ port: server.port, publicUrl: `http://${host}.localhost:${server.port}` }, method, sent, headers)
  const own = (method: string, path: string, body?: unknown) =>
    ask('custodia', method, { path, ...(body === undefined ? {} : { body }) }, { cookie })

  /** @param codes those that are due. @returns the code that was told, which has its page. */
  async function assertTold(what: string, reply: Awaited<ReturnType<typeof send>>, codes: readonly string[]) {
    const code = tellsNothing(what, reply)
    assert.ok(code !== null && codes.includes(code), `${what}: ${reply.status} ${reply.text.slice(0, 300)}`)
    assert.ok(isExplained(code), `${code} has no page`)
    const page = await ask('custodia', 'GET', { path: `/docs/errors/${code}` })
    assert.equal(page.status, 200, code)
    return code
  }

  for (const what of Object.keys(answers))
    test(`an application whose answer is ${what}`, async () => {
      const [host, ...codes] =
        what === 'hanging' ? ['hanging', 'GATEWAY_UPSTREAM_SLOW'] : ['app', 'GATEWAY_UPSTREAM_DOWN']
      const path = `/${what}`
      await assertTold(what, await ask(host, 'GET', { path }), codes)
      await assertTold(what, await ask(host, 'POST', { path, body: { a: 1 } }), codes)
      const page = await ask(host, 'GET', { path }, { accept: 'text/html', 'sec-fetch-mode': 'navigate' })
      assert.match(String(page.headers['content-type']), /^text\/html/)
      assert.match(page.text, new RegExp(`${codes[0]}`))
      assert.doesNotMatch(page.text, /ENOENT|\/srv\/|PHP|127\.0\.0\.1/)
    })

  test('an application that is not there', async () => {
    await assertTold('dead', await ask('dead', 'GET', { path: '/' }), ['GATEWAY_UPSTREAM_DOWN'])
    await assertTold('dead', await ask('dead', 'POST', { path: '/', body: {} }), ['GATEWAY_UPSTREAM_DOWN'])
  })

  test('a scanner that is not there: no file is passed on, and none is there to be loaded', async () => {
    const form = [
      '--x\r\nContent-Disposition: form-data; name="a"; filename="a.txt"',
      'Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n',
    ].join('\r\n')
    const type = { 'content-type': 'multipart/form-data; boundary=x' }
    const reply = await ask('app', 'POST', { path: '/files', text: form, headers: type })
    await assertTold('a file for an application', reply, ['GATEWAY_FILE_NOT_SCANNED'])
    const bearer = { authorization: `Bearer ${key}` }
    const headers = {
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="a.txt"',
    }
    const sent = await ask('custodia', 'POST', { path: '/v1/uploads', text: 'hello', headers }, bearer)
    assert.equal(sent.status, 202, sent.text)
    const { id } = JSON.parse(sent.text) as { id: string }
    const loaded = await ask('custodia', 'GET', { path: `/v1/uploads/${id}/content` }, bearer)
    await assertTold('a file that nobody looked at', loaded, ['UPLOAD_NOT_THERE'])
  })

  // What the database itself says of a full disk, of a constraint, of a lock: a trigger says it in its place.
  for (const [state, said] of [
    ['53100', 'could not extend file "base/16384/2619": No space left on device'],
    ['55P03', 'canceling statement due to lock timeout in relation "keyring.key"'],
    ['23505', 'duplicate key value violates unique constraint "x_pkey"'],
    ['XX000', 'could not read block 0 in file "/var/lib/postgresql/data/base/1": read only 0 of 8192 bytes'],
  ] as const)
    test(`a store that fails with ${state}`, async () => {
      const broken = ['uploads.upload', 'uploads.frame', 'webhooks.endpoint', 'webhooks.source', 'keyring.key']
      const also = ['access.grp', 'limits.entry', 'audit.entry', 'apikeys.key', 'identity.link']
      const there = await superuser.run(
        `select schemaname || '.' || tablename as name from pg_tables where schemaname || '.' || tablename in
         (${[...broken, ...also].map((one) => `'${one}'`).join()})`,
      )
      const tables = there.map(({ name }) => String(name))
      for (const table of broken) assert.ok(tables.includes(table), `there is no ${table}`)
      const quoted = said.replaceAll("'", "''")
      await superuser.run(`create or replace function public.fails() returns trigger language plpgsql as
        $$ begin raise exception '${quoted}' using errcode = '${state}'; end $$`)
      for (const table of tables)
        await superuser.run(
          `create trigger fails before insert or update on ${table} for each row execute function public.fails()`,
        )
      try {
        const bearer = { authorization: `Bearer ${key}` }
        const headers = {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment; filename="b.txt"',
        }
        const codes = ['SERVER_FAULT', 'SERVER_BUSY']
        for (const [what, reply] of [
          ['an upload', await ask('custodia', 'POST', { path: '/v1/uploads', text: 'hello', headers }, bearer)],
          ['a webhook', await own('POST', '/v1/webhooks/endpoints', { url: 'https://hooks.example.org/a' })],
          ['a source', await own('POST', '/v1/webhooks/sources', source)],
          ['a key of a subject', await seal(`s-${state.toLowerCase()}`)],
          [
            'an invitation',
            await own('POST', '/v1/invitations', { email: `${state}@x.example`, name: 'X', roles: [] }),
          ],
          ['a group', await own('POST', '/v1/groups', { name: `g ${state}`, description: '' })],
        ] as const) {
          const code = await assertTold(`${what}: ${state}`, reply, codes)
          assert.ok(reply.status >= 500, `${what}: ${code}`)
        }
      } finally {
        for (const table of tables) await superuser.run(`drop trigger fails on ${table}`)
      }
      assert.equal((await own('POST', '/v1/groups', { name: `g ${state}`, description: '' })).status, 201)
    })

  const source = { name: 'A', sender: 'github', application: 'app', path: '/hooks', secret: 'a secret of github' }
  const seal = (subject: string) =>
    ask(
      'custodia',
      'POST',
      { path: '/v1/keyring/data-keys', body: { subject, collection: 'notes' } },
      { authorization: `Bearer ${key}` },
    )

  test('a start without the root key ends with words', async () => {
    const { code, out, err } = await runToEnd(join(root, 'server/main.ts'), ['start'], {
      ...server.environment,
      CUSTODIA_DATA: newFolder(),
      CUSTODIA_LISTEN: `127.0.0.1:${await ownPort()}`,
    })
    assert.notEqual(code, 0)
    assert.match(err + out, /root key/i)
    assert.doesNotMatch(err + out, /\bat \S+ \(|node_modules/)
  })

  test('what is refused before any route: each is a problem with a code of its own, on whichever host', async () => {
    const heads = ['custodia', 'app'].flatMap((name) => {
      const host = `Host: ${name}.localhost:${server.port}`
      const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${host}\r\n${more}\r\n`
      const lengths = 'Content-Length: 1\r\nContent-Length: 2'
      return [
        [`${name}: a head too large`, get('/', `X-A: ${'a'.repeat(20_000)}\r\n`), 431, 'REQUEST_HEADERS_TOO_LARGE'],
        [`${name}: too many lines`, get('/', 'a: b\r\n'.repeat(5_000)), 431, 'REQUEST_HEADERS_TOO_LARGE'],
        [`${name}: an address too long`, get(`/${'a'.repeat(60_000)}`), 431, 'REQUEST_HEADERS_TOO_LARGE'],
        [`${name}: no HTTP`, 'nonsense\r\n\r\n', 400, 'REQUEST_HEADER_INVALID'],
        [`${name}: a method that is none`, `BREW / HTTP/1.1\r\n${host}\r\n\r\n`, 400, 'REQUEST_HEADER_INVALID'],
        [`${name}: two lengths`, `POST / HTTP/1.1\r\n${host}\r\n${lengths}\r\n\r\nab`, 400, 'REQUEST_HEADER_INVALID'],
        [`${name}: no host`, 'GET / HTTP/1.1\r\n\r\n', 400, 'REQUEST_HEADER_INVALID'],
        [`${name}: another host`, 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421, 'HOST_UNKNOWN'],
        [`${name}: half a head`, `GET / HTTP/1.1\r\n${host}\r\nX-A:`, 408, 'REQUEST_TIMEOUT'],
      ] as const
    })
    // An application may answer before all of a body is there. Custodia's own routes do not.
    const post = `POST /v1/sign-in HTTP/1.1\r\nHost: custodia.localhost:${server.port}\r\nContent-Type: application/json`
    const bodies = [
      ['half a body', `${post}\r\nContent-Length: 9\r\n\r\n{`, 408, 'REQUEST_TIMEOUT'],
      ['a body too large', `${post}\r\nContent-Length: 1000000000\r\n\r\n{`, 413, 'REQUEST_TOO_LARGE'],
    ] as const
    // All at once: three of them are waited for by the server.
    const asked = [...heads, ...bodies].map(async ([what, bytes, status, code]) => {
      const reply = await rawExchange(server.port, bytes).answer
      assert.equal(reply.status, status, `${what}: ${reply.text}`)
      assert.equal(tellsNothing(what, reply), code)
      assert.ok(isExplained(code))
      if (what === 'half a body') assert.equal(reply.headers.connection, 'close')
    })
    await Promise.all(asked)
  })

  test('Redis gone: who asks is answered, and told nothing of it', { skip: withoutRedis }, async () => {
    await redis?.kill()
    for (let i = 0; i < 5; i++)
      for (const [method, path, body] of [
        ['GET', '/v1/me'],
        ['GET', '/v1/users'],
        ['POST', '/v1/sign-in', { email: 'nobody@x.example', password: 'wrong' }],
        ['POST', '/v1/groups', { name: `without ${i}`, description: '' }],
        ['POST', '/v1/hand-over', { host: 'app.localhost', state: 'a'.repeat(43) }],
      ] as const) {
        const reply = await own(method, path, body)
        tellsNothing(`${method} ${path} without Redis`, reply)
        assert.ok(reply.status < 500 || /"SERVER_BUSY"/.test(reply.text), `${method} ${path}: ${reply.text}`)
      }
    const reply = await ask('dead', 'GET', { path: '/' })
    assert.ok(isExplained(tellsNothing('an application without Redis', reply)))
  })

  test('a keyring whose keys were tampered with says so to nobody but the log', async () => {
    assert.ok((await seal('tampered')).status < 300)
    await superuser.run('alter table keyring.key disable trigger all')
    const columns = await superuser.run(
      "select column_name as name from information_schema.columns where table_schema = 'keyring' and table_name = 'key' and data_type = 'bytea'",
    )
    for (const { name } of columns)
      await superuser.run(
        `update keyring.key set ${name} = decode(repeat('00', octet_length(${name})), 'hex') where ${name} is not null`,
      )
    // Some are in memory still.
    for (const subject of ['tampered', 'another']) {
      const reply = await seal(subject)
      if (reply.status >= 400) await assertTold('a tampered key', reply, ['SERVER_FAULT', 'SERVER_BUSY'])
    }
  })

  // Last: nothing works after it.
  test('the database killed under requests: each is answered or its connection ends, and none tells why', async () => {
    const asked = Array.from({ length: 30 }, (_, i) =>
      i % 3 === 0
        ? own('GET', '/v1/users')
        : i % 3 === 1
          ? own('POST', '/v1/groups', { name: `k ${i}`, description: '' })
          : seal(`k${i}`),
    )
    process.kill(Number(readFileSync(join(server.folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
    for (const settled of await Promise.allSettled(asked)) {
      if (settled.status === 'rejected') continue
      const code = tellsNothing('a request while the database was killed', settled.value)
      assert.ok(code === null || isExplained(code), String(code))
    }
  })
})
