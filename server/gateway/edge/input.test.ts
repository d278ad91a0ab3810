import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, beforeEach } from 'node:test'
import { stringify } from 'yaml'
import type { Ask, TestGateway } from '../testing.ts'
import { codeOf, cookie, openTestGateway } from '../testing.ts'
import { checkEdge } from './config.ts'
import { openInputs } from './input.ts'

const order = {
  type: 'object',
  required: ['item', 'count'],
  additionalProperties: false,
  properties: { id: { type: 'string', readOnly: true }, item: { type: 'string' }, count: { type: 'integer' } },
}
const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })
const document = {
  openapi: '3.1.0',
  paths: {
    '/api/orders': {
      get: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 50 } }],
        responses: { 200: json({ type: 'array', items: { $ref: '#/components/schemas/Order' } }) },
      },
      post: {
        requestBody: { required: true, ...json({ $ref: '#/components/schemas/Order' }) },
        responses: { 201: json({ $ref: '#/components/schemas/Order' }) },
      },
      put: { requestBody: { content: { 'application/octet-stream': {} } }, responses: { 200: {} } },
    },
  },
  components: { schemas: { Order: order } },
}

const folder = mkdtempSync(join(tmpdir(), 'custodia-input-'))
const file = join(folder, 'shop.yaml')
writeFileSync(file, stringify(document))
const shop = (upstream: string, host: string, replies: string) => ({
  host: `${host}.localhost`,
  upstream,
  timeoutSeconds: 2,
  permissions: {},
  rules: [{ path: '/**', public: true }],
  edge: { input: { openapi: file, replies, under: '/api' } },
})

let rig: TestGateway
let received = Buffer.alloc(0)
before(async () => {
  rig = await openTestGateway((upstream) => ({
    shop: shop(upstream, 'shop', 'off'),
    told: shop(upstream, 'told', 'log'),
    held: shop(upstream, 'held', 'refuse'),
    closed: {
      ...shop(upstream, 'closed', 'off'),
      permissions: { 'closed:use': 'Use it.' },
      rules: [{ path: '/**', permission: 'closed:use' }],
    },
  }))
})
after(async () => {
  await rig.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  rig.reset()
  received = Buffer.alloc(0)
  rig.behave = (request, response) => {
    request.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])))
    request.on('end', () => response.end('[]'))
  }
})

const ask = (path: string, more: Ask = {}) => rig.get(path, { host: 'shop.localhost', ...more })
const post = (body: string, headers: Record<string, string> = {}) =>
  ask('/api/orders', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
const good = '{ "count":2, "item":"zq" }'

test('what the document allows reaches the application byte for byte', async () => {
  assert.equal((await ask('/api/orders?limit=5')).status, 200)
  assert.equal(rig.seen?.url, '/api/orders?limit=5')
  assert.equal((await post(good)).status, 200)
  assert.equal(received.toString(), good)
  assert.equal(rig.seen?.headers['content-type'], 'application/json')
  assert.equal(rig.seen?.headers['content-length'], String(good.length))
  const chunked = { 'transfer-encoding': 'chunked' }
  received = Buffer.alloc(0)
  assert.equal((await post(good, chunked)).status, 200)
  assert.equal(received.toString(), good)
})

for (const [what, path, more, status, code, field] of [
  ['an address that is not there', '/api/admin', {}, 404, 'GATEWAY_OPERATION_UNKNOWN', undefined],
  ['the same in other letters', '/API/orders', {}, 404, 'GATEWAY_OPERATION_UNKNOWN', undefined],
  ['a slash more', '/api/orders/', {}, 404, 'GATEWAY_OPERATION_UNKNOWN', undefined],
  ['a method that is not there', '/api/orders', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED', undefined],
  ['a parameter that is not there', '/api/orders?debug=1', {}, 400, 'REQUEST_INVALID', 'query.debug'],
  ['a parameter twice', '/api/orders?limit=1&limit=2', {}, 400, 'REQUEST_INVALID', 'query.limit'],
  ['a parameter that does not fit', '/api/orders?limit=51', {}, 400, 'REQUEST_INVALID', 'query.limit'],
] as const)
  test(`${what} is refused, and the application never hears of it`, async () => {
    const got = await ask(path, more)
    assert.deepEqual([got.status, codeOf(got), JSON.parse(got.body).field], [status, code, field])
    assert.equal(rig.seen, null)
    assert.equal(got.headers.connection, 'close')
    if (status === 405) assert.equal(got.headers.allow, 'GET, POST, PUT')
  })

for (const [what, body, headers, status, field] of [
  ['a member that does not fit', '{"item":"zq","count":"2"}', {}, 400, 'body.count'],
  ['a member that is not there', '{"item":"zq","count":2,"admin":true}', {}, 400, 'body.admin'],
  ['a member that only replies have', '{"item":"zq","count":2,"id":"1"}', {}, 400, 'body.id'],
  ['a repeated name', '{"item":"zq","count":2,"count":3}', {}, 400, 'body.count'],
  ['a shared name', '{"item":"zq","count":2,"constructor":{}}', {}, 400, 'body.constructor'],
  ['no JSON', 'item=zq', {}, 400, 'body'],
  ['no body', '', {}, 400, 'body'],
  ['an empty body in chunks', '', { 'transfer-encoding': 'chunked' }, 400, 'body'],
  ['another type', good, { 'content-type': 'text/plain' }, 415, 'header.content-type'],
  ['another charset', good, { 'content-type': 'application/json; charset=utf-16' }, 415, 'header.content-type'],
  ['a packed body', good, { 'content-encoding': 'gzip' }, 415, 'header.content-encoding'],
  ['a body that is too large', JSON.stringify({ item: 'x'.repeat(9_000), count: 1 }), {}, 413, undefined],
  [
    'one whose length is not said',
    JSON.stringify({ item: 'x'.repeat(9_000), count: 1 }),
    { 'transfer-encoding': 'chunked' },
    413,
    undefined,
  ],
] as const)
  test(`${what} is refused, and nothing of it reaches the application`, async () => {
    const got = await post(body, headers)
    assert.deepEqual([got.status, JSON.parse(got.body).field], [status, field], got.body)
    assert.equal(rig.seen, null)
    assert.equal(received.length, 0)
    assert.doesNotMatch(got.body, /zq/)
  })

test('a body that is no JSON by its declaration is passed on as it comes, however long', async () => {
  const body = 'x'.repeat(100_000)
  const got = await ask('/api/orders', { method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } })
  assert.equal(got.status, 200)
  assert.equal(received.length, body.length)
})

test('what the document does not speak of passes; what a lax server takes for it does not', async () => {
  assert.equal((await ask('/page?x=1')).status, 200)
  assert.equal((await ask('/apix')).status, 200)
  assert.equal((await ask('/Api/admin')).status, 404)
})

test('a stranger is asked who they are before they learn what the document says', async () => {
  const got = await ask('/api/nothing', { host: 'closed.localhost', headers: { accept: 'application/json' } })
  assert.equal(codeOf(got), 'AUTHENTICATION_REQUIRED')
})

test('a WebSocket to an address that is not in the document is refused', async () => {
  rig.signedIn('ann', 'reader')
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(rig.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.on('close', () => resolve(text))
    socket.write(
      [
        ...[
          'GET /api/socket HTTP/1.1',
          `Host: shop.localhost:${rig.port}`,
          `Origin: http://shop.localhost:${rig.port}`,
        ],
        ...[
          `Cookie: ${cookie('ann').cookie}`,
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
        ],
        ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
      ].join('\r\n'),
    )
  })
  assert.match(answer, /^HTTP\/1\.1 404 .*GATEWAY_OPERATION_UNKNOWN/s)
})

const replying = (status: number, body: string, headers: Record<string, string> = {}) => {
  rig.behave = (_request, response: ServerResponse) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'set-cookie': 'theirs=1',
      'x-trace': 'at /srv/app.js:1',
      ...headers,
    })
    response.end(body)
  }
}
const unfit: readonly [string, number, string, Record<string, string>, string][] = [
  ['a member that is not declared', 200, '[{"item":"zq","count":1,"password":"hunter2"}]', {}, 'body.0.password'],
  ['a status that is not declared', 500, '{"stack":"hunter2 at /srv/app.js:1:1"}', {}, 'status'],
  ['another media type', 200, '<p>hunter2</p>', { 'content-type': 'text/html' }, 'header.content-type'],
  ['what is packed', 200, 'hunter2', { 'content-encoding': 'gzip' }, 'header.content-encoding'],
  ['what is no JSON', 200, 'hunter2 SELECT * FROM users', {}, 'body'],
  ['more than is held', 200, `["${'hunter2'.repeat(200_000)}"]`, {}, 'body'],
]

for (const [what, status, body, headers, field] of unfit) {
  test(`a reply with ${what} is refused where that is said, and nothing of it is passed on`, async () => {
    replying(status, body, headers)
    const got = await ask('/api/orders', { host: 'held.localhost' })
    assert.deepEqual([got.status, codeOf(got)], [502, 'GATEWAY_REPLY_UNFIT'])
    assert.doesNotMatch(JSON.stringify(got), /hunter2|theirs|srv|x-trace|password/)
    assert.equal(rig.seen?.headers['accept-encoding'], 'identity')
  })

  test(`a reply with ${what} is passed on and told of where that is said`, async () => {
    replying(status, body, headers)
    const got = await ask('/api/orders', { host: 'told.localhost' })
    assert.deepEqual([got.status, got.body], [status, body])
    assert.equal(got.headers['set-cookie']?.[0], 'theirs=1')
    assert.equal(field.length > 0, true)
  })
}

test('a reply that fits is passed on as it is, and so are those without content', async () => {
  for (const host of ['held.localhost', 'told.localhost']) {
    const body = '[ {"count":1,"item":"zq","id":"ord_1"} ]'
    replying(200, body)
    const got = await ask('/api/orders', { host })
    assert.deepEqual([got.status, got.body], [200, body])
    assert.equal((await ask('/api/orders', { host, method: 'HEAD' })).status, 200)
    replying(304, '')
    assert.equal((await ask('/api/orders', { host })).status, 304)
  }
})

test('an application that breaks off in the middle is told of as one that does not answer', async () => {
  rig.behave = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('[{"item":"hunter2"')
    setImmediate(() => response.destroy())
  }
  const got = await ask('/api/orders', { host: 'held.localhost' })
  assert.deepEqual([got.status, codeOf(got)], [502, 'GATEWAY_UPSTREAM_DOWN'])
})

for (const [what, value] of [
  ['a word that is not known', { inputs: {} }],
  ['no file', { input: {} }],
  ['a mode that is none', { input: { openapi: file, replies: 'drop' } }],
  ['a path that is none', { input: { openapi: file, under: 'api/*' } }],
  ['a member that is not known', { input: { openapi: file, reply: 'log' } }],
  ['no mapping', { input: 'openapi.yaml' }],
  ['a list', []],
] as const)
  test(`edge with ${what} is a mistake in the configuration`, () => {
    assert.throws(() => checkEdge(value, 'shop.edge'), /^Error: shop\.edge/)
  })

test('a file that is not there, is none or can not be held to stops the start, with its place', async () => {
  const application = (openapi: string) => [{ name: 'shop', edge: checkEdge({ input: { openapi } }, '') }] as never
  await assert.rejects(openInputs(application(join(folder, 'none.yaml'))), /shop\.edge\.input: .*none\.yaml/)
  for (const [name, text] of [
    ['empty.yaml', ''],
    ['twice.json', '{"openapi":"3.1.0","openapi":"3.0.0","paths":{}}'],
    [
      'aliases.yaml',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(60)}]\nopenapi: 3.1.0`,
    ],
    ['outside.yaml', stringify({ ...document, paths: { '/a': { $ref: 'http://169.254.169.254/' } } })],
  ] as const) {
    writeFileSync(join(folder, name), text)
    await assert.rejects(openInputs(application(join(folder, name))), new RegExp(`input: .*${name}`))
  }
})

test('what was refused stands in the ledger, counted by operation and reason, and has nothing of what was sent', async () => {
  const written = async () => {
    await rig.gateway.stop()
    await rig.restart()
  }
  await written()
  rig.context.events.length = 0
  await ask('/api/secret-zq')
  await ask('/api/orders', { method: 'DELETE' })
  await ask('/api/orders?limit=zq')
  await post('x', { 'content-type': 'text/zq' })
  for (let i = 0; i < 3; i++) await post('{"item":"zq"}')
  await post('{"item":"a","count":1}')
  await written()
  const found = rig.context.events.filter(({ type }) => type === 'gateway.requests.unfit')
  assert.deepEqual(
    found.map(({ data }) => [data.operation, data.reason, data.requests]).sort(),
    [
      ['GET /api/orders', 'unfit', 1],
      ['POST /api/orders', 'body', 3],
      ['POST /api/orders', 'media-type', 1],
      [null, 'method', 1],
      [null, 'unknown', 1],
    ].sort(),
  )
  assert.doesNotMatch(JSON.stringify(found), /zq/)
})
