import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { giveRole } from '../access/grants/give-role.ts'
import { takeRole } from '../access/grants/take-role.ts'
import { principalOf, refused } from '../access/grants/testing.ts'
import { newId } from '../platform/random.ts'
import type { Browser } from '../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from './testing.ts'
import { join, openIdentityHouse, setUp, signInAs } from './testing.ts'

let opened: IdentityHouse
let one: IdentityProcess
let administrator: Browser
before(async () => {
  opened = await openIdentityHouse()
  one = await opened.process()
  administrator = await setUp(one)
})
after(() => opened.close())

const reason = 'because'
const who = async (browser: Browser) => {
  const { user } = (await browser.call('GET', '/v1/me')).body as { user: { id: string; organisationId: string } }
  return principalOf(user.organisationId, user.id, ['administrator'])
}
const parts = () => one.access.grants.parts

test('of an administrator who is disabled and another whose role is taken at once, one stays', async () => {
  const ada = await who(administrator)
  for (let i = 0; i < 5; i++) {
    const { user } = await join(one, administrator, { roles: ['administrator'] })
    const second = principalOf(ada.organisationId, user.id, ['administrator'])
    const both = await Promise.allSettled([
      administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'disabled' }),
      takeRole(parts(), second, { subject: ada.id, role: 'administrator', reason }),
    ])
    const [disabled, taken] = both
    const done = [disabled.status === 'fulfilled' && disabled.value.status === 200, taken.status === 'fulfilled']
    assert.notDeepEqual(done, [true, true])
    if (taken.status === 'fulfilled') {
      await giveRole(parts(), second, { subject: ada.id, role: 'administrator', reason })
      // Whoever gained proves anew who they are.
      opened.house.machine.clock.advance(1_000)
      administrator = one.server.browser()
      assert.equal((await signInAs(administrator, 'ada@northwind.example')).status, 200)
    }
    if (!done[0]) await administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'disabled' })
  }
})

test('an administrator who was invited or disabled is none who could stay', async () => {
  const ada = await who(administrator)
  const invited = { email: 'invited@example.org', name: 'Somebody', roles: ['administrator'] }
  assert.equal((await administrator.call('POST', '/v1/invitations', invited)).status, 201)
  await refused(takeRole(parts(), ada, { subject: ada.id, role: 'administrator', reason }), 'ACCESS_LAST_ADMINISTRATOR')
})

test('somebody who is nobody here is given nothing', async () => {
  const ada = await who(administrator)
  await refused(giveRole(parts(), ada, { subject: newId('usr'), role: 'member', reason }), 'ACCESS_SUBJECT_UNKNOWN')
})

test('nobody disables or changes somebody who may do more by a group or a role of the organisation’s own', async () => {
  const ada = await who(administrator)
  const manager = await join(one, administrator, { roles: ['manager'] })
  const bo = await join(one, administrator)
  assert.equal((await manager.browser.call('PATCH', `/v1/users/${bo.user.id}`, { roles: ['member'] })).status, 200)
  await giveRole(parts(), ada, { subject: bo.user.id, role: 'auditor', expiresAt: later(), reason })
  for (const change of [{ state: 'disabled' }, { roles: [] }]) {
    const answer = await manager.browser.call('PATCH', `/v1/users/${bo.user.id}`, change)
    assert.deepEqual([answer.status, answer.code], [403, 'IDENTITY_NOT_YOURS_TO_CHANGE'])
  }
})

const later = () => new Date(one.context.clock.nowMs() + 60_000).toISOString()
