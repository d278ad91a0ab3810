import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { exchange } from '../exchange.ts'
import type { Target } from './target.ts'
import { openTarget, signedIn } from './target.ts'
import { tellsNothing } from './tells-nothing.ts'

type Operation = { readonly method: string; readonly path: string }

let target: Target
let cookie: string
let operations: readonly Operation[]
before(async () => {
  target = await openTarget()
  cookie = await signedIn(target, 0)
  const { body } = await target.server.call('GET', '/openapi.json')
  operations = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  )
})
after(() => target?.remove())

const ask = (method: string, path: string, headers: Record<string, string>, body?: string | Buffer) =>
  exchange({ port: target.server.port, method, path, headers, timeout: 40_000 }, body)

const own = (more: Record<string, string> = {}) => ({
  host: new URL(target.server.publicUrl).host,
  origin: target.server.publicUrl,
  cookie,
  ...more,
})

const filled = (path: string, value: string) => path.replace(/\{\w+\}/g, encodeURIComponent(value))
// They end what the others need.
const ending = /sign-out|\/me\/sessions|erase|\/me$/

const malformed: readonly (readonly [string, string, string | Buffer])[] = [
  ['half an object', 'application/json', '{"a":'],
  ['no UTF-8', 'application/json', Buffer.from([0x7b, 0xff, 0x7d])],
  ['a repeated name', 'application/json', '{"a":1,"a":2}'],
  ['a shared name', 'application/json', '{"__proto__":{"x":1}}'],
  ['too many levels', 'application/json', '['.repeat(5_000)],
  ['a list', 'application/json', '[]'],
  ['null', 'application/json', 'null'],
  ['a statement', 'application/json', `{"email":"' or 1=1; drop table x --","password":"${'x'.repeat(2_000)}"}`],
  ['another type', 'application/xml', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
  ['no type', '', 'x'],
]

test('what is malformed is refused on every declared route, and nothing of the inside is told', async () => {
  assert.ok(operations.length > 100, `${operations.length}`)
  for (const [i, { method, path }] of operations.entries()) {
    if (ending.test(path) && method !== 'GET') continue
    const value = ["' or 1=1 --", '../../etc/passwd', 'x'.repeat(300), '%00', '__proto__'][i % 5] as string
    tellsNothing(`${method} ${path}?`, await ask(method, `${filled(path, value)}?limit=x&%ff=1`, own()))
    if (method === 'GET') continue
    for (const [what, type, body] of malformed.filter((_, n) => (n + i) % 3 === 0)) {
      const headers = own({ 'content-length': `${body.length}`, ...(type === '' ? {} : { 'content-type': type }) })
      const reply = await ask(method, filled(path, value), headers, body)
      tellsNothing(`${method} ${path} with ${what}`, reply)
      assert.notEqual(reply.status, 500, `${method} ${path} with ${what}: ${reply.text}`)
    }
  }
})

test('an address that is none, and a method that it does not take, are told of as problems', async () => {
  for (const path of ['/v1/none', '/v1/%zz', '/v1/../etc/passwd', '/.env', '/.git/config', '/docs/errors/none'])
    tellsNothing(path, await ask('GET', path, own()))
  for (const method of ['PUT', 'PATCH', 'DELETE']) tellsNothing(method, await ask(method, '/livez', own()))
})

test('what an application that fails says of itself stays behind the gateway', async () => {
  const app = { host: target.appHost }
  for (const [what, answer] of [
    ['broken off', (response: { socket: { destroy(): void } | null }) => response.socket?.destroy()],
    [
      'no HTTP',
      (response: { socket: { end(text: string): void } | null }) =>
        response.socket?.end('Error at /srv/app.js:1\r\n\r\n'),
    ],
  ] as const) {
    target.answer = (_seen, response) => void answer(response)
    const reply = await ask('GET', '/public/x', app)
    assert.ok(reply.status >= 500, what)
    tellsNothing(what, reply)
  }
  target.answer = (_seen, response) => {
    response.writeHead(200, { server: 'nginx/1.2.3', 'x-powered-by': 'PHP/5.1' })
    response.end('hello')
  }
  tellsNothing('versions', await ask('GET', '/public/x', app))
})

test('every code of the server has a page, which is where the type of its problems leads', async () => {
  const { text } = await ask('GET', '/docs/errors', own())
  const codes = [...text.matchAll(/href="\/docs\/errors\/([A-Z0-9_]+)"/g)].map((match) => match[1] as string)
  assert.ok(codes.length > 100, `${codes.length}`)
  for (const code of codes) {
    const page = await ask('GET', `/docs/errors/${code}`, { host: own().host })
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8'], code)
    assert.match(page.text, /What happened<\/h2><p>.+<h2>What to do<\/h2><p>.+/)
  }
})

/** Ends the server of the database, if it runs. */
function killDatabase(): void {
  const folder = join(target.server.folder, 'postgres')
  const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  try {
    // The number may be that of one which is gone, and by now anybody's.
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)) process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) throw error
  }
}

// Last: after it little works any more.
test('with its database gone no route tells more than that it does not work', async (t) => {
  let failed = 0
  for (const { method, path } of operations) {
    // The server starts it again: until an answer has shown that it is gone, each is asked right after it was ended.
    if (failed === 0) killDatabase()
    const body = method === 'GET' ? undefined : '{}'
    const headers = own(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': '2' })
    const reply = await ask(method, filled(path, 'usr_1'), headers, body).catch((error: NodeJS.ErrnoException) => {
      // Where the server ends with its database there is nobody to tell anything.
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') return null
      throw error
    })
    if (reply === null) break
    if (reply.status >= 500) failed += 1
    tellsNothing(`${method} ${path} without a database`, reply)
  }
  t.diagnostic(`${failed} answers with 5xx`)
  assert.ok(failed > 0)
})
