import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestGateway } from '../testing.ts'
import { codeOf, cookie, openTestGateway, upgradeStatus } from '../testing.ts'

const permission = { 'shop:read': 'Read.' }
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
      permissions: permission,
      rules,
      edge: {
        browser: { profile: 'off' },
        limits: {
          each: { by: 'address', burst: 8, perSeconds: 3_600 },
          search: { by: 'address', burst: 2, perSeconds: 3_600, methods: ['GET'], path: '/public/search/**' },
          tried: { by: 'address', burst: 1, perSeconds: 3_600, dryRun: true },
        },
      },
    },
    busy: {
      host: 'busy.localhost',
      upstream,
      permissions: { 'busy:read': 'Read.' },
      rules: [{ path: '/**', methods: ['GET'], public: true }],
      edge: { browser: { profile: 'off' }, limits: { all: { by: 'route', burst: 3, perSeconds: 3_600 } } },
    },
  }))
})
after(() => rig.close())

const shop = (path: string, more = {}) => rig.get(path, { host: 'shop.localhost', ...more })

test('an application’s own limits hold on its paths, say what is left, and reach neither it nor another application', async () => {
  assert.equal((await shop('/public/search/a')).status, 200)
  assert.equal((await shop('/public/search/b')).status, 200)
  rig.seen = null
  const refused = await shop('/public/search/c')
  assert.deepEqual([refused.status, codeOf(refused)], [429, 'LIMIT_REACHED'])
  assert.equal(refused.headers['ratelimit-policy'], '"search";q=2;w=3600')
  assert.ok(Number(refused.headers['retry-after']) > 1_700)
  assert.equal(rig.seen, null)
  // All or none: what `search` refused cost `each` nothing, and the other paths go on.
  for (let i = 0; i < 6; i++) assert.equal((await shop('/public/more')).status, 200, `${i}`)
  assert.equal((await shop('/public/more')).status, 429)
  assert.equal((await rig.get('/public/x')).status, 200)
})

test('a flood is refused before anybody is asked who they are, and a preflight, a path of ours and a WebSocket count, too', async () => {
  const headers = cookie('nobody')
  assert.equal((await shop('/mail', { headers })).status, 429)
  assert.equal((await shop('/.custodia/session?code=x')).status, 429)
  const asked = { origin: 'https://other.example', 'access-control-request-method': 'GET' }
  assert.equal((await shop('/public/more', { method: 'OPTIONS', headers: asked })).status, 429)
  assert.equal(await upgradeStatus(rig.port, 'shop.localhost', '/public/x'), 429)
})

test('what everybody may do together in one application is its own', async () => {
  const busy = () => rig.get('/anything', { host: 'busy.localhost' })
  for (let i = 0; i < 3; i++) assert.equal((await busy()).status, 200)
  assert.equal((await busy()).status, 429)
  assert.equal((await rig.get('/public/x')).status, 200)
})
