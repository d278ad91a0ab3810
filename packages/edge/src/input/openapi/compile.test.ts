import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileOpenApi } from './compile.ts'
import { OpenApiUnusable } from './document.ts'

const order = {
  type: 'object',
  required: ['id', 'item', 'count'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', readOnly: true },
    item: { type: 'string', minLength: 1, maxLength: 40 },
    count: { type: 'integer', minimum: 1, maximum: 100 },
    note: { type: ['string', 'null'] },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true, maxItems: 5 },
    pin: { type: 'string', writeOnly: true },
    parent: { $ref: '#/components/schemas/Order' },
  },
}
const shop = {
  openapi: '3.1.0',
  info: { title: 'Shop', version: '1' },
  paths: {
    '/orders': {
      parameters: [{ name: 'x-shop', in: 'header', schema: { type: 'string', enum: ['north', 'south'] } }],
      get: {
        security: [{ key: [] }],
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 50 } },
          { name: 'deep', in: 'query', schema: { type: 'boolean' } },
          { name: 'price', in: 'query', schema: { type: 'number' } },
          { name: 'tag', in: 'query', schema: { type: 'array', items: { type: 'string', maxLength: 3 } } },
          { name: 'ids', in: 'query', explode: false, schema: { type: 'array', items: { type: 'integer' } } },
          { name: 'bar', in: 'query', style: 'pipeDelimited', schema: { type: 'array', items: { type: 'integer' } } },
          {
            name: 'filter',
            in: 'query',
            style: 'deepObject',
            schema: { type: 'object', properties: { state: { type: 'string' }, age: { type: 'integer' } } },
          },
          {
            name: 'json',
            in: 'query',
            content: { 'application/json': { schema: { type: 'object', required: ['a'] } } },
          },
          { name: 'session', in: 'cookie', schema: { type: 'string', pattern: '^[a-z]{4}$' } },
        ],
        responses: {
          200: {
            content: {
              'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Order' } } },
            },
          },
          '4XX': { description: 'No.' },
        },
      },
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Order' } },
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['count'],
                properties: { count: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
                additionalProperties: false,
              },
            },
            'image/*': {},
          },
        },
        responses: { 201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } } } },
      },
    },
    '/orders/{id}': {
      get: {
        parameters: [{ $ref: '#/components/parameters/Id' }],
        responses: { default: { description: 'Anything.' } },
      },
    },
    '/orders/mine': { get: { responses: {} } },
    '/files/{name}.txt': { get: { responses: {} } },
  },
  components: {
    parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'integer' } } },
    schemas: { Order: order },
    securitySchemes: { key: { type: 'apiKey', in: 'query', name: 'key' } },
  },
}

const compiled = compileOpenApi(shop, { replies: true })
const operationAt = (method: string, path: string) => {
  const found = compiled.find(method, path)
  assert.ok(found !== null && 'operation' in found, `${method} ${path}`)
  return found
}
const head = (target: string, headers: Record<string, string> = {}) => {
  const { operation, path } = operationAt('GET', target.split('?')[0] as string)
  return operation.head({ target, headers }, path)
}
const body = (value: unknown, type = 'application/json', more: Record<string, string> = {}) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const plan = operationAt('POST', '/orders').operation.body({
    'content-type': type,
    'content-length': `${text.length}`,
    ...more,
  })
  if (plan.act === 'pass') return 'passed on'
  return plan.act === 'refuse' ? plan.unfit : plan.check(Buffer.from(text))
}

describe('which operation', () => {
  test('what is spelled out comes before what is left open', () => {
    assert.equal(operationAt('GET', '/orders/mine').operation.name, 'GET /orders/mine')
    assert.equal(operationAt('GET', '/orders/7').operation.name, 'GET /orders/{id}')
    assert.equal(operationAt('HEAD', '/orders/7').operation.name, 'GET /orders/{id}')
    assert.equal(operationAt('GET', '/files/a.b.txt').path.get('name'), 'a.b')
  })

  test('what the document does not have is not found', () => {
    for (const path of ['/', '/orders/', '/orders/7/lines', '/Orders', '/orders//', '/files/.txt', '/files/a.txt/', ''])
      assert.equal(compiled.find('GET', path), null, path)
    assert.deepEqual(compiled.find('DELETE', '/orders'), ['GET', 'POST'])
    assert.deepEqual(compiled.find('TRACE', '/orders/7'), ['GET'])
    assert.deepEqual(compiled.find('constructor', '/orders/7'), ['GET'])
  })

  test('the path of the first server stands before all', () => {
    const there = compileOpenApi({ ...shop, servers: [{ url: 'https://shop.example/api/v1/' }] }, { replies: false })
    assert.equal(there.find('GET', '/orders'), null)
    assert.ok(there.find('GET', '/api/v1/orders'))
  })
})

describe('parameters', () => {
  for (const query of [
    '',
    '?limit=50&deep=true&price=1.5e1',
    '?tag=a&tag=b',
    '?ids=1,2,3',
    '?bar=1%7C2|3',
    '?filter[state]=open&filter%5Bage%5D=4',
    '?json=%7B%22a%22%3A1%7D',
    '?key=abc',
    '?tag=a%2Cb',
    '?&limit=1&',
  ])
    test(`${query || 'no query'} is taken`, () => assert.equal(head(`/orders${query}`), null))

  for (const [query, field] of [
    ['limit=0', 'query.limit'],
    ['limit=51', 'query.limit'],
    ['limit=0x10', 'query.limit'],
    ['limit=1e1000', 'query.limit'],
    ['limit=+5', 'query.limit'],
    ['limit=%205', 'query.limit'],
    ['limit=05', 'query.limit'],
    ['limit=', 'query.limit'],
    ['limit', 'query.limit'],
    ['limit=1&limit=2', 'query.limit'],
    ['limit=1&%6Cimit=2', 'query.limit'],
    ['limit[]=1', 'query.limit[]'],
    ['limit[x]=1', 'query.limit[x]'],
    ['Limit=1', 'query.Limit'],
    ['deep=1', 'query.deep'],
    ['deep=True', 'query.deep'],
    ['price=NaN', 'query.price'],
    ['price=9007199254740993', 'query.price'],
    ['tag=abcd', 'query.tag.0'],
    ['ids=1,x', 'query.ids.1'],
    ['ids=1&ids=2', 'query.ids'],
    ['filter[state]=a&filter[state]=b', 'query.filter.state'],
    ['filter[age]=old', 'query.filter.age'],
    ['filter[other]=1', 'query.filter[other]'],
    ['filter[__proto__]=1', 'query.filter[__proto__]'],
    ['__proto__=1', 'query.__proto__'],
    ['json=%7B%22a%22%3A1%2C%22a%22%3A2%7D', 'query.json.a'],
    ['json={}', 'query.json.a'],
    ['json=x', 'query.json'],
    ['debug=1', 'query.debug'],
    ['limit=1;debug=1', 'query'],
    ['limit=%ff', 'query.limit'],
    ['%c0%af=1', 'query'],
    [`${'tag=a&'.repeat(501)}`, 'query'],
  ] as const)
    test(`?${query.slice(0, 40)} is refused at ${field}`, () => assert.equal(head(`/orders?${query}`)?.field, field))

  test('unknown ones pass where that is said, and only those', () => {
    const lax = compileOpenApi(shop, { replies: false, unknownQuery: 'pass' }).find('GET', '/orders')
    assert.ok(lax !== null && 'operation' in lax)
    assert.equal(lax.operation.head({ target: '/orders?utm=1', headers: {} }, lax.path), null)
    assert.equal(lax.operation.head({ target: '/orders?utm=1&limit=x', headers: {} }, lax.path)?.field, 'query.limit')
  })

  test('of a path, a header and a cookie are held to their schemas', () => {
    assert.equal(head('/orders/12'), null)
    for (const id of ['x', '1.5', '0x1', '9007199254740993']) assert.equal(head(`/orders/${id}`)?.field, 'path.id', id)
    assert.equal(head('/orders', { 'x-shop': 'north' }), null)
    assert.equal(head('/orders', { 'x-shop': 'east' })?.field, 'header.x-shop')
    assert.equal(head('/orders', { cookie: 'a=b; session=abcd' }), null)
    assert.equal(head('/orders', { cookie: 'session=abc1' })?.field, 'cookie.session')
    assert.equal(head('/orders', { cookie: 'session=abcd; session=efgh' })?.field, 'cookie.session')
  })
})

describe('bodies', () => {
  test('what is declared is taken', () => {
    assert.equal(body({ item: 'pen', count: 2, note: null, tags: ['a', 'b'], pin: 'x' }), null)
    assert.equal(body({ item: 'pen', count: 2 }, 'application/json; charset=UTF-8'), null)
    assert.equal(body('count=2&tags=a&tags=b', 'application/x-www-form-urlencoded'), null)
    assert.equal(body('anything', 'image/png'), 'passed on')
  })

  for (const [what, value, field] of [
    ['a missing member', { count: 1 }, 'body.item'],
    ['text for a number', { item: 'pen', count: '2' }, 'body.count'],
    ['a fraction', { item: 'pen', count: 1.5 }, 'body.count'],
    ['a member that is not declared', { item: 'pen', count: 1, admin: true }, 'body.admin'],
    ['a member that only replies have', { item: 'pen', count: 1, id: 'ord_1' }, 'body.id'],
    ['one of those further in', { item: 'pen', count: 1, parent: { item: 'x', count: 1, id: '7' } }, 'body.parent.id'],
    ['the same item twice', { item: 'pen', count: 1, tags: ['a', 'a'] }, 'body.tags'],
    ['a list instead', [], 'body'],
    ['a repeated name', '{"item":"pen","count":1,"count":100000}', 'body.count'],
    ['a shared name', '{"item":"pen","count":1,"__proto__":{}}', 'body.__proto__'],
    ['no JSON', 'item=pen', 'body'],
    ['nothing', '', 'body'],
  ] as const)
    test(`${what} is refused at ${field}`, () => {
      const unfit = body(value)
      assert.ok(unfit !== null && unfit !== 'passed on')
      assert.equal(unfit.field, field)
    })

  for (const [form, field] of [
    ['count=x', 'body.count'],
    ['count=1&count=2', 'body.count'],
    ['count=1&admin=1', 'body.admin'],
    ['count=1&__proto__=1', 'body.__proto__'],
    ['count=%ff', 'body.count'],
  ] as const)
    test(`the form ${form} is refused at ${field}`, () => {
      const unfit = body(form, 'application/x-www-form-urlencoded')
      assert.ok(unfit !== null && unfit !== 'passed on')
      assert.equal(unfit.field, field)
    })

  for (const [what, type, more, field] of [
    ['another media type', 'text/plain', {}, 'header.content-type'],
    ['a type that looks like JSON', 'application/jsonx', {}, 'header.content-type'],
    ['another charset', 'application/json; charset=utf-7', {}, 'header.content-type'],
    [
      'one behind one that stands in quotes',
      'application/json; a="; charset=utf-8"; charset=utf-7',
      {},
      'header.content-type',
    ],
    ['two charsets', 'application/json; charset=utf-8; charset=utf-7', {}, 'header.content-type'],
    ['a charset that is not closed', 'application/json; charset="utf-8; charset=utf-7', {}, 'header.content-type'],
    ['a packed body', 'application/json', { 'content-encoding': 'gzip' }, 'header.content-encoding'],
  ] as const)
    test(`${what} is refused`, () => {
      const unfit = body({ item: 'pen', count: 1 }, type, more)
      assert.ok(unfit !== null && unfit !== 'passed on')
      assert.equal(unfit.field, field)
    })

  test('one that is missing, or comes where none is taken, is refused', () => {
    const post = operationAt('POST', '/orders').operation
    assert.equal(post.body({}).act, 'refuse')
    const plan = post.body({ 'transfer-encoding': 'chunked', 'content-type': 'application/json' })
    assert.ok(plan.act === 'check' && plan.required)
    const get = operationAt('GET', '/orders').operation
    assert.equal(get.body({}).act, 'pass')
    assert.equal(get.body({ 'content-length': '4', 'content-type': 'application/json' }).act, 'refuse')
  })
})

describe('replies', () => {
  const reply = (method: string, status: number, value: unknown, type = 'application/json') => {
    const plan = operationAt(method, '/orders').operation.reply(status, { 'content-type': type })
    if (plan.act === 'pass') return 'passed on'
    return plan.act === 'refuse' ? plan.unfit.field : (plan.check(Buffer.from(JSON.stringify(value)))?.field ?? null)
  }
  const one = { id: 'ord_1', item: 'pen', count: 1 }

  test('what is declared passes', () => {
    assert.equal(reply('GET', 200, [one]), null)
    assert.equal(reply('POST', 201, one), null)
  })

  test('what is not, or what only requests have, does not', () => {
    assert.equal(reply('GET', 200, [{ ...one, passwordHash: 'x' }]), 'body.0.passwordHash')
    assert.equal(reply('GET', 200, [{ ...one, pin: '1234' }]), 'body.0.pin')
    assert.equal(reply('GET', 500, { stack: '' }), 'status')
    assert.equal(reply('GET', 200, '<html>', 'text/html'), 'header.content-type')
    assert.equal(reply('GET', 404, {}), 'header.content-type')
  })
})

describe('a document of OpenAPI 3.0', () => {
  const old = compileOpenApi(
    {
      openapi: '3.0.3',
      paths: {
        '/a': {
          post: {
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    type: 'object',
                    properties: {
                      name: { type: 'string', nullable: true },
                      price: { type: 'number', minimum: 0, exclusiveMinimum: true },
                      kind: { type: 'string', nullable: true, enum: ['a', 'b'] },
                    },
                  },
                },
              },
            },
            responses: {},
          },
        },
      },
    },
    { replies: false },
  ).find('POST', '/a')
  assert.ok(old !== null && 'operation' in old)
  const plan = old.operation.body({ 'content-length': '1', 'content-type': 'application/json' })
  assert.ok(plan.act === 'check')
  const fits = (value: unknown) => plan.check(Buffer.from(JSON.stringify(value))) === null

  test('says nullable and exclusive bounds in its own words, and is understood', () => {
    assert.ok(fits({ name: null, price: 0.1, kind: null }))
    assert.ok(!fits({ name: 1 }))
    assert.ok(!fits({ price: 0 }))
    assert.ok(!fits({ price: null }))
    assert.ok(!fits({ kind: 'c' }))
  })
})

describe('a document that can not be held to is refused at the start', () => {
  const withSchema = (schema: unknown) => ({
    openapi: '3.1.0',
    paths: { '/a': { post: { requestBody: { content: { 'application/json': { schema } } }, responses: {} } } },
  })
  const withPaths = (paths: unknown) => ({ openapi: '3.1.0', paths })
  const get = { get: { responses: {} } }
  const ring = { get: { parameters: [{ $ref: '#/components/parameters/A' }], responses: {} } }
  const deep = (levels: number): unknown => (levels === 0 ? {} : { items: deep(levels - 1) })
  const query = (parameter: object) =>
    withPaths({ '/a': { get: { parameters: [{ in: 'query', name: 'q', ...parameter }], responses: {} } } })
  for (const [what, document] of [
    ['no mapping', []],
    ['nothing', null],
    ['another version', { openapi: '2.0', paths: { '/a': get } }],
    ['no operation', withPaths({})],
    ['a file beside it', withSchema({ $ref: './other.yaml#/A' })],
    ['an address', withSchema({ $ref: 'http://169.254.169.254/latest' })],
    ['a parameter from an address', withPaths({ '/a': { get: { parameters: [{ $ref: 'https://evil.example/p' }] } } })],
    ['nothing where it refers to', withSchema({ $ref: '#/components/schemas/None' })],
    [
      'a ring',
      { ...withPaths({ '/a': ring }), components: { parameters: { A: { $ref: '#/components/parameters/A' } } } },
    ],
    ['a name of what objects share', withSchema({ $ref: '#/components/schemas/__proto__' })],
    ['a word that is no word', withSchema({ type: 'string', maxlength: 5 })],
    ['an identifier of its own', withSchema({ $id: 'http://other/', type: 'string' })],
    ['a type that is none', withSchema({ type: 'strin' })],
    ['a pattern that is none', withSchema({ type: 'string', pattern: '(' })],
    ['a pattern without end', withSchema({ type: 'string', pattern: 'a'.repeat(2_000) })],
    ['more levels than are read', withSchema(deep(200))],
    ['two parameters in a segment', withPaths({ '/a/{b}-{c}': get })],
    ['two paths that are one', withPaths({ '/a/{b}': get, '/a/{c}': get })],
    ['a style that is not read', query({ style: 'matrix', schema: { type: 'string' } })],
    ['an object that is not read', query({ explode: false, schema: { type: 'object' } })],
  ] as const)
    test(what, () => assert.throws(() => compileOpenApi(document, { replies: false }), OpenApiUnusable))
})
