import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import { administratorOf, newcomer, unhurried } from '../factors/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import { defaultPolicy } from './sign-in-policy.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser
before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  administrator = await setUp(one)
})
after(() => house.close())

const path = '/v1/policies/sign-in'
const put = (browser: Browser, changes: object) => browser.call('PUT', path, { ...defaultPolicy, ...changes })

test('who has said nothing gets the default, and what was said stands', async () => {
  assert.deepEqual((await administrator.call('GET', path)).body, { ...defaultPolicy })
  const said = { secondFactor: 'required', roles: { administrator: 'phishing-resistant' }, graceDays: 90 }
  assert.equal((await put(administrator, said)).status, 200)
  assert.deepEqual((await administrator.call('GET', path)).body, { ...defaultPolicy, ...said })
  await put(administrator, {})
})

test('neither strangers nor members read or change it, and it stays as it was', async () => {
  const { browser: member } = await newcomer(one)
  for (const [browser, code] of [
    [one.server.browser(), 'AUTHENTICATION_REQUIRED'],
    [member, 'ACCESS_DENIED'],
  ] as const) {
    assert.equal((await browser.call('GET', path)).code, code)
    assert.equal((await put(browser, { secondFactor: 'required' })).code, code)
  }
  assert.deepEqual((await administrator.call('GET', path)).body, { ...defaultPolicy })
})

for (const [what, changes, field] of [
  ['a demand that is none', { secondFactor: 'never' }, 'body.secondFactor'],
  ['a grace period of years', { graceDays: 91 }, 'body.graceDays'],
  ['a grace period that is over already', { graceDays: -1 }, 'body.graceDays'],
  ['a proof that is fresh for seconds', { freshSeconds: 59 }, 'body.freshSeconds'],
  ['a proof that is fresh for days', { freshSeconds: 86_401 }, 'body.freshSeconds'],
  ['an authenticator that is no AAGUID', { authenticators: ['any'] }, 'body.authenticators.0'],
  ['a role that does not exist', { roles: { sorcerer: 'required' } }, 'body.roles.sorcerer'],
  ['a role by the name of what every object has', { roles: { constructor: 'required' } }, 'body.roles.constructor'],
  ['a field that is not known', { smsCodes2: true }, 'body.smsCodes2'],
] as const)
  test(`${what} is refused whole, and the field is named`, async () => {
    const answer = await put(administrator, changes)
    assert.ok([400, 422].includes(answer.status), `${answer.status}`)
    assert.equal(answer.body.field, field)
    assert.deepEqual((await administrator.call('GET', path)).body, { ...defaultPolicy })
  })

test('a change needs a session that was confirmed lately, and stands in the ledger with all that it says', async () => {
  house.house.machine.clock.advance(601_000)
  assert.equal((await put(administrator, { secondFactor: 'required' })).code, 'FRESH_FACTOR_REQUIRED')
  const fresh = await administratorOf(one)
  house.house.events.length = 0
  assert.equal((await put(fresh, { mailCodes: true })).status, 200)
  const changed = house.house.events.find(({ type }) => type === 'identity.policy.changed')
  assert.deepEqual(JSON.parse(String(changed?.data.policy)), { ...defaultPolicy, mailCodes: true })
})

test('how fresh a proof must be is told to the house as the organisation says it, and null where it says nothing', async () => {
  const fresh = await administratorOf(one)
  const { body } = await fresh.call('GET', '/v1/me')
  const { organisationId } = body.user as { organisationId: string }
  await put(fresh, { freshSeconds: 60 })
  const principal = { organisationId } as never
  assert.equal(await one.identity.freshSeconds(principal), 60)
  await put(fresh, {})
  assert.equal(await one.identity.freshSeconds(principal), null)
})
