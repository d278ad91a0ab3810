import assert from 'node:assert/strict'
import test from 'node:test'
import { outgoingHeaders, returningHeaders, withoutOwnCookies } from './outgoing-headers.ts'

const introduction = {
  assertion: 'a.b.c',
  address: '192.0.2.1',
  host: 'inbox.localhost:8080',
  protocol: 'https',
  signed: false,
} as const

test('identity headers that a client sends never reach the application', () => {
  const forged = {
    'custodia-assertion': 'forged',
    custodia_assertion: 'forged',
    'custodia-user': 'forged',
    'x-custodia-role': 'forged',
    'x-forwarded-for': 'forged',
    'x-forwarded-user': 'forged',
    x_forwarded_host: 'forged',
    forwarded: 'for=forged',
    'x-real-ip': 'forged',
    'x-remote-user': 'forged',
    'remote-user': 'forged',
    'x-auth-request-email': 'forged',
    // CGI makes HTTP_X_FORWARDED_FOR of it.
    'x.forwarded.for': 'forged',
    'custodia!assertion': 'forged',
    "client'cert": 'forged',
    'remote-groups': 'forged',
    'oidc-claim-sub': 'forged',
    'cf-access-authenticated-user-email': 'forged',
    'x-goog-authenticated-user-email': 'forged',
    'x-forwarded': 'forged',
    'x-azure-clientip': 'forged',
    'x-originating-ip': 'forged',
    'front-end-https': 'forged',
    'x-amzn-mtls-clientcert-leaf': 'forged',
    'cf-client-cert-sha256': 'forged',
  }
  const outgoing = outgoingHeaders({ ...forged, accept: 'text/html' }, introduction)
  assert.doesNotMatch(JSON.stringify(outgoing), /forged/)
  assert.equal(outgoing['custodia-assertion'], 'a.b.c')
  assert.equal(outgoing['x-forwarded-for'], '192.0.2.1')
  assert.equal(outgoing['x-forwarded-proto'], 'https')
  assert.equal(outgoing.host, 'inbox.localhost:8080')
  assert.equal(outgoing.accept, 'text/html')
})

test('a public request carries no assertion at all', () => {
  assert.equal(
    outgoingHeaders({ 'custodia-assertion': 'forged' }, { ...introduction, assertion: null })['custodia-assertion'],
    undefined,
  )
})

test("the gateway's own cookies are taken out, the application's stay", () => {
  assert.equal(withoutOwnCookies('a=1; __Host-custodia=secret; b=2'), 'a=1; b=2')
  assert.equal(withoutOwnCookies('__Host-custodia=secret; __Host-custodia-return=x.y'), '')
  assert.equal(withoutOwnCookies('__HOST-CUSTODIA=secret;a=1'), 'a=1')
  assert.equal(outgoingHeaders({ cookie: '__Host-custodia=secret' }, introduction).cookie, undefined)
})

test("an application can't set the gateway's cookies, and does not tell what it runs on", () => {
  const headers = {
    'set-cookie': ['__Host-custodia=evil; Path=/', 'a=1'],
    server: 'x/1.0',
    'x-powered-by': 'y',
    etag: 'z',
  }
  assert.deepEqual(returningHeaders(headers), { 'set-cookie': ['a=1'], etag: 'z' })
  assert.deepEqual(returningHeaders({ 'set-cookie': ['__host-custodia-return=evil'] }), {})
})

test("an application can't have browsers forget the gateway's cookies, nor a proxy in front send something else", () => {
  const cleared = (value: string) => returningHeaders({ 'clear-site-data': value })['clear-site-data']
  assert.equal(cleared('"cookies"'), undefined)
  assert.equal(cleared('"cache", "cookies","storage"'), '"cache", "storage"')
  assert.equal(cleared('"*"'), '"cache", "storage"')
  assert.deepEqual(returningHeaders({ 'x-accel-redirect': '/secret', 'x-sendfile': '/etc/passwd', etag: 'z' }), {
    etag: 'z',
  })
})
