import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cors, corsPolicies } from './cors.ts'

const partner = 'https://partner.example'
const policies = corsPolicies(
  [
    {
      path: '/api/**',
      origins: [partner],
      methods: ['GET', 'PUT'],
      headers: ['Content-Type'],
      exposed: ['etag'],
      credentials: true,
    },
    { path: '/feed.json', origins: ['*'] },
  ],
  'cors',
)
const from = (origin: string, method = 'GET', headers: Record<string, string> = {}) => ({
  method,
  headers: { origin, ...headers },
})
const preflight = (origin: string, method: string, headers?: string) =>
  from(origin, 'OPTIONS', {
    'access-control-request-method': method,
    ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
  })
const kind = (head: ReturnType<typeof from>, path: string) => cors(policies, head, path).kind

describe('a configuration of CORS', () => {
  const refusedFor = (policy: Record<string, unknown>) =>
    assert.throws(() => corsPolicies([policy], 'cors'), /cors\[0\]/, JSON.stringify(policy))

  it('with * and credentials is refused, and so is * beside others or for what changes something', () => {
    refusedFor({ origins: ['*'], credentials: true })
    refusedFor({ origins: ['*', partner] })
    refusedFor({ origins: ['*'], methods: ['POST'] })
  })

  it('takes origins that are exactly one', () => {
    for (const origin of [
      'null',
      'partner.example',
      `${partner}/`,
      'https://*.example',
      'HTTPS://a.example',
      'file://',
    ])
      refusedFor({ origins: [origin] })
    refusedFor({ origins: [] })
    refusedFor({})
  })

  it('takes no header that speaks for somebody else, and nothing unknown', () => {
    for (const header of ['*', 'cookie', 'Sec-Fetch-Site', 'X-Forwarded-For', 'custodia-assertion', 'a b', 'a\r\nb'])
      refusedFor({ origins: [partner], headers: [header] })
    refusedFor({ origins: [partner], methods: ['get'] })
    refusedFor({ origins: [partner], maxAgeSeconds: 86_400 })
    refusedFor({ origins: [partner], path: 'api' })
    refusedFor({ origins: [partner], path: '/a/**/b' })
    refusedFor({ origins: [partner], allow: true })
    assert.throws(() => corsPolicies({}, 'cors'))
  })
})

describe('a page of another origin', () => {
  it('that is let in reads, and may be told more headers', () => {
    assert.deepEqual(cors(policies, from(partner), '/api/notes'), {
      kind: 'admitted',
      origin: partner,
      headers: {
        'access-control-allow-origin': partner,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'etag',
      },
    })
  })

  it('that is not, is told nothing: not at this path, not by this method, not from a sandbox, not from a look-alike', () => {
    assert.equal(kind(from(partner), '/'), 'none')
    assert.equal(kind(from(partner), '/apiary'), 'none')
    assert.equal(kind(from(partner, 'DELETE'), '/api/notes'), 'none')
    for (const origin of ['null', '', 'https://evil.example', `${partner}.evil.example`, 'http://partner.example'])
      assert.equal(kind(from(origin), '/api/notes'), 'none', origin)
    assert.equal(kind(from('null'), '/feed.json'), 'none')
  })

  it('asks beforehand and is answered for what the policy names, and for nothing more', () => {
    const answer = cors(policies, preflight(partner, 'PUT', 'content-type'), '/api/notes')
    assert.deepEqual(answer, {
      kind: 'preflight',
      headers: {
        'access-control-allow-origin': partner,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, PUT',
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '600',
      },
    })
    assert.equal(kind(preflight(partner, 'DELETE'), '/api/notes'), 'none')
    assert.equal(kind(preflight(partner, 'PUT', 'content-type, x-other'), '/api/notes'), 'none')
    assert.equal(kind(preflight(partner, 'PUT', 'authorization'), '/api/notes'), 'none')
    assert.equal(kind(preflight('https://evil.example', 'GET'), '/api/notes'), 'none')
  })

  it('that is let in without credentials sends nothing with cookies: it would be in somebody’s name', () => {
    const bare = corsPolicies([{ origins: [partner], methods: ['GET', 'POST'] }], 'cors')
    assert.equal(cors(bare, from(partner, 'POST'), '/note').kind, 'admitted')
    assert.equal(cors(bare, from(partner, 'POST', { cookie: 'session=1' }), '/note').kind, 'none')
    assert.equal(cors(bare, from(partner, 'GET', { cookie: 'session=1' }), '/note').kind, 'admitted')
    assert.equal(cors(policies, from(partner, 'PUT', { cookie: 'session=1' }), '/api/notes').kind, 'admitted')
  })

  it('whoever it is reads what is for everybody, without being named', () => {
    const answer = cors(policies, from('https://anybody.example'), '/feed.json')
    assert.deepEqual(answer.kind === 'admitted' && answer.headers, { 'access-control-allow-origin': '*' })
  })
})

it('without a policy nobody is let in', () => {
  assert.equal(cors([], from(partner), '/api/notes').kind, 'none')
})
