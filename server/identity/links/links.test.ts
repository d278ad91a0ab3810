import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, join, openIdentityHouse, signInAs, tokenOf } from '../testing.ts'
import { useLink } from './link-store.ts'
import { hashLink } from './one-time-link.ts'

const day = 86_400_000

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
})
after(async () => await house.close())

const clock = () => house.house.machine.clock
const stranger = () => one.server.browser()
const setupBody = (token: string) => ({
  token,
  organisation: 'Northwind Studio',
  name: 'Ada Brandt',
  email: 'Ada@Northwind.example',
  password: goodPassword,
})
const invite = async (body: Record<string, unknown>) =>
  await administrator.call('POST', '/v1/invitations', { name: 'Mira', roles: ['member'], ...body })
const accept = async (token: string, password = goodPassword) =>
  await stranger().call('POST', '/v1/invitations/accept', { token, name: 'Mira Okafor', password })
const check = async (token: string) => await stranger().call('POST', '/v1/links/check', { token })

/** A set-up link that Custodia did not make, as one that survived somehow. */
async function plantSetupLink(token: string): Promise<void> {
  const linkKey = await one.keyring.secret('link-token')
  const hash = hashLink({ linkKey } as Parameters<typeof hashLink>[0], token).toString('hex')
  await house.house.db.asOwner(
    `insert into identity.link values ('\\x${hash}', 'setup', null, now(), '2999-01-01', null)`,
  )
}

// These run in order: a set-up happens once in the life of an installation.

test('a set-up link carries 256 bits in its fragment, and only a keyed hash of them is stored', async () => {
  const made = await one.identity.createSetupLink()
  assert.match(made?.link ?? '', /^http:\/\/custodia\.localhost\/setup#[a-z2-7]{52}$/)
  const rows = await house.house.db.asOwner('select l::text from identity.link l')
  assert.equal(JSON.stringify(rows).includes(tokenOf(made?.link ?? '')), false)
  assert.equal(JSON.stringify(house.house.events).includes(tokenOf(made?.link ?? '')), false)
})

test('a new set-up link replaces the one before', async () => {
  const [before, now] = [await one.identity.createSetupLink(), await one.identity.createSetupLink()]
  assert.equal((await check(tokenOf(before?.link ?? ''))).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await check(tokenOf(now?.link ?? ''))).body.purpose, 'setup')
})

test('a set-up link is worth nothing after a day', async () => {
  const token = tokenOf((await one.identity.createSetupLink())?.link ?? '')
  clock().advance(day)
  assert.equal((await check(token)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await stranger().call('POST', '/v1/setup', setupBody(token))).code, 'IDENTITY_LINK_INVALID')
})

test('nobody sets up without the link, and nothing is hashed for them', async () => {
  const hashes = one.hashes()
  const answer = await stranger().call('POST', '/v1/setup', setupBody('a'.repeat(52)))
  assert.deepEqual([answer.status, answer.code], [410, 'IDENTITY_LINK_INVALID'])
  assert.equal(one.hashes(), hashes)
})

test('a password that is unfit leaves the set-up link as it was', async () => {
  const token = tokenOf((await one.identity.createSetupLink())?.link ?? '')
  const answer = await stranger().call('POST', '/v1/setup', { ...setupBody(token), password: 'too short' })
  assert.deepEqual([answer.status, answer.code, answer.body.field], [422, 'IDENTITY_PASSWORD_UNFIT', 'body.password'])
  assert.equal((await check(token)).status, 200)
})

test('of many who set up at once exactly one becomes administrator, even where a second link were valid', async () => {
  const tokens = [tokenOf((await one.identity.createSetupLink())?.link ?? ''), 'c'.repeat(52)]
  await plantSetupLink(tokens[1] as string)
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const browser = stranger()
      return { browser, answer: await browser.call('POST', '/v1/setup', setupBody(tokens[n % 2] as string)) }
    }),
  )
  const won = answers.filter(({ answer }) => answer.status === 200)
  assert.equal(won.length, 1)
  for (const { answer } of answers) if (answer.status !== 200) assert.equal(answer.code, 'IDENTITY_LINK_INVALID')
  administrator = won[0]?.browser as Browser
  const me = await administrator.call('GET', '/v1/me')
  assert.partialDeepStrictEqual(me.body, {
    user: { email: 'Ada@Northwind.example', name: 'Ada Brandt', state: 'active', roles: ['administrator'] },
    organisation: { name: 'Northwind Studio' },
  })
  assert.equal((await one.identity.organisations(2)).length, 1)
})

test('once there is an organisation there is no set-up link, and none works that was made before', async () => {
  assert.equal(await one.identity.createSetupLink(), null)
  const token = 'b'.repeat(52)
  await plantSetupLink(token)
  assert.equal((await check(token)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await stranger().call('POST', '/v1/setup', setupBody(token))).code, 'IDENTITY_LINK_INVALID')
})

test('an invitation says to whom it was sent, and is not used up by looking', async () => {
  const { body } = await invite({ email: 'mira@example.org' })
  for (let twice = 0; twice < 2; twice++)
    assert.partialDeepStrictEqual((await check(tokenOf(String(body.link)))).body, {
      purpose: 'invitation',
      organisation: 'Northwind Studio',
      email: 'mira@example.org',
      name: 'Mira',
    })
})

test('of fifty who accept one invitation at once exactly one gets in', async () => {
  const { body } = await invite({ email: 'crowd@example.org' })
  const answers = await Promise.all(Array.from({ length: 50 }, () => accept(tokenOf(String(body.link)))))
  assert.deepEqual(answers.map((answer) => answer.status).toSorted(), [200, ...Array.from({ length: 49 }, () => 410)])
})

test('the statement that uses a link up gives it to one of many, and only for its purpose', async () => {
  const { body } = await invite({ email: 'statement@example.org' })
  const linkKey = await one.keyring.secret('link-token')
  const hash = hashLink({ linkKey } as Parameters<typeof hashLink>[0], tokenOf(String(body.link)))
  const now = new Date(clock().nowMs())
  const { queries } = one.context.database
  assert.equal(await useLink(queries, hash, 'setup', now), false)
  assert.equal(await useLink(queries, hash, 'invitation', new Date(now.getTime() + 7 * day)), false)
  const used = await Promise.all(Array.from({ length: 20 }, () => useLink(queries, hash, 'invitation', now)))
  assert.equal(used.filter(Boolean).length, 1)
})

test('an accepted invitation signs in with the name and the roles, and works no second time', async () => {
  const { body } = await invite({ email: 'once@example.org', roles: ['auditor'] })
  const token = tokenOf(String(body.link))
  const answer = await accept(token)
  assert.match(answer.setCookie ?? '', /^__Host-custodia=/)
  assert.partialDeepStrictEqual(answer.body.user, { name: 'Mira Okafor', state: 'active', roles: ['auditor'] })
  assert.equal((await accept(token)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await check(token)).code, 'IDENTITY_LINK_INVALID')
})

test('an invitation is worth nothing after a week', async () => {
  const { body } = await invite({ email: 'late@example.org' })
  const alive = administrator.cookie
  clock().advance(7 * day)
  assert.equal((await accept(tokenOf(String(body.link)))).code, 'IDENTITY_LINK_INVALID')
  administrator.cookie = alive
  await signInAs(administrator, 'ada@northwind.example')
})

test('an invitation is no set-up, and a set-up takes no invitation', async () => {
  const { body } = await invite({ email: 'mixed@example.org' })
  const token = tokenOf(String(body.link))
  assert.equal((await stranger().call('POST', '/v1/setup', setupBody(token))).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await check(token)).status, 200)
})

test('inviting again replaces the link, for as long as nobody accepted', async () => {
  const [before, now] = [await invite({ email: 'again@example.org' }), await invite({ email: 'AGAIN@example.org' })]
  assert.equal((await accept(tokenOf(String(before.body.link)))).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await accept(tokenOf(String(now.body.link)))).status, 200)
  const third = await invite({ email: 'again@example.org' })
  assert.deepEqual([third.status, third.code, third.body.field], [409, 'IDENTITY_EMAIL_TAKEN', 'body.email'])
})

test('one address is one person, however it is spelled', async () => {
  await join(one, administrator, { email: 'rené@exämple.org' })
  for (const email of ['RENÉ@EXÄMPLE.ORG', 'rene\u0301@xn--exmple-cua.org', 'René@Exämple.org'])
    assert.equal((await invite({ email })).code, 'IDENTITY_EMAIL_TAKEN', email)
})

test('two who invite one address at once make one person', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => invite({ email: 'twins@example.org' })))
  const ids = new Set(answers.filter((one) => one.status === 201).map((one) => (one.body.user as { id: string }).id))
  assert.equal(ids.size, 1)
  const [row] = await house.house.db.asOwner(
    `select count(*)::int as live from identity.link where used_at is null and person_id = '${[...ids][0]}'`,
  )
  assert.ok(Number(row?.live) >= 1)
})

test('whoever may not write people invites nobody, and nobody gives a role that they do not have', async () => {
  const { browser } = await join(one, administrator)
  const body = { email: 'x@example.org', name: 'X', roles: [] }
  assert.equal((await browser.call('POST', '/v1/invitations', body)).code, 'ACCESS_DENIED')
  assert.equal((await stranger().call('POST', '/v1/invitations', body)).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await invite({ ...body, roles: ['sorcerer'] })).code, 'ACCESS_ROLE_UNKNOWN')
  assert.equal((await invite({ ...body, email: 'x@ex ample.org' })).status, 400)
  assert.equal((await invite({ ...body, email: 'x@-.%' })).code, 'IDENTITY_EMAIL_INVALID')
})

test('inviting needs a sign-in that is recent', async () => {
  const { browser } = await join(one, administrator, { roles: ['administrator'] })
  clock().advance(11 * 60_000)
  const body = { email: 'stale@example.org', name: 'X', roles: [] }
  assert.equal((await browser.call('POST', '/v1/invitations', body)).code, 'FRESH_FACTOR_REQUIRED')
  await signInAs(administrator, 'ada@northwind.example')
})

test('an invited person who was disabled can’t accept, and enabling them does not revive the link', async () => {
  const { body } = await invite({ email: 'withdrawn@example.org' })
  const { id } = body.user as { id: string }
  for (const state of ['disabled', 'active'] as const) {
    const changed = await administrator.call('PATCH', `/v1/users/${id}`, { state })
    assert.equal(changed.body.state, state === 'active' ? 'invited' : 'disabled')
    assert.equal((await accept(tokenOf(String(body.link)))).code, 'IDENTITY_LINK_INVALID')
  }
})

test('links that expired a month ago are swept, others stay', async () => {
  const count = async () => Number((await house.house.db.asOwner('select count(*)::int as n from identity.link'))[0]?.n)
  const { body } = await invite({ email: 'kept@example.org' })
  await one.identity.jobs[0]?.run(new AbortController().signal)
  assert.equal((await check(tokenOf(String(body.link)))).status, 200)
  clock().advance(38 * day)
  await one.identity.jobs[0]?.run(new AbortController().signal)
  assert.equal(await count(), 2, 'those that never expire')
})
