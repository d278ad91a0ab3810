import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { checkBrowser } from '@custodia/edge/browser/settings.ts'
import type { TestGateway } from '../testing.ts'
import { codeOf, cookie, openTestGateway, reported } from '../testing.ts'

const partner = 'https://partner.example'
const at = (host: string, upstream: string, browser: object) => ({
  [host]: {
    host: `${host}.localhost`,
    upstream,
    permissions: { [`${host}:use`]: 'Use it.' },
    rules: [
      { path: '/public/**', methods: ['GET', 'POST', 'PUT'], public: true },
      { path: '/**', permission: `${host}:use` },
    ],
    edge: { browser },
  },
})

describe('the browser defences of applications', () => {
  let rig: TestGateway
  before(async () => {
    rig = await openTestGateway((upstream) => ({
      ...at('nonces', upstream, { nonces: true }),
      ...at('learner', upstream, { profile: 'learn' }),
      ...at('bare', upstream, { profile: 'off' }),
      ...at('shared', upstream, {
        cors: [
          { path: '/public/**', origins: [partner], methods: ['GET', 'PUT'], headers: ['x-note'], credentials: true },
        ],
      }),
    }))
  })
  beforeEach(() => {
    rig.reset()
    reported.length = 0
  })
  after(() => rig.close())

  const page = '<!doctype html><script>go()</script>'
  const answering = (headers: Record<string, string | string[]>, body: string | Buffer = page, status = 200) => {
    rig.behave = (_request, response) => void response.writeHead(status, headers).end(body)
  }
  const html = { 'content-type': 'text/html' }
  const policyOf = (got: { headers: Record<string, unknown> }) => String(got.headers['content-security-policy'])
  const get = (host: string, path = '/public/page', headers: Record<string, string> = {}) =>
    rig.get(path, { host: `${host}.localhost`, headers })

  it('are strict where nothing is said', async () => {
    answering(html)
    const got = await get('app')
    assert.match(
      policyOf(got),
      /^default-src 'none'; script-src 'self'; .*frame-ancestors 'self'; require-trusted-types/,
    )
    assert.match(policyOf(got), /form-action 'self' http:\/\/custodia\.localhost:\d+;/)
    assert.match(policyOf(got), /report-uri \/\.custodia\/reports$/)
    assert.equal(got.headers['x-content-type-options'], 'nosniff')
    assert.equal(got.headers['cross-origin-opener-policy'], 'same-origin')
    assert.equal(got.body, page)
  })

  it('hold beside a policy of the application that lets everything run', async () => {
    answering({ ...html, 'content-security-policy': "script-src * 'unsafe-inline'" })
    assert.match(policyOf(await get('app')), /^script-src \* 'unsafe-inline', default-src 'none'; script-src 'self';/)
  })

  it('stand on our own refusals, whatever the profile', async () => {
    for (const host of ['app', 'learner', 'nonces']) {
      const got = await get(host, '/private', { 'sec-fetch-mode': 'cors' })
      assert.equal(got.status, 401)
      assert.equal(got.headers['x-content-type-options'], 'nosniff')
      assert.match(policyOf(got), /default-src 'none'/)
    }
  })

  it('switched off, a reply is the application’s own', async () => {
    answering({ ...html, 'access-control-allow-origin': '*' })
    const got = await get('bare')
    assert.equal(got.headers['content-security-policy'], undefined)
    assert.equal(got.headers['access-control-allow-origin'], '*')
  })

  it('change no byte of a body: neither its length nor how it is packed', async () => {
    const packed = gzipSync(page)
    answering({ ...html, 'content-encoding': 'gzip', 'content-length': String(packed.length) }, packed)
    for (const host of ['app', 'nonces', 'learner']) {
      const got = await get(host)
      assert.equal(got.headers['content-length'], String(packed.length))
      assert.equal(got.headers['content-encoding'], 'gzip')
    }
    answering({ ...html, 'content-length': String(page.length) })
    assert.deepEqual(
      [(await get('learner')).body, (await get('learner')).headers['content-length']],
      [page, String(page.length)],
    )
    assert.equal(gunzipSync(packed).toString(), page)
  })

  describe('with nonces', () => {
    it('tell the application a fresh one with each request, and browsers the same', async () => {
      const seen: string[] = []
      rig.behave = (request, response) => {
        seen.push(String(request.headers['custodia-csp-nonce']))
        response.writeHead(200, html).end()
      }
      const policies = [policyOf(await get('nonces')), policyOf(await get('nonces'))]
      assert.match(seen[0] ?? '', /^[A-Za-z0-9_-]{24}$/)
      assert.notEqual(seen[0], seen[1])
      for (const [i, policy] of policies.entries())
        assert.ok(policy.includes(`script-src 'nonce-${seen[i]}' 'strict-dynamic'; `), policy)
    })

    it('bless nothing by themselves: a script that was injected carries none', async () => {
      answering(html, '<p>stored comment</p><script>steal()</script>')
      assert.equal((await get('nonces')).body, '<p>stored comment</p><script>steal()</script>')
    })

    it('take none from the client', async () => {
      for (const name of ['custodia-csp-nonce', 'custodia_csp_nonce']) {
        const got = await get('nonces', '/public/page', { [name]: 'AAAAAAAAAAAAAAAAAAAAAAAA' })
        assert.doesNotMatch(policyOf(got), /AAAA/)
        assert.doesNotMatch(JSON.stringify(rig.seen?.headers), /AAAAAAAA/)
      }
      await get('app', '/public/page', { 'custodia-csp-nonce': 'AAAAAAAAAAAAAAAAAAAAAAAA' })
      assert.equal(rig.seen?.headers['custodia-csp-nonce'], undefined)
    })

    it('are in no shared cache, and not in the answer that something is unchanged', async () => {
      answering({ ...html, 'cache-control': 'public, max-age=60' })
      assert.equal((await get('nonces')).headers['cache-control'], 'private, max-age=60')
      answering({ etag: '"a"' }, '', 304)
      assert.equal((await get('nonces')).headers['content-security-policy'], undefined)
    })
  })

  describe('of other origins', () => {
    it('let nobody in where nothing is said, whatever the application says', async () => {
      answering({ ...html, 'access-control-allow-origin': partner, 'Access-Control-Allow-Credentials': 'true' })
      const got = await get('app', '/public/page', { origin: partner })
      assert.equal(got.headers['access-control-allow-origin'], undefined)
      assert.equal(got.headers['access-control-allow-credentials'], undefined)
    })

    it('let in whom a policy names, and say so to caches', async () => {
      answering({ ...html, vary: 'Accept', 'access-control-allow-origin': '*' })
      const got = await get('shared', '/public/page', { origin: partner })
      assert.equal(got.headers['access-control-allow-origin'], partner)
      assert.equal(got.headers['access-control-allow-credentials'], 'true')
      assert.equal(got.headers.vary, 'Accept, Origin')
      const other = await get('shared', '/public/page', { origin: 'https://evil.example' })
      assert.equal(other.headers['access-control-allow-origin'], undefined)
      assert.equal(other.headers.vary, 'Accept, Origin')
      assert.equal(
        (await get('shared', '/public/page', { origin: 'null' })).headers['access-control-allow-origin'],
        undefined,
      )
    })

    it('are answered beforehand by the gateway alone', async () => {
      const ask = (method: string, headers = '', origin = partner) =>
        rig.get('/public/page', {
          host: 'shared.localhost',
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': method,
            ...(headers === '' ? {} : { 'access-control-request-headers': headers }),
          },
        })
      const yes = await ask('PUT', 'x-note')
      assert.deepEqual([yes.status, yes.headers['access-control-allow-methods'], rig.seen], [204, 'GET, PUT', null])
      for (const no of [
        ask('DELETE'),
        ask('PUT', 'authorization'),
        ask('PUT', '', 'https://evil.example'),
        ask('PUT', '', 'null'),
      ])
        assert.equal((await no).headers['access-control-allow-origin'], undefined)
    })

    it('can read a refusal, so that their scripts know what to do', async () => {
      const got = await get('shared', '/public/../private', { origin: partner })
      assert.equal(got.headers['access-control-allow-origin'], undefined, 'an ambiguous path is nobody’s')
    })

    it('change nothing in somebody’s name unless a policy lets them', async () => {
      rig.signedIn('ann', 'writer')
      const post = await rig.get('/note', {
        method: 'POST',
        headers: { ...cookie('ann'), origin: partner, 'sec-fetch-site': 'cross-site' },
      })
      assert.equal(codeOf(post), 'CROSS_SITE_REFUSED')
      assert.equal(rig.seen, null)
    })
  })

  describe('while they learn', () => {
    it('hold nothing and report everything', async () => {
      answering({ ...html, 'access-control-allow-origin': '*' })
      const got = await get('learner')
      assert.equal(got.headers['content-security-policy'], undefined)
      assert.match(String(got.headers['content-security-policy-report-only']), /^default-src 'none'; .*report-uri/)
      assert.equal(got.headers['access-control-allow-origin'], '*')
      assert.equal(rig.seen?.headers['accept-encoding'], undefined)
    })

    it('ask for pages that are not packed, and for nothing else so', async () => {
      await get('learner', '/public/page', { 'sec-fetch-dest': 'document', 'accept-encoding': 'br' })
      assert.equal(rig.seen?.headers['accept-encoding'], 'identity')
      await get('learner', '/public/a.js', { 'sec-fetch-dest': 'script', 'accept-encoding': 'br' })
      assert.equal(rig.seen?.headers['accept-encoding'], 'br')
      await get('app', '/public/page', { 'sec-fetch-dest': 'document', 'accept-encoding': 'br' })
      assert.equal(rig.seen?.headers['accept-encoding'], 'br')
    })
  })

  describe('reports', () => {
    const send = (body: string, headers: Record<string, string> = {}, method = 'POST') =>
      rig.get('/.custodia/reports', {
        method,
        body,
        headers: { 'content-type': 'application/csp-report', ...headers },
      })

    it('are taken on the application’s own host from anybody, and never reach the application', async () => {
      assert.equal((await send('{}')).status, 204)
      assert.deepEqual(
        reported.map(({ application, origin, mediaType }) => [application, origin, mediaType]),
        [['app', rig.origin(), 'application/csp-report']],
      )
      assert.equal(rig.seen, null)
    })

    it('that are too large are refused, with a length and without', async () => {
      const large = 'x'.repeat(70_000)
      assert.equal(codeOf(await send(large, { 'content-length': String(large.length) })), 'REQUEST_TOO_LARGE')
      assert.equal(codeOf(await send(large, { 'transfer-encoding': 'chunked' })), 'REQUEST_TOO_LARGE')
      assert.equal(reported.length, 0)
    })

    it('that are too many are refused before they are read', async () => {
      for (let i = 0; i < 3; i++) await send('{}')
      const got = await send('{}')
      assert.deepEqual([codeOf(got), got.headers['retry-after']], ['LIMIT_REACHED', '7'])
      assert.equal(reported.length, 3)
    })

    it('are only sent, never read', async () => {
      assert.equal(codeOf(await send('', { 'content-length': '0' }, 'GET')), 'ROUTE_UNKNOWN')
    })
  })
})

describe('a configuration of browser defences', () => {
  it('is strict where nothing is said', () => {
    assert.deepEqual(checkBrowser({}, 'edge.browser'), {
      profile: 'strict',
      nonces: false,
      csrfTokens: false,
      allowance: { sources: {}, trustedTypes: true },
      cors: [],
    })
  })

  it('with what is not known, or would let everybody in, is refused', () => {
    for (const wrong of [
      { profile: 'lax' },
      { profile: true },
      { nonces: 'yes' },
      { csrfTokens: 1 },
      { trustedTypes: 0 },
      { csp: "default-src 'self'" },
      { sources: { 'script-src': ['*'] } },
      { sources: { 'default-src': ['https://a.example'] } },
      { cors: [{ origins: ['*'], credentials: true }] },
      { cors: [{ origins: ['null'] }] },
      [],
    ])
      assert.throws(() => checkBrowser(wrong, 'edge.browser'), /edge\.browser/, JSON.stringify(wrong))
  })
})
