import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ReplyHeaders, Wanted } from './headers.ts'
import { headersFor, noAllowance } from './headers.ts'

const nonce = 'MDEyMzQ1Njc4OWFiY2RlZg'
const strict: Wanted = {
  profile: 'strict',
  allowance: noAllowance,
  live: null,
  nonce: null,
  secure: true,
  signInOrigin: 'https://custodia.example',
  reportPath: '/.custodia/reports',
}
const learn: Wanted = { ...strict, profile: 'learn' }
const html: ReplyHeaders = { 'content-type': 'text/html' }
const csp = (headers: ReplyHeaders) => [headers['content-security-policy'] ?? []].flat()

describe('in the strict profile', () => {
  it('a reply that says nothing gets every defence', () => {
    const headers = headersFor(html, 200, strict)
    assert.deepEqual(csp(headers), [
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self'; frame-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self' https://custodia.example; frame-ancestors 'self'; require-trusted-types-for 'script'; report-uri /.custodia/reports; report-to custodia",
    ])
    const { 'content-security-policy': _, 'permissions-policy': features, ...rest } = headers
    assert.match(String(features), /camera=\(\).*usb=\(\)/)
    assert.deepEqual(rest, {
      'content-type': 'text/html',
      'strict-transport-security': 'max-age=63072000; includeSubDomains',
      'reporting-endpoints': 'custodia="/.custodia/reports"',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
  })

  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'image/png', 'font/woff2'])
    it(`${type}, which is shown as no page, gets what holds for data`, () => {
      assert.deepEqual(headersFor({ 'content-type': type }, 200, strict), {
        'content-type': type,
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      })
      const open = { 'content-type': type, 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'public' }
      const headers = headersFor(open, 200, { ...strict, nonce })
      assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
      assert.equal(headers['cache-control'], 'private, no-cache')
      assert.deepEqual(headersFor({ 'content-type': type }, 200, learn), { 'content-type': type })
    })

  for (const type of [
    ...['image/svg+xml', 'application/xhtml+xml', 'application/xml', 'text/xml', 'text/javascript', 'application/pdf'],
    ...['application/json+html', 'application/jsonp', 'text/html; a=application/json', 'image/png, text/html', '', 'x'],
  ])
    it(`“${type}” is no mere data`, () => {
      assert.match(String(csp(headersFor({ 'content-type': type }, 200, strict))), /default-src 'none'/)
    })

  it('neither is what has several types, or none', () => {
    for (const type of [['application/json', 'text/html'], undefined])
      assert.match(String(csp(headersFor({ 'content-type': type }, 200, strict))), /default-src 'none'/)
  })

  it('a policy of the application that lets injected markup run does not take ours away', () => {
    for (const weak of ["script-src 'unsafe-inline'", '*', 'default-src *', 'x'.repeat(9_000), 'é']) {
      const policies = csp(headersFor({ ...html, 'content-security-policy': weak }, 200, strict))
      assert.equal(policies[0], weak)
      assert.match(String(policies.at(-1)), /^default-src 'none'; script-src 'self'/)
    }
  })

  it('a sound policy of the application stands alone, and reports', () => {
    const own = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    assert.deepEqual(csp(headersFor({ ...html, 'content-security-policy': own }, 200, strict)), [
      `${own}; report-uri /.custodia/reports; report-to custodia`,
    ])
  })

  it('a sound policy that forgets who may frame it is helped', () => {
    const own = "default-src 'none'; script-src 'self'; base-uri 'none'"
    assert.equal(csp(headersFor({ ...html, 'content-security-policy': own }, 200, strict))[1], "frame-ancestors 'self'")
  })

  it('an application can not take nosniff and HSTS away', () => {
    const headers = headersFor(
      { 'x-content-type-options': 'sniff', 'strict-transport-security': 'max-age=0' },
      200,
      strict,
    )
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['strict-transport-security'], 'max-age=63072000; includeSubDomains')
  })

  it('what the application says of opener, embedder, referrer and features stands', () => {
    const own = {
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'cross-origin-embedder-policy': 'unsafe-none',
      'referrer-policy': 'no-referrer',
      'permissions-policy': 'camera=(self)',
    }
    const headers = headersFor(own, 200, strict)
    for (const [name, value] of Object.entries(own)) assert.equal(headers[name], value)
  })

  it('by plain http there is no HSTS, and reports go the older way', () => {
    const headers = headersFor(html, 200, { ...strict, secure: false })
    assert.equal(headers['strict-transport-security'], undefined)
    assert.match(csp(headers)[0] ?? '', /report-uri \/\.custodia\/reports$/)
  })

  it('a reply that changes nothing (304) gets no policy: its nonce would take the place of the one that was kept', () => {
    assert.deepEqual(headersFor(html, 304, { ...strict, nonce }), html)
  })

  it('with a nonce, what is written by the application runs, and no shared cache keeps it', () => {
    const headers = headersFor({ ...html, 'cache-control': 'public, max-age=60, s-maxage=600' }, 200, {
      ...strict,
      nonce,
    })
    assert.match(csp(headers)[0] ?? '', new RegExp(`script-src 'nonce-${nonce}' 'strict-dynamic';`))
    assert.equal(headers['cache-control'], 'private, max-age=60')
    assert.equal(headersFor(html, 200, { ...strict, nonce })['cache-control'], 'private, no-cache')
  })

  it('more sources are added to their directives, and only there', () => {
    const allowance = {
      sources: {
        'img-src': ['https://cdn.example'],
        'style-src-attr': ["'unsafe-inline'"],
        'style-src-elem': ["'sha256-x'"],
      },
      trustedTypes: false,
    }
    const [policy = ''] = csp(headersFor(html, 200, { ...strict, allowance }))
    assert.match(policy, /img-src 'self' https:\/\/cdn\.example;/)
    assert.match(policy, /style-src-attr 'unsafe-inline'; style-src-elem 'self' 'sha256-x'/)
    assert.match(policy, /script-src 'self';/)
    assert.doesNotMatch(policy, /trusted-types/)
  })
})

describe('while it learns', () => {
  it('nothing is held, and everything is reported', () => {
    const headers = headersFor(html, 200, learn)
    assert.equal(headers['content-security-policy'], undefined)
    assert.equal(headers['x-frame-options'], undefined)
    assert.match(String(headers['content-security-policy-report-only']), /^default-src 'none'; .*report-to custodia$/)
  })

  it('what somebody made live holds, and what it allows is reported no longer', () => {
    const live = { sources: { 'img-src': ['data:'] }, trustedTypes: false }
    const headers = headersFor(html, 200, { ...learn, live })
    assert.match(csp(headers)[0] ?? '', /img-src 'self' data:;/)
    assert.match(String(headers['content-security-policy-report-only']), /img-src 'self' data:;/)
  })
})

it('switched off, a reply stays as it is', () => {
  assert.deepEqual(headersFor(html, 200, { ...strict, profile: 'off' }), html)
})
