import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemRandom } from '../../platform/random.ts'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp, signInAs } from '../testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser
/** What the server drew lately: the only place where a device's token can be read besides the browser. */
const drawn: string[] = []

before(async () => {
  house = await openIdentityHouse()
  const random = {
    bytes(length: number) {
      const bytes = systemRandom.bytes(length)
      if (length === 32) drawn.push(bytes.toString('base64url'))
      return bytes
    },
  }
  one = await house.process({}, { random })
  administrator = await setUp(one)
})
after(async () => await house.close())

const from = (address: string, cookie?: string): Browser => {
  const browser = one.server.browser()
  const call = browser.call.bind(browser)
  const sent = { 'x-forwarded-for': address, ...(cookie === undefined ? {} : { cookie }) }
  browser.call = (method, path, body) => call(method, path, body, sent)
  return browser
}

test('500 networks guess at one account, and its owner signs in at once from a device of theirs', async () => {
  const { email } = await join(one, administrator)
  const device = `__Host-custodia-device=${drawn.at(-1)}`
  let looked = 0
  for (let n = 0; n < 500; n++) {
    const { code } = await signInAs(from(`10.${Math.floor(n / 250)}.${n % 250}.1`), email, 'not the password at all')
    assert.ok(code === 'IDENTITY_CREDENTIALS_WRONG' || code === 'IDENTITY_TOO_MANY_TRIES', String(code))
    if (code === 'IDENTITY_CREDENTIALS_WRONG') looked += 1
  }
  assert.ok(looked <= 15, `${looked} were looked at`)
  assert.equal((await signInAs(from('203.0.113.50'), email)).code, 'IDENTITY_TOO_MANY_TRIES', 'a stranger waits')
  assert.equal((await signInAs(from('203.0.113.51', device), email)).status, 200)
  const other = await join(one, administrator)
  assert.notEqual((await signInAs(from('203.0.113.52', device), email)).status, 429)
  assert.equal((await signInAs(from('203.0.113.53'), other.email)).status, 200, 'and nobody else is slowed')
})

test('the cookie of somebody else’s device opens no way around the wait', async () => {
  const victim = await join(one, administrator)
  await join(one, administrator)
  const attackers = `__Host-custodia-device=${drawn.at(-1)}`
  for (let n = 0; n < 20; n++) await signInAs(from(`10.9.${n}.1`), victim.email, 'not the password at all')
  assert.equal((await signInAs(from('10.9.200.1', attackers), victim.email)).code, 'IDENTITY_TOO_MANY_TRIES')
})

test('a list of people and passwords from one network is stopped, while everybody else signs in', async () => {
  const { email } = await join(one, administrator)
  const statuses: number[] = []
  for (let n = 0; n < 45; n++)
    statuses.push((await signInAs(from('198.18.0.1'), `listed-${n}@example.org`, 'not the password at all')).status)
  assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.at(-1)], [30, 429])
  assert.equal((await signInAs(from('198.18.0.2'), email)).status, 200)
})
