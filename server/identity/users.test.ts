import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { User } from '@custodia/wire/http/identity.ts'
import { eventually } from '../platform/cache/testing.ts'
import type { Browser } from '../sessions/testing.ts'
import { whoIs, withCookie } from '../sessions/testing.ts'
import { spotPlace } from './risk/look.ts'
import type { PersonRow } from './store.ts'
import { lockOrganisation } from './store.ts'
import type { IdentityHouse, IdentityProcess } from './testing.ts'
import { goodPassword, join, openIdentityHouse, setUp, signInAs } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let other: IdentityProcess
let administrator: Browser
let ada: User

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  other = await house.process()
  administrator = await setUp(one)
  ada = (await administrator.call('GET', '/v1/me')).body.user as User
  await house.house.db.asOwner(`insert into identity.organisation values ('org_elsewhere', 'Elsewhere', now())`)
})
after(async () => await house.close())

const change = async (id: string, body: object, browser = administrator) =>
  await browser.call('PATCH', `/v1/users/${id}`, body)
const cookieOf = ({ cookie }: Browser) => withCookie(`${cookie};`)

/** Somebody of another organisation. */
async function foreigner(): Promise<User> {
  const { user } = await join(one, administrator)
  await house.house.db.asOwner(`update identity.person set organisation_id = 'org_elsewhere' where id = '${user.id}'`)
  return user
}

test('a person who is disabled is out on the very next request in every process, and can’t come back in', async () => {
  const { browser, user, email } = await join(one, administrator)
  for (const process of [one, other]) assert.notEqual(await whoIs(process, cookieOf(browser)), null)
  for (const process of [one, other]) assert.equal((await process.identity.person(user.id))?.email, email)
  assert.equal((await change(user.id, { state: 'disabled' })).body.state, 'disabled')
  for (const process of [one, other]) assert.equal(await whoIs(process, cookieOf(browser)), null)
  for (const process of [one, other]) assert.equal(await process.identity.person(user.id), null)
  assert.equal((await signInAs(one.server.browser(), email)).code, 'IDENTITY_CREDENTIALS_WRONG')

  assert.equal((await change(user.id, { state: 'active' })).body.state, 'active')
  assert.equal(await whoIs(one, cookieOf(browser)), null, 'the old session stays ended')
  assert.equal((await signInAs(one.server.browser(), email)).status, 200)
})

test('roles given or taken by somebody else replace the cookie at the next request; given more, a sensitive route asks again', async () => {
  const { browser, user } = await join(one, administrator)
  const before = browser.cookie as string
  const events = () =>
    house.house.events.filter(({ type, subjectId }) => type === 'sessions.session.renewed' && subjectId === user.id)
  const fresh = async () => (await browser.call('POST', '/v1/me/factors/recovery-codes')).code
  assert.notEqual(await fresh(), 'FRESH_FACTOR_REQUIRED')

  await change(user.id, { roles: ['member'] })
  assert.equal((await browser.call('GET', '/v1/me')).setCookie, null, 'nothing changed')
  assert.equal((await change(user.id, { roles: ['member', 'manager'] })).status, 200)
  const refused = await browser.call('GET', '/v1/users')
  assert.deepEqual([refused.status, browser.cookie === before], [200, false])
  assert.equal(await fresh(), 'FRESH_FACTOR_REQUIRED')
  assert.equal(events().length, 1)
  assert.equal((await browser.call('POST', '/v1/me/fresh', { factor: 'password', password: goodPassword })).status, 204)
  assert.notEqual(await fresh(), 'FRESH_FACTOR_REQUIRED')

  const raised = browser.cookie as string
  await change(user.id, { roles: [] })
  // Replaced also where the answer is a refusal.
  assert.equal((await browser.call('GET', '/v1/users')).code, 'ACCESS_DENIED')
  assert.notEqual(browser.cookie, raised)
  assert.notEqual(await fresh(), 'FRESH_FACTOR_REQUIRED', 'who may do less is as fresh as before')
  assert.equal(events().length, 2)
})

test('the last administrator who can sign in is neither disabled nor unmade', async () => {
  const invited = { email: 'future-admin@example.org', name: 'F', roles: ['administrator'] }
  const { body } = await administrator.call('POST', '/v1/invitations', invited)
  const asleep = await join(one, administrator, { roles: ['administrator'] })
  assert.equal((await change(asleep.user.id, { state: 'disabled' })).status, 200)

  for (const wanted of [{ state: 'disabled' }, { roles: [] }, { roles: ['member'], state: 'active' }]) {
    const refused = await change(ada.id, wanted)
    assert.deepEqual([refused.status, refused.code], [409, 'IDENTITY_LAST_ADMINISTRATOR'], JSON.stringify(wanted))
  }
  assert.equal((await administrator.call('GET', '/v1/me')).status, 200)
  assert.deepEqual((await administrator.call('GET', `/v1/users/${ada.id}`)).body.roles, ['administrator'])
  await change((body.user as User).id, { roles: [] })
})

test('two administrators who are disabled at once: the second to come finds that they are the last', async () => {
  const second = await join(one, administrator, { roles: ['administrator'] })
  const locked = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const { sql } = await import('kysely')
  const elsewhere = other.context.database.transaction(async (tx) => {
    await lockOrganisation(tx, ada.organisationId)
    await sql`update identity.person set state = 'disabled' where id = ${second.user.id}`.execute(tx)
    locked.resolve()
    await done.promise
  })
  await locked.promise
  const disabling = change(ada.id, { state: 'disabled' })
  await eventually(async () => {
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return (await house.house.db.asOwner(waiting)).length > 0
  })
  done.resolve()
  await elsewhere
  assert.equal((await disabling).code, 'IDENTITY_LAST_ADMINISTRATOR')
})

test('people of another organisation are not seen, changed or found', async () => {
  const { id, email } = await foreigner()
  for (const answer of [
    await administrator.call('GET', `/v1/users/${id}`),
    await change(id, { state: 'disabled' }),
    await change(id, { roles: ['administrator'] }),
  ])
    assert.deepEqual([answer.status, answer.code], [404, 'IDENTITY_USER_UNKNOWN'])
  const found = await administrator.call('GET', `/v1/users?search=${encodeURIComponent(email)}`)
  assert.deepEqual(found.body, { items: [], next: null })
  const invited = await administrator.call('POST', '/v1/invitations', { email, name: 'X', roles: [] })
  assert.equal(invited.code, 'IDENTITY_EMAIL_TAKEN')

  const pending = { email: 'pending-elsewhere@example.org', name: 'P', roles: [] }
  const { body } = await administrator.call('POST', '/v1/invitations', pending)
  const pendingId = (body.user as User).id
  await house.house.db.asOwner(`update identity.person set organisation_id = 'org_elsewhere' where id = '${pendingId}'`)
  assert.equal((await administrator.call('POST', '/v1/invitations', pending)).code, 'IDENTITY_EMAIL_TAKEN')
})

test('whoever lacks the permission reads and changes nobody, themselves included', async () => {
  const { browser, user } = await join(one, administrator)
  for (const [method, path, body] of [
    ['GET', '/v1/users'],
    ['GET', `/v1/users/${ada.id}`],
    ['PATCH', `/v1/users/${ada.id}`, { state: 'disabled' }],
    ['PATCH', `/v1/users/${user.id}`, { roles: ['administrator'] }],
  ] as const)
    assert.equal((await browser.call(method, path, body)).code, 'ACCESS_DENIED', path)
})

test('nobody locks out or unmakes somebody who may do more than they may, or gives what they lack', async () => {
  const { browser } = await join(one, administrator, { roles: ['manager'] })
  const { user } = await join(one, administrator)
  for (const body of [{ state: 'disabled' }, { roles: [] }])
    assert.equal((await change(ada.id, body, browser)).code, 'IDENTITY_NOT_YOURS_TO_CHANGE')
  assert.equal((await change(user.id, { roles: ['administrator'] }, browser)).code, 'ACCESS_NOT_YOURS_TO_GIVE')
  const invited = { email: 'a-friend@example.org', name: 'F', roles: ['administrator'] }
  assert.equal((await browser.call('POST', '/v1/invitations', invited)).code, 'ACCESS_NOT_YOURS_TO_GIVE')
  assert.equal((await change(user.id, { state: 'disabled' }, browser)).status, 200)
  assert.equal((await administrator.call('GET', '/v1/me')).status, 200)
})

test('changing people needs a sign-in that is recent', async () => {
  const { user } = await join(one, administrator)
  house.house.machine.clock.advance(11 * 60_000)
  assert.equal((await change(user.id, { state: 'disabled' })).code, 'FRESH_FACTOR_REQUIRED')
  await signInAs(administrator, ada.email)
})

test('what is not a change is refused, and an empty one changes nothing', async () => {
  const { user } = await join(one, administrator)
  for (const body of [
    { state: 'invited' },
    { state: null },
    { email: 'x@example.org' },
    { roles: 'administrator' },
    [],
  ])
    assert.equal((await change(user.id, body)).code, 'REQUEST_INVALID', JSON.stringify(body))
  const { body } = await change(user.id, {})
  assert.equal(body.state, 'active')
})

test('pages follow one another without a gap or a double, and a cursor that is not ours begins anew', async () => {
  const all: string[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const { body } = await administrator.call('GET', `/v1/users?limit=3${query}`)
    all.push(...(body.items as User[]).map((user) => user.id))
    cursor = body.next as string | null
  } while (cursor !== null)
  const whole = (await administrator.call('GET', '/v1/users?limit=200')).body.items as User[]
  assert.deepEqual(
    all,
    whole.map((user) => user.id),
  )
  assert.equal(new Set(all).size, all.length)
  const strange = await administrator.call('GET', `/v1/users?limit=3&cursor=${'x'.repeat(200)}`)
  assert.deepEqual(
    (strange.body.items as User[]).map((user) => user.id),
    all.slice(0, 3),
  )
  for (const query of ['limit=0', 'limit=201', 'limit=x', 'cursor=%27', 'sort=name', 'search='])
    assert.equal((await administrator.call('GET', `/v1/users?${query}`)).code, 'REQUEST_INVALID', query)
})

test('a person is found by the whole address, however it is spelled', async () => {
  const { user } = await join(one, administrator, { email: 'findme@example.org' })
  const search = async (text: string) =>
    (await administrator.call('GET', `/v1/users?search=${encodeURIComponent(text)}`)).body.items as User[]
  assert.deepEqual(
    (await search('FindMe@Example.ORG')).map((one) => one.id),
    [user.id],
  )
  for (const text of ['findme', 'findme@example', '%', "' or true --"]) assert.deepEqual(await search(text), [])
})

test('changing one’s password ends every other session and keeps this one', async () => {
  const { browser, email } = await join(one, administrator)
  const elsewhere = one.server.browser()
  await signInAs(elsewhere, email)
  const next = 'nine purple kettles sing'
  assert.equal((await browser.call('PUT', '/v1/me/password', { current: goodPassword, next })).status, 204)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
  assert.equal((await elsewhere.call('GET', '/v1/me')).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await signInAs(one.server.browser(), email)).code, 'IDENTITY_CREDENTIALS_WRONG')
  assert.equal((await signInAs(one.server.browser(), email, next)).status, 200)
})

test('a change of password with the wrong current one, or to an unfit one, changes nothing', async () => {
  const { browser, email } = await join(one, administrator)
  const wrong = await browser.call('PUT', '/v1/me/password', { current: 'wrong', next: 'nine purple kettles sing' })
  assert.deepEqual([wrong.code, wrong.body.field], ['IDENTITY_CREDENTIALS_WRONG', 'body.current'])
  const unfit = await browser.call('PUT', '/v1/me/password', { current: goodPassword, next: email.repeat(2) })
  assert.deepEqual([unfit.code, unfit.body.field], ['IDENTITY_PASSWORD_UNFIT', 'body.next'])
  assert.doesNotMatch(JSON.stringify(unfit.body), /example\.org/)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
  assert.equal((await signInAs(one.server.browser(), email)).status, 200)
})

test('guesses at the current password are counted, too', async () => {
  const { browser } = await join(one, administrator)
  const codes = []
  for (let tries = 0; tries < 6; tries++)
    codes.push((await browser.call('PUT', '/v1/me/password', { current: 'wrong', next: goodPassword })).code)
  assert.deepEqual(codes.at(-1), 'IDENTITY_TOO_MANY_TRIES')
  assert.equal(codes.indexOf('IDENTITY_TOO_MANY_TRIES'), 5)
})

test('nothing that names a person stands in the database in the clear', async () => {
  const { user } = await join(one, administrator, { email: 'hidden-person@example.org' })
  const rows = JSON.stringify(await house.house.db.asOwner('select p::text from identity.person p'))
  for (const text of ['hidden-person', 'Mira Okafor', 'Ada Brandt', goodPassword]) {
    assert.equal(rows.includes(text) || rows.includes(Buffer.from(text).toString('hex')), false, text)
  }
  assert.ok(rows.includes(user.id))
})

test('a person’s data is exported, and erased with their index and their roles', async () => {
  const { user, email } = await join(one, administrator, { email: 'forget-me@example.org' })
  const { organisationId, id } = user
  assert.partialDeepStrictEqual(await one.identity.subjectData.export(organisationId, id), { person: { email } })
  assert.deepEqual(await one.identity.subjectData.export('org_elsewhere', id), {})
  await signInAs(one.server.browser(), email)
  const place = { country: 'NZ', latitude: -41, longitude: 175 }
  const sealed = await one.keyring.seal(
    spotPlace({ id, organisation_id: organisationId } as PersonRow),
    JSON.stringify(place),
  )
  await house.house.db.asOwner(
    `update identity.risk_history set spot_sealed = '\\x${sealed.toString('hex')}' where person_id = '${id}'`,
  )
  const { history } = (await one.identity.subjectData.export(organisationId, id)) as {
    history: {
      signIns: { counted: number; counts: object; lastAt: string; lastPlace: object }
      devices: { lastUsedAt: string }[]
    }
  }
  const now = new Date(one.context.clock.nowMs()).toISOString()
  assert.deepEqual([history.signIns.counted, history.signIns.lastAt], [2, now])
  assert.deepEqual(history.signIns.lastPlace, place)
  assert.ok(Object.keys(history.signIns.counts).length > 0)
  assert.deepEqual([history.devices.length, history.devices[0]?.lastUsedAt], [2, now])
  assert.doesNotMatch(JSON.stringify(history), /192\.0\.2|Firefox|token/)
  await other.identity.person(id)
  const erase = (organisation: string) =>
    one.context.database.transaction((tx) => one.identity.subjectData.erase(tx, organisation, id))
  await erase('org_elsewhere')
  assert.notEqual(await one.identity.person(id), null)
  for (let twice = 0; twice < 2; twice++) await erase(organisationId)
  for (const process of [one, other]) assert.equal(await process.identity.person(id), null)
  assert.deepEqual(await one.access.rolesOf(organisationId, id), [])
  for (const table of ['risk_history', 'device'])
    assert.deepEqual(await house.house.db.asOwner(`select 1 from identity.${table} where person_id = '${id}'`), [])
  assert.equal((await administrator.call('GET', `/v1/users/${id}`)).status, 404)
  await join(one, administrator, { email })
})

test('a person whose key was destroyed is nobody, and keeps the list readable', async () => {
  const { user } = await join(one, administrator)
  await one.context.database.transaction((tx) => one.keyring.shred(tx, user.organisationId, user.id))
  assert.equal(await one.identity.person(user.id), null)
  const list = await administrator.call('GET', '/v1/users?limit=200')
  assert.equal(list.status, 200)
  assert.equal(
    (list.body.items as User[]).some((one) => one.id === user.id),
    false,
  )
})
