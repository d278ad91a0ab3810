import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import { mailOf, mailsOf, nextPassword, tokenIn } from '../recovery/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, join, openIdentityHouse, setUp, signInAs } from '../testing.ts'

const kind = 'signed-out-everywhere'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  administrator = await setUp(one)
})
after(async () => await house.close())

const notices = async (user: { id: string; organisationId: string }) =>
  (await mailsOf(one, user)).filter((mail) => mail.kind === kind).map(({ text }) => text.split('\n')[0])

test('whoever signs out everywhere is told, and the link of that mail works', async () => {
  const { browser, user } = await join(one, administrator)
  assert.equal((await browser.call('DELETE', '/v1/sessions')).status, 200)
  assert.deepEqual(await notices(user), ['All sessions of your account were signed out.'])
  const token = tokenIn(await mailOf(one, user, kind), 'not-me')
  assert.equal((await one.server.browser().call('POST', '/v1/not-me', { token })).status, 204)
})

test('whose other sessions end is told so: it may be the thief who stays', async () => {
  const { browser, user, email } = await join(one, administrator)
  assert.equal((await browser.call('POST', '/v1/sessions/end-others')).status, 200)
  assert.deepEqual(await notices(user), [], 'there was no other')
  await signInAs(one.server.browser(), email)
  await browser.call('POST', '/v1/sessions/end-others')
  assert.deepEqual(await notices(user), ['All sessions of your account but one were signed out.'])
})

test('an administrator who ends all of somebody’s sessions is said to have; one session that ends is not told', async () => {
  const { browser, user } = await join(one, administrator)
  const { body } = await browser.call('GET', '/v1/sessions')
  const [session] = body.items as { id: string }[]
  await administrator.call('DELETE', `/v1/sessions/${session?.id}`)
  assert.equal((await administrator.call('DELETE', `/v1/users/${user.id}/sessions`)).body.ended, 0)
  assert.deepEqual(await notices(user), [])

  const other = await join(one, administrator)
  assert.equal((await administrator.call('DELETE', `/v1/users/${other.user.id}/sessions`)).body.ended, 1)
  assert.deepEqual(await notices(other.user), ['All sessions of your account were signed out by an administrator.'])
})

test('“This was not me” sends it with a link that works, though all earlier ones are void', async () => {
  const { browser, user } = await join(one, administrator)
  await browser.call('PUT', '/v1/me/password', { current: goodPassword, next: nextPassword })
  const earlier = tokenIn(await mailOf(one, user, 'password-changed'), 'not-me')
  assert.deepEqual(await notices(user), [], 'a changed password is told by itself')
  assert.equal((await one.server.browser().call('POST', '/v1/not-me', { token: earlier })).status, 204)
  assert.equal((await notices(user)).length, 1)
  const token = tokenIn(await mailOf(one, user, kind), 'not-me')
  assert.equal((await one.server.browser().call('POST', '/v1/not-me', { token })).status, 204)
  assert.equal((await notices(user)).length, 1, 'nothing was left to end')
})

test('who is disabled is not told: no link would work for them', async () => {
  const { user } = await join(one, administrator)
  await administrator.call('PATCH', `/v1/users/${user.id}`, { state: 'disabled' })
  assert.deepEqual(await notices(user), [])
})

test('what is rolled back was never said', async () => {
  const { user } = await join(one, administrator)
  const { id: userId, organisationId } = user as { id: string; organisationId: string }
  await assert.rejects(
    one.context.database.transaction(async (tx) => {
      await one.sessions.endAll(tx, { organisationId, userId }, 'ended', { kind: 'system' })
      throw new Error('something else failed')
    }),
  )
  assert.deepEqual(await notices(user), [])
})
