import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crossSite } from './cross-site.ts'

const own = 'https://app.example'
const rules = { origins: new Set([own]) }
const post = (headers: Record<string, string>) => ({ method: 'POST', headers })

describe('a request that changes something', () => {
  it('passes from the application’s own pages, and by hand', () => {
    for (const headers of [
      { 'sec-fetch-site': 'same-origin', cookie: 'a=b' },
      { 'sec-fetch-site': 'none', cookie: 'a=b' },
      { origin: own, cookie: 'a=b' },
    ])
      assert.equal(crossSite(post(headers), rules), null)
  })

  it('is refused from anywhere else, whatever its Origin claims beside', () => {
    for (const site of ['cross-site', 'same-site', '', 'same-origin, none', 'SAME-ORIGIN'])
      assert.equal(crossSite(post({ 'sec-fetch-site': site, origin: own }), rules), 'sec-fetch-site', site)
  })

  it('is refused without Fetch Metadata when its Origin is not exactly the own', () => {
    for (const origin of [
      'null',
      '',
      'http://app.example',
      'https://app.example.evil',
      'https://APP.example',
      `${own}/`,
    ])
      assert.equal(crossSite(post({ origin }), rules), 'origin', origin)
  })

  it('is refused when it says nothing and carries a cookie', () => {
    assert.equal(crossSite(post({ cookie: 'a=b' }), rules), 'origin')
  })

  it('passes without a cookie: nobody’s name is misused', () => {
    assert.equal(crossSite(post({}), rules), null)
  })

  it('passes by a token only where it says in no other way where it comes from', () => {
    const hasToken = () => true
    assert.equal(crossSite(post({ cookie: 'a=b' }), { ...rules, hasToken }), null)
    assert.equal(crossSite(post({ cookie: 'a=b' }), { ...rules, hasToken: () => false }), 'origin')
    assert.equal(crossSite(post({ cookie: 'a=b', origin: 'null' }), { ...rules, hasToken }), 'origin')
    assert.equal(crossSite(post({ 'sec-fetch-site': 'cross-site' }), { ...rules, hasToken }), 'sec-fetch-site')
  })

  it('passes from an origin that a CORS policy admits, and from no other', () => {
    const admitted = new Set(['https://partner.example'])
    const from = (origin: string) => post({ origin, 'sec-fetch-site': 'cross-site', cookie: 'a=b' })
    assert.equal(crossSite(from('https://partner.example'), { ...rules, admitted }), null)
    assert.equal(crossSite(from('https://evil.example'), { ...rules, admitted }), 'sec-fetch-site')
  })
})

it('a request that only reads passes from everywhere', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    assert.equal(crossSite({ method, headers: { 'sec-fetch-site': 'cross-site' } }, rules), null)
  assert.equal(crossSite({ method: 'get', headers: { 'sec-fetch-site': 'cross-site' } }, rules), 'sec-fetch-site')
})
