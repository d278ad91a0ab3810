import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { solveWork } from '@custodia/edge/challenge/solve.ts'
import type { Ask, Got, TestGateway } from '../testing.ts'
import { codeOf, openTestGateway, upgradeStatus } from '../testing.ts'

const attacked = { by: 'route', burst: 1, perSeconds: 86_400, exceeded: 'challenge' }
const rules = [
  { path: '/public/**', methods: ['GET', 'POST'], public: true },
  { path: '/**', methods: ['GET'], permission: 'shop:read' },
]

let rig: TestGateway
before(async () => {
  rig = await openTestGateway((upstream) => ({
    shop: {
      host: 'shop.localhost',
      upstream,
      permissions: { 'shop:read': 'Read.' },
      rules,
      edge: { limits: { attacked, each: { by: 'address', burst: 100, perSeconds: 86_400 } } },
    },
    other: {
      host: 'other.localhost',
      upstream,
      permissions: { 'other:read': 'Read.' },
      rules: [{ path: '/**', methods: ['GET'], public: true }],
      edge: { limits: { attacked } },
    },
  }))
  // The one that each of them lets in.
  for (const host of ['shop.localhost', 'other.localhost']) await rig.get('/public/x', { host })
})
beforeEach(() => rig.reset())
after(() => rig.close())

const shop = (path: string, more: Ask = {}) => rig.get(path, { host: 'shop.localhost', ...more })
const proofOf = async (got: Got) =>
  (await solveWork(JSON.parse(String((JSON.parse(got.body) as Record<string, unknown>).challenge)))) as string
const navigating = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' }
const cookieIn = ({ headers }: Got) => String(headers['set-cookie']).split(';')[0] as string

test('who works comes in, and the application sees neither proof nor pass', async () => {
  const asked = await shop('/public/x')
  assert.deepEqual([asked.status, codeOf(asked), rig.seen], [429, 'PROOF_OF_WORK_REQUIRED', null])
  const proof = await proofOf(asked)
  rig.behave = (_request, response) => void response.setHeader('set-cookie', 'theirs=1').end('hello')
  const opened = await shop('/public/x', { headers: { 'custodia-work': proof } })
  assert.equal(opened.status, 200)
  assert.deepEqual(opened.headers['set-cookie']?.map((one) => one.split('=')[0]).sort(), [
    '__Host-custodia-pass-attacked',
    'theirs',
  ])
  assert.equal(rig.seen?.headers['custodia-work'], undefined)
  assert.equal(codeOf(await shop('/public/x', { headers: { 'custodia-work': proof } })), 'PROOF_OF_WORK_REQUIRED')
  const pass = String(opened.headers['custodia-pass'])
  assert.equal((await shop('/public/x', { headers: { 'custodia-pass': pass } })).status, 200)
  const cookie = `${cookieIn({ ...opened, headers: { 'set-cookie': [`__Host-custodia-pass-attacked=${pass}`] } })}; a=b`
  assert.equal((await shop('/public/x', { headers: { cookie } })).status, 200)
  assert.deepEqual([rig.seen?.headers.cookie, rig.seen?.headers['custodia-pass']], ['a=b', undefined])
  // Neither at another application, nor from another site’s page.
  const elsewhere = await rig.get('/public/x', { host: 'other.localhost', headers: { cookie, 'custodia-pass': pass } })
  assert.equal(codeOf(elsewhere), 'PROOF_OF_WORK_REQUIRED')
})

test('a proof for one application opens no other, a POST and a HEAD need one, too, and a pass opens them', async () => {
  const proof = await proofOf(await rig.get('/public/x', { host: 'other.localhost' }))
  assert.equal(codeOf(await shop('/public/x', { headers: { 'custodia-work': proof } })), 'PROOF_OF_WORK_REQUIRED')
  const posted = await shop('/public/x', { method: 'POST', headers: navigating, body: 'a=b' })
  assert.deepEqual([posted.status, codeOf(posted)], [429, 'PROOF_OF_WORK_REQUIRED'])
  const head = await shop('/public/x', { method: 'HEAD' })
  assert.deepEqual([head.status, head.body], [429, ''])
  assert.equal(rig.seen, null)
  const opened = await shop('/public/x', { headers: { 'custodia-work': await proofOf(posted) } })
  const headers = { cookie: cookieIn(opened) }
  assert.equal((await shop('/public/x', { method: 'POST', headers, body: 'a=b' })).status, 200)
  assert.equal((await shop('/public/x', { method: 'HEAD', headers })).status, 200)
})

test('a person sees a page of ours, whose proof leaves a pass even where the application would not answer them', async () => {
  const page = await shop('/mail?x=1', { headers: navigating })
  assert.deepEqual([page.status, page.headers['content-type']], [429, 'text/html; charset=utf-8'])
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; script-src 'self'; worker-src 'self'/)
  assert.match(page.body, /data-challenge=/)
  for (const name of ['page', 'worker']) {
    const script = await shop(`/.custodia/challenge/${name}.js`, { headers: { 'sec-fetch-dest': 'script' } })
    assert.deepEqual([script.status, script.headers['content-type']], [200, 'text/javascript; charset=utf-8'])
  }
  assert.equal((await shop('/.custodia/challenge/page.js', { method: 'POST' })).status, 404)
  const challenge = /data-challenge="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? ''
  const proof = (await solveWork(JSON.parse(challenge))) as string
  const sent = { 'custodia-work': proof, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' }
  const unknown = await shop('/mail?x=1', { headers: sent })
  assert.deepEqual([unknown.status, codeOf(unknown)], [401, 'AUTHENTICATION_REQUIRED'])
  const again = await shop('/mail?x=1', { headers: { ...navigating, cookie: cookieIn(unknown) } })
  assert.equal(again.status, 302)
  assert.match(String(again.headers.location), /\/sign-in\?/)
})

test('headers that are huge or malformed are a challenge, and no fault', async () => {
  for (const headers of [
    { 'custodia-work': 'x'.repeat(8_000) },
    { 'custodia-pass': `${'x,'.repeat(3_000)}` },
    { 'custodia-pass': 'ÿ.'.repeat(10), 'custodia-work': '\u00ff' },
    { cookie: `__Host-custodia-pass-attacked=${'x'.repeat(7_000)}` },
  ]) {
    const got = await shop('/public/x', { headers })
    assert.deepEqual([got.status, codeOf(got)], [429, 'PROOF_OF_WORK_REQUIRED'])
  }
  assert.equal(rig.seen, null)
})

test('a WebSocket is let in by a pass or a proof, and by nothing else', async () => {
  const open = (headers: Record<string, string>) => upgradeStatus(rig.port, 'shop.localhost', '/public/x', headers)
  assert.equal(await open({}), 429)
  assert.equal(await open({ 'custodia-work': 'AAAA' }), 429)
  const proof = await proofOf(await shop('/public/x'))
  assert.equal(await open({ 'custodia-work': proof }), 101)
  assert.equal(await open({ 'custodia-work': proof }), 429)
  const opened = await shop('/public/x', { headers: { 'custodia-work': await proofOf(await shop('/public/x')) } })
  assert.equal(await open({ cookie: cookieIn(opened) }), 101)
})

test('a page of another site can’t send a proof: the header is none that it may send unasked', async () => {
  const asked = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
  const headers = { ...asked, 'access-control-request-headers': 'custodia-work' }
  const got = await shop('/public/x', { method: 'OPTIONS', headers })
  assert.equal(got.headers['access-control-allow-headers'], undefined)
  assert.equal(got.headers['access-control-allow-origin'], undefined)
})
