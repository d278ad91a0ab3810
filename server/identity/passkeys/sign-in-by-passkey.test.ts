import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp } from '../testing.ts'
import { enter, holder, stranger } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  administrator = await setUp(one)
})
after(async () => await house.close())

test('a passkey signs in without a user name, and the session says so', async () => {
  const { key, userId } = await holder(one, administrator)
  const browser = stranger(one)
  const answer = await enter(browser, key)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.partialDeepStrictEqual(answer.body, { user: { id: userId }, attempt: null })
  const me = await browser.call('GET', '/v1/me')
  assert.partialDeepStrictEqual(me.body, { user: { id: userId }, session: { factors: ['hwk'] } })
})
