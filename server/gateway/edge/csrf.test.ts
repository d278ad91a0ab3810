import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import type { TestGateway } from '../testing.ts'
import { codeOf, cookie, openTestGateway } from '../testing.ts'

const at = (host: string, upstream: string, browser: object) => ({
  host: `${host}.localhost`,
  upstream,
  permissions: { [`${host}:use`]: 'Use it.' },
  rules: [
    { path: '/public', public: true },
    { path: '/**', permission: `${host}:use` },
  ],
  edge: { browser },
})

let rig: TestGateway
before(async () => {
  rig = await openTestGateway((upstream) => ({
    cases: at('cases', upstream, { csrfTokens: true }),
    beside: at('beside', upstream, { csrfTokens: true }),
    without: at('without', upstream, {}),
  }))
})
after(() => rig.close())
beforeEach(() => {
  rig.reset()
  rig.signedIn('ann', 'writer')
  rig.signedIn('bob', 'writer')
})

/** What the application is told when this person opens a page of it. */
async function told(host: string, who = 'ann', headers: Record<string, string> = {}): Promise<string | undefined> {
  await rig.get('/page', { host: `${host}.localhost`, headers: { ...cookie(who), ...headers } })
  return rig.seen?.headers['custodia-csrf-token'] as string | undefined
}

const post = (token: string | string[] | undefined, more: Record<string, string> = {}, host = 'cases') =>
  rig.get('/note', {
    host: `${host}.localhost`,
    method: 'POST',
    headers: { ...cookie('ann'), ...(token === undefined ? {} : { 'x-csrf-token': token }), ...more },
  })

test('a browser that does not say where it sends from is let through by the token of the session', async () => {
  const token = await told('cases')
  assert.match(token ?? '', /^[A-Za-z0-9_-]{64}$/)
  assert.notEqual(await told('cases'), token, 'another text each time')
  assert.equal((await post(token)).status, 200)
  assert.equal(codeOf(await post(undefined)), 'CROSS_SITE_REFUSED')
})

test('a token of another session or of another application, a forged one and two of them are refused', async () => {
  const own = (await told('cases')) as string
  const wrong = [await told('cases', 'bob'), await told('beside'), 'A'.repeat(64), own.slice(1), '']
  assert.ok(wrong.every((token) => token !== undefined))
  rig.seen = null
  for (const token of wrong) assert.equal(codeOf(await post(token)), 'CROSS_SITE_REFUSED', String(token))
  assert.notEqual((await post([own, own])).status, 200)
  assert.equal(rig.seen, null)
})

test('a token is of no use to who says that they send from elsewhere', async () => {
  const token = await told('cases')
  rig.seen = null
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[])
    assert.equal(codeOf(await post(token, headers)), 'CROSS_SITE_REFUSED', JSON.stringify(headers))
  assert.equal(rig.seen, null)
})

test('nobody is told a token where none is configured, without a session, or by what the client sends', async () => {
  assert.equal(await told('without'), undefined)
  const forged = { 'custodia-csrf-token': 'A'.repeat(64) }
  assert.equal(await told('without', 'ann', forged), undefined)
  assert.notEqual(await told('cases', 'ann', forged), forged['custodia-csrf-token'])
  await rig.get('/public', { host: 'cases.localhost', headers: { ...cookie('ann'), ...forged } })
  assert.deepEqual([rig.seen?.url, rig.seen?.headers['custodia-csrf-token']], ['/public', undefined])
  const token = await told('cases')
  assert.equal(codeOf(await post(token, {}, 'without')), 'CROSS_SITE_REFUSED')
})
