import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { riskOf } from './look.ts'
import type { TestHouse, TestProcess } from './testing.ts'
import { firefox, openTestHouse, signIn, whoIs, withCookie } from './testing.ts'

let house: TestHouse
let one: TestProcess
let two: TestProcess
before(async () => {
  house = await openTestHouse()
  one = await house.process({ config: { onOtherBrowser: 'note' } as never })
  two = await house.process({ bus: one.context.bus })
})
after(() => house.close())

const safari = { 'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15' }
const riskAt = async (process: TestProcess, request: Parameters<typeof whoIs>[1]) =>
  (await whoIs(process, request))?.risk ?? 0

test('the risk that a session began with is known on both processes, also from memory, and no other session has it', async () => {
  const { cookie, userId, organisationId } = await signIn(one, { risk: 240 })
  const usual = await signIn(one, { userId, organisationId })
  for (const process of [one, two, one, two]) {
    assert.equal(await riskAt(process, withCookie(cookie)), 240)
    assert.equal(await riskAt(process, withCookie(usual.cookie)), 0)
  }
})

test('another network raises it on both processes, what they remembered too; to come home lowers nothing', async () => {
  const { cookie } = await signIn(one)
  for (const process of [one, two, one, two]) assert.equal(await riskAt(process, withCookie(cookie)), 0)
  assert.equal(await riskAt(one, withCookie(cookie, { address: '198.51.100.7' })), riskOf(['network']), 'at once')
  for (const process of [two, one]) assert.equal(await riskAt(process, withCookie(cookie)), riskOf(['network']))
  // Many networks are no more than one: people travel.
  assert.equal(await riskAt(two, withCookie(cookie, { address: '203.0.113.9' })), riskOf(['network']))
})

test('another browser that is only noted raises it further; a newer version does not, and nothing lowers a high one', async () => {
  const { cookie } = await signIn(one)
  const newer = { 'user-agent': firefox['user-agent'].replaceAll('128', '129') }
  assert.equal(await riskAt(one, withCookie(cookie, { headers: newer })), 0)
  assert.equal(await riskAt(one, withCookie(cookie, { headers: safari })), riskOf(['browser']))
  const risky = await signIn(one, { risk: 900 })
  assert.equal(await riskAt(one, withCookie(risky.cookie, { headers: safari, address: '203.0.113.9' })), 900)
})

test('a proof made later leaves it, and a held session has none', async () => {
  const { cookie } = await signIn(one, { risk: 77 })
  const principal = await whoIs(one, withCookie(cookie))
  assert.ok(principal)
  const rotated = await one.context.database.transaction((tx) =>
    one.sessions.rotate(tx, principal, { factors: ['otp'], head: withCookie(cookie) }),
  )
  assert.equal(await riskAt(two, withCookie(rotated.cookie)), 77)
  assert.equal(await whoIs(two, withCookie(rotated.cookie, { headers: safari })), null)
})

test('the database takes no risk beyond the scale', async () => {
  for (const risk of [-1, 1_001, 0.5]) await assert.rejects(signIn(one, { risk }), String(risk))
})
