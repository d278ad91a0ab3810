import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { after, before, test } from 'node:test'
import { secureServer } from '../../platform/outbound/testing.ts'
import type { Browser } from '../../sessions/testing.ts'
import { defaultPolicy, writePolicy } from '../policy/sign-in-policy.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, join, openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { buildBreachedFilter } from './build-breached-filter.ts'

const folder = mkdtempSync(path(tmpdir(), 'custodia-fit-'))
let house: IdentityHouse
let administrator: Browser
let email: string
let organisationId: string
before(async () => {
  house = await openIdentityHouse()
  const first = await house.process()
  administrator = await setUp(first)
  email = (await join(first, administrator)).email
  organisationId = (await first.identity.organisations(1))[0] as string
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true })
})

let current = goodPassword
/** What is said to a new password by this process; null where it is taken. */
async function said(process: IdentityProcess, next: string): Promise<string | null> {
  const browser = process.server.browser()
  assert.equal((await signInAs(browser, email, current)).status, 200)
  const { status, code, body } = await browser.call('PUT', '/v1/me/password', { current, next })
  if (status === 204) current = next
  else assert.deepEqual([status, code, body.field], [422, 'IDENTITY_PASSWORD_UNFIT', 'body.next'])
  return status === 204 ? null : String(body.detail)
}

test('a shorter minimum counts only where a second factor is demanded of everybody', async () => {
  const process = await house.process({ minPasswordLength: 10 })
  const { queries } = process.context.database
  const demand = (secondFactor: 'optional' | 'required') =>
    writePolicy(
      queries,
      organisationId,
      { ...defaultPolicy, secondFactor, roles: { auditor: 'required' } },
      new Date(process.context.clock.nowMs()),
    )
  assert.match((await said(process, 'qz7vkw2mXp')) ?? '', /shorter than 15/)
  await demand('optional')
  assert.match((await said(process, 'qz7vkw2mXpQ9rt')) ?? '', /shorter than 15/)
  await demand('required')
  assert.match((await said(process, 'qz7vkw2mX')) ?? '', /shorter than 10/)
  assert.equal(await said(process, 'qz7vkw2mXp'), null)
  await demand('optional')
  assert.equal(await said(process, goodPassword), null)
})

test('a longer minimum counts everywhere', async () => {
  const process = await house.process({ minPasswordLength: 30 })
  assert.match((await said(process, 'eight grey herons wade')) ?? '', /shorter than 30/)
})

test('an operator’s own list is looked into as well, whichever way it was written', async () => {
  const list = path(folder, 'list.txt')
  const phrase = 'eight red herons dance'
  writeFileSync(list, `seven red herons dance\n${createHash('sha1').update(phrase).digest('hex')}:4\n`)
  const breachedFilter = path(folder, 'breached.filter')
  writeFileSync(breachedFilter, (await buildBreachedFilter(list)).bytes)
  const process = await house.process({ breachedFilter })
  for (const one of ['seven red herons dance', 'Seven Red Herons Dance 7!', phrase, 'password12345678'])
    assert.match((await said(process, one)) ?? '', /everybody guesses first/, one)
  assert.equal(await said(process, 'nine red herons dance'), null)
})

test('a server does not start with a list that is missing or damaged, and names the setting', async () => {
  const damaged = path(folder, 'damaged.filter')
  writeFileSync(damaged, 'custbf01 and nothing more')
  for (const breachedFilter of [path(folder, 'none'), folder, damaged])
    await assert.rejects(house.process({ breachedFilter }), /CUSTODIA_IDENTITY_BREACHED_FILTER names .+ build-filter/)
})

test('a range service is asked about what would be taken and about nothing else, and refuses it', async () => {
  const asked: string[] = []
  const leaked = 'ten yellow herons wade'
  const digest = createHash('sha1').update(leaked).digest('hex').toUpperCase()
  const server = await secureServer((request, response) => {
    asked.push(request.url ?? '')
    response.end(`${digest.slice(5)}:2\r\n${'0'.repeat(35)}:0`)
  })
  try {
    const breachRangeUrl = `https://localhost:${server.port}/range/`
    const process = await house.process({ breachRangeUrl, breachRangePrivate: true })
    for (const one of ['short', 'passwordpassword', 'a'.repeat(20)]) assert.notEqual(await said(process, one), null)
    assert.deepEqual(asked, [])
    assert.match((await said(process, leaked)) ?? '', /everybody guesses first/)
    assert.deepEqual(asked, [`/range/${digest.slice(0, 5)}`])
    assert.equal(await said(process, 'eleven yellow herons wade'), null)
    // On a network of one's own only where the setting says so; the change goes on without it.
    const strict = await house.process({ breachRangeUrl })
    assert.equal(await said(strict, leaked), null)
    assert.equal(asked.length, 2)
  } finally {
    await server.close()
  }
})
