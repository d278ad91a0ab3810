import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import type { TestGateway } from './testing.ts'
import { codeOf, cookie, openTestGateway } from './testing.ts'

let rig: TestGateway
before(async () => {
  rig = await openTestGateway()
})
after(() => rig.close())
beforeEach(() => rig.reset())

const now = () => ({ authenticatedAtMs: Date.now() })

test('a path that asks for a fresh proof refuses a call with an old one, says where to confirm, and passes nothing on', async () => {
  rig.signedIn('ann', 'reader', { authenticatedAtMs: Date.now() - 61_000 })
  const got = await rig.get('/fresh', { headers: cookie('ann') })
  const { code, maxAgeSeconds, confirmAt } = JSON.parse(got.body)
  assert.deepEqual([got.status, code, maxAgeSeconds], [403, 'FRESH_FACTOR_REQUIRED', 60])
  assert.equal(confirmAt, `http://custodia.localhost:${rig.port}/v1/me/fresh`)
  assert.equal(rig.seen, null)
  assert.equal((await rig.get('/other', { headers: cookie('ann') })).status, 200)
})

test('a person who navigates there is sent to confirm, and finds the way back', async () => {
  rig.signedIn('ann', 'reader')
  const got = await rig.get('/fresh', { headers: { ...cookie('ann'), 'sec-fetch-mode': 'navigate' } })
  assert.equal(got.status, 302)
  const { searchParams } = new URL(got.headers.location ?? '')
  assert.deepEqual([searchParams.get('host'), searchParams.get('again')], ['app.localhost', '1'])
  assert.match(got.headers['set-cookie']?.[0] ?? '', /^__Host-custodia-return=/)
})

for (const [path, factors, status] of [
  ['/two', ['pwd'], 403],
  ['/two', ['pwd', 'otp'], 200],
  ['/two', ['otp', 'mail'], 403],
  ['/two', ['pwd', 'pwd'], 403],
  ['/two', [], 403],
  ['/two', ['hwk'], 200],
  ['/strong', ['pwd'], 403],
  ['/strong', ['pwd', 'otp'], 403],
  ['/strong', ['pwd', 'hwk'], 200],
] as const)
  test(`${factors.join(' and ')} on ${path} is answered ${status}`, async () => {
    rig.signedIn('ann', 'reader', { factors: [...factors], ...now() })
    const got = await rig.get(path, { headers: cookie('ann') })
    assert.equal(got.status, status)
    if (status === 403) assert.equal(codeOf(got), 'GATEWAY_FACTOR_REQUIRED')
  })

test('another spelling of such a path does not lead around it', async () => {
  rig.signedIn('ann', 'reader')
  for (const path of ['/Fresh', '/fresh/', '/STRONG', '/two/']) {
    const got = await rig.get(path, { headers: cookie('ann') })
    assert.deepEqual([got.status, codeOf(got)], [400, 'GATEWAY_PATH_AMBIGUOUS'], path)
  }
  assert.equal(rig.seen, null)
})

test('what was refused for want of a proof stands in the ledger with its reason', async () => {
  rig.signedIn('ann', 'reader')
  await rig.get('/fresh', { headers: cookie('ann') })
  await rig.get('/two', { headers: cookie('ann') })
  const reasons = rig.context.events.map((event) => (event.data as { reason?: string }).reason).filter(Boolean)
  assert.deepEqual(reasons, ['not-fresh', 'assurance'])
})
