import assert from 'node:assert/strict'
import { after, describe, it, test } from 'node:test'
import { browserCases, casesSettings, wrongWith } from '@custodia/edge/browser/cases-testing.ts'
import { isCustodiaError } from '../errors.ts'
import type { BrowserDefenceSettings, BrowserReport } from './browser.ts'
import { createBrowserDefence } from './browser.ts'
import type { App } from './frameworks-testing.ts'
import { frameworks } from './frameworks-testing.ts'

const own = 'https://cases.example'
const csrfKey = new Uint8Array(32).fill(7)

// The same cases as the gateway has: server/gateway/edge/browser-cases.test.ts.
for (const [name, open] of Object.entries(frameworks))
  describe(`browser defences in front of ${name}`, async () => {
    const reports: BrowserReport[] = []
    const defence = createBrowserDefence({
      ...casesSettings,
      origins: [own],
      csrfKey,
      onReports: (some) => void reports.push(...some),
    })
    const nonces: (string | null)[] = []
    let says: { status: number; headers: Record<string, string | string[]>; body: string }
    const app: App = await open({
      defence,
      application({ nonce }) {
        nonces.push(nonce)
        return says
      },
    })
    after(() => app.close())
    const send = (sent: Parameters<App['send']>[0], headers: Record<string, string | string[]> = {}, body = '') => {
      nonces.length = 0
      says = { status: 200, headers: { 'content-type': 'text/html', ...headers }, body }
      return app.send(sent)
    }

    for (const one of browserCases(own))
      it(one.what, async () => {
        nonces.length = 0
        says = { status: one.status ?? 200, headers: { 'content-type': 'text/html', ...one.says }, body: '' }
        const got = await app.send({ ...one, target: one.target ?? '/shared/page' })
        assert.deepEqual(wrongWith(one, got, nonces.length), [])
      })

    it('a nonce is the reply’s own, and injected markup has none', async () => {
      const markup = '<p>stored comment</p><script>steal()</script>'
      const seen = new Set<string | null | undefined>()
      for (let i = 0; i < 2; i++) {
        const got = await send({ target: '/' }, {}, markup)
        const policy = String(got.headers['content-security-policy'])
        assert.ok(policy.includes(`script-src 'nonce-${nonces[0]}' 'strict-dynamic'; `), policy)
        assert.equal(got.body, markup)
        seen.add(nonces[0])
      }
      assert.equal(seen.size, 2)
    })

    it('several cookies of a reply stay several', async () => {
      const got = await send({ target: '/' }, { 'set-cookie': ['a=1; Secure', 'b=2; Secure'] })
      assert.match(String(got.headers['set-cookie']), /^a=1; Secure, b=2; Secure$/)
    })

    it('a header that a page can’t have brought about is no line of ours', async () => {
      const evil = { origin: 'https://partner.example\u00a0x', 'sec-fetch-site': 'same-origin' }
      const got = await send({ target: '/shared/page', headers: evil })
      assert.equal(got.headers['access-control-allow-origin'], undefined)
    })

    it('a token of the session is enough where a browser says nothing, and of no use where it does', async () => {
      const post = async (headers: Record<string, string>) =>
        (await send({ method: 'POST', target: '/note', headers: { cookie: 'a=b', ...headers } })).status
      const token = defence.token('ses_1')
      assert.equal(await post({ 'x-csrf-token': token }), 200)
      assert.equal(await post({ 'x-csrf-token': defence.token('ses_2') }), 403)
      assert.equal(await post({ 'x-csrf-token': token, origin: 'https://evil.example' }), 403)
      assert.equal(await post({ 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' }), 403)
      assert.equal(await post({ 'x-csrf-token': `${token}, ${token}` }), 403)
      const other = createBrowserDefence({ origins: [own], csrfKey: new Uint8Array(32) })
      assert.equal(await post({ 'x-csrf-token': other.token('ses_1') }), 403)
    })

    it('reports are taken in the application’s place, of its own pages, within bounds', async (t) => {
      // Nothing is earned back meanwhile.
      const nowMs = performance.now()
      t.mock.method(performance, 'now', () => nowMs)
      const report = (page: string) =>
        JSON.stringify({
          'csp-report': {
            'document-uri': page,
            'effective-directive': 'script-src-elem',
            'blocked-uri': 'https://evil.example/x.js?secret=1',
          },
        })
      const post = (body: string, more: { chunked?: boolean } = {}) => {
        const headers = { 'content-type': 'application/csp-report', cookie: 'a=b' }
        return send({ method: 'POST', target: '/.custodia/reports', headers, body, ...more })
      }
      reports.length = 0
      assert.equal((await post(report(`${own}/users/4711?name=x`))).status, 204)
      assert.equal((await post(report('https://other.example/'))).status, 204)
      assert.equal((await post('{')).status, 204)
      const large = 'x'.repeat(70_000)
      assert.equal(JSON.parse((await post(large, { chunked: true })).body).code, 'REQUEST_TOO_LARGE')
      assert.deepEqual(
        reports.map(({ path, blocked }) => [path, blocked]),
        [['/users/*', 'https://evil.example']],
      )
      assert.equal(nonces.length, 0)
      const statuses = new Set<number>()
      for (let i = 0; i < 60; i++) statuses.add((await post('{}')).status)
      assert.deepEqual([...statuses], [204, 429])
    })
  })

test('nothing is promised where nothing is kept', () => {
  const quiet = createBrowserDefence({ origins: [own] })
  assert.throws(() => quiet.token('ses_1'), { code: 'CONFIGURATION_INVALID' })
})

test('a defence that learns holds nothing, and one that is switched off says nothing', async () => {
  const finish = async (settings: Partial<BrowserDefenceSettings>, headers = {}) => {
    const defence = createBrowserDefence({ origins: [own], onReports: () => {}, ...settings })
    const head = { method: 'GET', headers: {} }
    const arrival = { head, target: '/', address: '', readBody: async () => new Uint8Array() }
    return (await defence.arrive(arrival)).finish(headers, 200)
  }
  const learns = await finish({ profile: 'learn' }, { 'access-control-allow-origin': '*' })
  assert.equal(learns['content-security-policy'], undefined)
  assert.match(String(learns['content-security-policy-report-only']), /report-uri \/\.custodia\/reports/)
  assert.equal(learns['access-control-allow-origin'], '*')
  assert.deepEqual(await finish({ profile: 'off', nonces: true }, { server: 'x' }), { server: 'x' })
  const strict = await finish({})
  assert.match(String(strict['strict-transport-security']), /^max-age=/)
  assert.equal((await finish({ origins: ['http://a.localhost'] }))['strict-transport-security'], undefined)
  assert.match(
    String((await finish({ signInOrigin: 'https://c.example' }))['content-security-policy']),
    /form-action 'self' https:\/\/c\.example/,
  )
})

test('settings that can not be meant are told at once', () => {
  for (const [settings, field] of [
    [{ origins: [] }, /^origins$/],
    [{ origins: ['https://a.example/'] }, /^origins$/],
    [{ origins: ['null'] }, /^origins$/],
    [{ origins: ['https://*.example'] }, /^origins$/],
    [{ origins: [own], signInOrigin: 'https://*.example' }, /^signInOrigin$/],
    [{ origins: [own], profile: 'lax' }, /browser\.profile/],
    [{ origins: [own], sources: { 'script-src': ['*'] } }, /browser\.sources/],
    [{ origins: [own], sources: { 'script-src': ["'self'; script-src *"] } }, /browser\.sources/],
    [{ origins: [own], sources: { 'img-src': ['https://a.example\r\nset-cookie: a=b'] } }, /browser\.sources/],
    [{ origins: [own], cors: [{ origins: ['null'] }] }, /browser\.cors/],
    [{ origins: [own], cors: [{ origins: ['*'], credentials: true }] }, /browser\.cors/],
    [{ origins: [own], reportPath: '/a"; report-to x' }, /^reportPath$/],
    [{ origins: [own], reportPath: 'https://evil.example/' }, /^reportPath$/],
    [{ origins: [own], signInOrigin: 'https://a.example/x' }, /^signInOrigin$/],
    [{ origins: [own], csrfKey: new Uint8Array(16) }, /^csrfKey$/],
  ] as const)
    assert.throws(
      () => createBrowserDefence(settings as unknown as BrowserDefenceSettings),
      (error) => isCustodiaError(error, 'CONFIGURATION_INVALID') && field.test(String(error.details.field)),
      JSON.stringify(settings),
    )
})
