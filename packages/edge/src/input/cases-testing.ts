/** One request, and what becomes of it: at the gateway and in every middleware the same. */
export type InputCase = {
  readonly what: string
  /** GET unless said. */
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Without its length. */
  readonly chunked?: boolean
  /** Null where it reaches the application. The code is without the prefix of whoever says it. */
  readonly refused: { readonly status: number; readonly code: string; readonly field?: string } | null
  /** The Fetch API has resolved such an address before anybody is asked: there is one reading left, and it is refused or not as that. */
  readonly resolvedByFetch?: boolean
  /** Routers refuse such an address before anybody is asked, in words of their own. */
  readonly routerFirst?: boolean
}

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })
const order = {
  type: 'object',
  required: ['item', 'count'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', readOnly: true },
    item: { type: 'string' },
    count: { type: 'integer' },
    more: {},
  },
}

/** What the cases are held to, under `/api`. */
export const casesDocument = {
  openapi: '3.1.0',
  paths: {
    '/api/orders': {
      get: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 50 } }],
        responses: { 200: json({}) },
      },
      post: { requestBody: { required: true, ...json(order) }, responses: { 201: json({}) } },
      put: { requestBody: { content: { 'application/octet-stream': {} } }, responses: { 200: {} } },
    },
    '/api/orders/{id}': {
      get: { parameters: [{ name: 'id', in: 'path', schema: { type: 'string' } }], responses: { 200: {} } },
    },
  },
}
export const casesUnder = '/api'
/** The largest body that is held. */
export const casesMaxBytes = 4_096
/** Stands in values of bodies, and must never be in what is said of them. */
export const casesSecret = 'hunter2'

const invalid = (field: string) => ({ status: 400, code: 'REQUEST_INVALID', field })
const ambiguous = { status: 400, code: 'PATH_AMBIGUOUS' } as const
const unknown = { status: 404, code: 'OPERATION_UNKNOWN' } as const
const mediaType = (field: string) => ({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED', field })
const tooLarge = { status: 413, code: 'REQUEST_TOO_LARGE' } as const

const posted = (
  what: string,
  body: string | Buffer,
  refused: InputCase['refused'],
  more: Partial<InputCase> = {},
): InputCase => ({
  what,
  method: 'POST',
  target: '/api/orders',
  body,
  refused,
  ...more,
  headers: { 'content-type': 'application/json', ...more.headers },
})

const good = `{"item":"${casesSecret}","count":2}`
const withMore = (more: string) => `{"item":"${casesSecret}","count":2,"more":${more}}`

/** Attacks on whoever reads a request, and a few honest ones. */
export const inputCases: readonly InputCase[] = [
  { what: 'an honest question', target: '/api/orders?limit=5', refused: null },
  { what: 'an honest address with an escape', target: '/api/orders/caf%C3%A9', refused: null },
  { what: 'what the document does not speak of', target: '/health', refused: null },
  posted('an honest body', good, null),
  posted('an honest body in pieces', good, null, { chunked: true }),
  posted('a body that is not JSON by its declaration, however long', Buffer.alloc(20_000, 1), null, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
  }),

  { what: 'dot segments', target: '/api/../admin', refused: ambiguous, resolvedByFetch: true },
  { what: 'encoded dot segments', target: '/api/%2e%2e/admin', refused: ambiguous, resolvedByFetch: true },
  { what: 'half encoded dot segments', target: '/api/.%2E/admin', refused: ambiguous, resolvedByFetch: true },
  { what: 'dot segments encoded twice', target: '/api/%252e%252e/admin', refused: ambiguous },
  { what: 'an encoded slash', target: '/api/orders%2f..%2fadmin', refused: ambiguous },
  { what: 'an encoded backslash', target: '/api/orders%5c..%5cadmin', refused: ambiguous },
  { what: 'a backslash', target: '/api\\..\\admin', refused: ambiguous, resolvedByFetch: true },
  { what: 'a path parameter that hides dots', target: '/api/..;/admin', refused: ambiguous },
  { what: 'an empty segment', target: '/api//orders', refused: ambiguous },
  { what: 'a null character', target: '/api/orders%00.json', refused: ambiguous },
  { what: 'a line end', target: '/api/orders%0d%0aX-Evil:%20y', refused: ambiguous },
  { what: 'an overlong form of a slash', target: '/api/%c0%af..', refused: ambiguous, routerFirst: true },

  { what: 'an address that is not in the document', target: '/api/admin', refused: unknown },
  { what: 'the same in other letters', target: '/API/orders', refused: unknown },
  { what: 'a slash more', target: '/api/orders/', refused: unknown },
  {
    what: 'a method that is not there',
    method: 'DELETE',
    target: '/api/orders',
    refused: { status: 405, code: 'METHOD_NOT_ALLOWED' },
  },
  { what: 'a parameter that is not named', target: '/api/orders?debug=1', refused: invalid('query.debug') },
  { what: 'a parameter twice', target: '/api/orders?limit=1&limit=2', refused: invalid('query.limit') },
  { what: 'a number that is none', target: '/api/orders?limit=0x10', refused: invalid('query.limit') },
  { what: 'a bare semicolon in the query', target: '/api/orders?limit=1;limit=2', refused: invalid('query') },

  posted('a repeated name', `{"item":"${casesSecret}","count":2,"count":3}`, invalid('body.count')),
  posted('a repeated name behind an escape', `{"item":"a","count":2,"c\\u006funt":3}`, invalid('body.count')),
  posted('__proto__', withMore('{"__proto__":{"admin":true}}'), invalid('body.more.__proto__')),
  posted('constructor', withMore('{"constructor":{"prototype":{}}}'), invalid('body.more.constructor')),
  posted('__proto__ behind an escape', withMore('{"\\u005f_proto__":1}'), invalid('body.more.__proto__')),
  posted('a bomb of brackets', withMore(`${'['.repeat(1_500)}${']'.repeat(1_500)}`), invalid('body')),
  posted('a bomb of objects', withMore(`${'{"a":'.repeat(400)}1${'}'.repeat(400)}`), invalid('body')),
  posted('a number beyond all bounds', withMore('1e999'), invalid('body.more')),
  posted('a number that would be rounded', withMore('9007199254740993'), invalid('body.more')),
  posted('half of a surrogate pair', withMore('"\\ud800"'), invalid('body.more')),
  posted('broken UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]), invalid('body')),
  posted('a byte order mark', `\ufeff${good}`, invalid('body')),
  posted('what is no JSON', `item=${casesSecret}`, invalid('body')),
  posted('two values', `${good}${good}`, invalid('body')),
  posted('no body', '', invalid('body')),
  posted('no body in pieces', '', invalid('body'), { chunked: true }),
  posted('a member that is not declared', `{"item":"a","count":2,"admin":true}`, invalid('body.admin')),
  posted('a member that only replies have', `{"item":"a","count":2,"id":"1"}`, invalid('body.id')),
  posted('a member of another type', `{"item":"a","count":"${casesSecret}"}`, invalid('body.count')),

  posted('JSON under another name', good, mediaType('header.content-type'), {
    headers: { 'content-type': 'text/plain' },
  }),
  posted('a form', `item=${casesSecret}`, mediaType('header.content-type'), {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  posted('another charset', good, mediaType('header.content-type'), {
    headers: { 'content-type': 'application/json; charset=utf-16' },
  }),
  posted('a packed body', good, mediaType('header.content-encoding'), { headers: { 'content-encoding': 'gzip' } }),
  posted('a body that is too large', withMore(`"${'x'.repeat(5_000)}"`), tooLarge),
  posted('one whose length is not said', withMore(`"${'x'.repeat(5_000)}"`), tooLarge, { chunked: true }),
  {
    what: 'a body where none is taken',
    method: 'GET',
    target: '/api/orders',
    headers: { 'content-type': 'application/json', 'content-length': '2' },
    body: '{}',
    refused: invalid('body'),
  },
]
