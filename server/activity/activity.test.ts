import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Activity, ActivityItem } from '@custodia/wire/http/activity.ts'
import { eventCatalogue } from '../app.ts'
import { begin, codeOf, enrol, prove } from '../identity/factors/testing.ts'
import type { IdentityHouse } from '../identity/testing.ts'
import { goodPassword, join, setUp, signInAs } from '../identity/testing.ts'
import { newId, systemRandom } from '../platform/random.ts'
import type { Browser } from '../sessions/testing.ts'
import { shownTypes } from './shown.ts'
import type { ActivityHouse } from './testing.ts'
import { openActivityHouse } from './testing.ts'

let house: ActivityHouse
let administrator: Browser
before(async () => {
  house = await openActivityHouse()
  administrator = await setUp(house.process)
})
after(async () => await house.close())

type Person = Awaited<ReturnType<typeof join>>

const list = async (browser: Browser, path: string): Promise<Activity> => {
  await house.audit.settle()
  const { status, body, code } = await browser.call('GET', path)
  assert.equal(status, 200, String(code))
  return body as unknown as Activity
}
const own = ({ browser }: Person, query = '') => list(browser, `/v1/me/activity${query}`)
const theirs = ({ user }: Person, by = administrator, query = '') => list(by, `/v1/users/${user.id}/activity${query}`)
const of = ({ items }: Activity, type: string) => items.filter((item) => item.type === type)
const signIns = async (person: Person, times: number) => {
  for (let i = 0; i < times; i++) assert.equal((await signInAs(person.browser, person.email)).status, 200)
}
const wrongTry = (person: Person) => signInAs(house.process.server.browser(), person.email, 'not the password at all')

test('every type that may be shown is one that the ledger knows', () => {
  assert.deepEqual(
    shownTypes.filter((type) => !Object.hasOwn(eventCatalogue, type)),
    [],
  )
})

test('a person sees their sign-ins with place and device, and of the score words alone', async () => {
  const person = await join(house.process, administrator)
  await signIns(person, 5)
  const items = (await own(person)).items
  const [newest] = of({ items, next: null }, 'identity.user.signed-in')
  assert.partialDeepStrictEqual(newest, {
    by: 'person',
    byId: null,
    address: '127.0.0.1',
    device: 'Firefox on Linux',
    facts: { factors: ['pwd'] },
    assessment: null,
  })
  const [assessed] = of({ items, next: null }, 'identity.sign-in.assessed')
  assert.equal(assessed?.facts.session, newest?.facts.session)
  assert.equal(assessed?.assessment?.verdict, 'allow')
  assert.equal(assessed?.assessment?.score, null)
  const parts = assessed?.assessment?.parts ?? []
  // The browser of these tests keeps no cookie of the device.
  assert.ok(parts.some(({ feature, value }) => feature === 'device' && value === 'new'))
  assert.ok(parts.some(({ lean }) => lean < 0))
  for (const { ratio, lean } of parts) assert.deepEqual([ratio, Number.isInteger(lean)], [null, true])
})

test('an administrator sees the numbers of it, too: the score is the sum of the parts', async () => {
  const person = await join(house.process, administrator)
  await signIns(person, 5)
  const [assessed] = of(await theirs(person), 'identity.sign-in.assessed')
  const { score, parts } = assessed?.assessment ?? { score: null, parts: [] }
  const sum = parts.reduce((all, { ratio }) => all + Math.log10(ratio ?? Number.NaN), 0)
  assert.ok(Math.abs(sum - (score ?? Number.NaN)) < 0.05, `${sum} is not ${score}`)
})

test('a try that was refused is shown with its reason and where it came from, and not with the account’s pseudonym', async () => {
  const person = await join(house.process, administrator)
  await wrongTry(person)
  const [refused] = of(await own(person), 'identity.user.sign-in-refused')
  assert.partialDeepStrictEqual(refused, { by: 'stranger', address: '127.0.0.1', facts: { reason: 'password-wrong' } })
  assert.deepEqual(Object.keys(refused?.facts ?? {}), ['reason'])
})

test('a person learns that somebody else ended their sessions, and an administrator who it was', async () => {
  const person = await join(house.process, administrator)
  await administrator.call('DELETE', `/v1/users/${person.user.id}/sessions`)
  await signIns(person, 1)
  const me = (await administrator.call('GET', '/v1/me')).body.user as { id: string }
  const type = 'sessions.sessions.ended-all'
  assert.partialDeepStrictEqual(of(await own(person), type)[0], { by: 'somebody-else', byId: null })
  assert.partialDeepStrictEqual(of(await theirs(person), type)[0], { by: 'somebody-else', byId: me.id })
})

test('nobody reads another’s without the permission, nor without a session', async () => {
  const [person, other] = [await join(house.process, administrator), await join(house.process, administrator)]
  const path = `/v1/users/${person.user.id}/activity`
  assert.equal((await other.browser.call('GET', path)).code, 'ACCESS_DENIED')
  assert.equal((await person.browser.call('GET', path)).code, 'ACCESS_DENIED')
  const stranger = house.process.server.browser()
  assert.equal((await stranger.call('GET', path)).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await stranger.call('GET', '/v1/me/activity')).code, 'AUTHENTICATION_REQUIRED')
})

test('one’s own list holds nothing of others, whatever is asked for', async () => {
  const [person, other] = [await join(house.process, administrator), await join(house.process, administrator)]
  const sessions = new Set(
    of(await theirs(other), 'identity.user.signed-in').map((item: ActivityItem) => item.facts.session),
  )
  for (const item of (await own(person)).items) assert.equal(sessions.has(item.facts.session as string), false)
  for (const query of [`?userId=${other.user.id}`, `?subject=${other.user.id}`])
    assert.equal((await person.browser.call('GET', `/v1/me/activity${query}`)).status, 400)
})

test('of people of other organisations, and of nobody, there is nothing', async () => {
  const elsewhere = newId('usr', systemRandom)
  await house.process.context.database.transaction((tx) =>
    house.audit.record(tx, {
      type: 'identity.password.changed',
      organisationId: newId('org', systemRandom),
      actor: { kind: 'system' },
      subjectId: elsewhere,
      data: {},
    }),
  )
  assert.deepEqual((await list(administrator, `/v1/users/${elsewhere}/activity`)).items, [])
  assert.deepEqual((await list(administrator, `/v1/users/${newId('usr', systemRandom)}/activity`)).items, [])
  assert.equal((await administrator.call('GET', '/v1/users/usr_x/activity')).status, 400)
})

test('whoever may see people and not open personal fields reads what happened and not from where', async () => {
  const person = await join(house.process, administrator)
  const reader = await join(house.process, administrator, { roles: ['reader'] })
  const { items } = await theirs(person, reader.browser)
  assert.ok(items.length > 1)
  for (const { address, device, country } of items) assert.deepEqual([address, device, country], [null, null, null])
})

test('reading another’s is recorded before it is answered, and where that fails nothing is; one’s own is not', async () => {
  const person = await join(house.process, administrator)
  await own(person)
  await theirs(person)
  const about = {
    organisationId: person.user.organisationId,
    subjectId: person.user.id,
    types: ['activity.person.read'],
  }
  const { items } = await house.audit.about({ ...about, before: null }, { limit: 10, personal: false })
  assert.deepEqual(
    items.map(({ data }) => data),
    [{ user: person.user.id, continued: false, personal: true }],
  )
  await house.house.db.asOwner('revoke insert on audit.entry from custodia_app')
  const answer = await administrator.call('GET', `/v1/users/${person.user.id}/activity`)
  await house.house.db.asOwner('grant insert on audit.entry to custodia_app')
  assert.equal(answer.status, 500)
})

test('pages are as long as was asked, follow one another, and end', async () => {
  const person = await join(house.process, administrator)
  for (let i = 0; i < 5; i++) await wrongTry(person)
  const whole = await own(person, '?limit=100')
  assert.equal(whole.next, null)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Activity = await own(person, `?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`)
    assert.ok(page.items.length <= 2)
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== null)
  assert.deepEqual(
    seen,
    whole.items.map(({ id }) => id),
  )
})

test('a limit beyond its bounds and a cursor that no list gave are refused', async () => {
  const person = await join(house.process, administrator)
  for (const limit of ['0', '101', '-1', 'x', '1e9'])
    assert.equal((await person.browser.call('GET', `/v1/me/activity?limit=${limit}`)).status, 400, limit)
  const forged = ['x', 'MA', 'LTE', 'OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ', 'MSBvciAx'].map((one) => `cursor=${one}`)
  for (const query of forged)
    assert.equal((await person.browser.call('GET', `/v1/me/activity?${query}`)).code, 'ACTIVITY_CURSOR_INVALID', query)
  assert.equal((await person.browser.call('GET', `/v1/me/activity?cursor=${'a'.repeat(201)}`)).status, 400)
})

test('a cursor of another’s list shows nothing but one’s own', async () => {
  const [person, other] = [await join(house.process, administrator), await join(house.process, administrator)]
  await signIns(other, 2)
  const { next } = await own(other, '?limit=1')
  const ids = new Set((await own(person, '?limit=100')).items.map(({ id }) => id))
  for (const { id } of (await own(person, `?cursor=${next}`)).items) assert.ok(ids.has(id))
})

test('a password that was right and a second step that nobody took show as the attempt that was left; one that was taken, as a session', async () => {
  const person = await join(house.process, administrator)
  const clock = { house: house.house } as IdentityHouse
  const { secret } = await enrol(clock, person.browser)
  const { attempt, browser } = await begin(house.process, person.email)
  const [left] = of(await own(person), 'identity.sign-in.assessed')
  assert.equal(left?.facts.attempt, attempt.id)
  assert.equal('session' in (left?.facts ?? {}), false)
  assert.match(left?.address ?? '', /^198\.51\./)
  assert.equal(left?.device, 'Firefox on Linux')
  assert.equal((await prove(browser, 'totp', codeOf(clock, secret, 1))).status, 200)
  const [signedIn] = of(await own(person), 'identity.user.signed-in')
  assert.equal(signedIn?.facts.attempt, attempt.id)
})

test('a sign-in that was refused for its score leaves the score beside the refusal', async () => {
  const person = await join(house.process, administrator)
  await signIns(person, 11)
  const edge = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0'
  const strange = { 'user-agent': edge, 'x-forwarded-for': '203.0.113.77' }
  const body = { email: person.email, password: goodPassword }
  const answer = await house.process.server.browser().call('POST', '/v1/sign-in', body, strange)
  assert.equal(answer.code, 'IDENTITY_CREDENTIALS_WRONG')
  const [refused, assessed] = (await theirs(person)).items
  assert.deepEqual([refused?.type, refused?.facts.reason], ['identity.user.sign-in-refused', 'risk'])
  assert.partialDeepStrictEqual(assessed, { address: '203.0.113.77', device: 'Edge on Windows', facts: {} })
  assert.equal(assessed?.assessment?.verdict, 'refuse')
  assert.ok((assessed?.assessment?.score ?? 0) > 0.5)
})
