import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp } from '../testing.ts'
import { complete, mailOf, mailsOf, nextPassword, recoveryToken, signInBy, tokenIn } from './testing.ts'

const hour = 3_600_000
const day = 24 * hour

let house: IdentityHouse
let one: IdentityProcess
let other: IdentityProcess
let first: Browser
let second: Browser
let secondEmail: string

before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  other = await house.process()
  first = await setUp(one)
  const joined = await join(one, first, { roles: ['administrator'] })
  second = joined.browser
  secondEmail = joined.email
})
after(async () => await house.close())

type Person = Awaited<ReturnType<typeof join>>

const stranger = () => one.server.browser()
const path = ({ user }: Person) => `/v1/users/${user.id}/recovery`
const askFor = async (person: Person, by = first) => await by.call('POST', path(person))
const approve = async (person: Person, by = second) => await by.call('POST', `${path(person)}/approve`)
const cancel = async (token: string, process = one) =>
  await process.server.browser().call('POST', '/v1/recovery/cancel', { token })
const runJob = async (process = one) =>
  await process.identity.jobs.find((job) => job.name === 'identity.recovery')?.run(new AbortController().signal)
const outcomes = (person: Person) =>
  house.house.events
    .filter((event) => event.type === 'identity.delegated-recovery.ended' && event.subjectId === person.user.id)
    .map((event) => event.data.outcome)
const kinds = async ({ user }: Person) => (await mailsOf(one, user)).map((mail) => mail.kind)

/** Lets time pass; administrators sign in again. */
async function pass(ms: number): Promise<void> {
  house.house.machine.clock.advance(ms)
  await signInBy(first, 'ada@northwind.example')
  await signInBy(second, secondEmail)
}

/** Somebody whose recovery was asked for, approved and waited for. @returns the token of the link. */
async function granted(person: Person): Promise<string> {
  assert.equal((await askFor(person)).status, 201)
  assert.equal((await approve(person)).status, 200)
  await pass(day)
  await runJob()
  return tokenIn(await mailOf(one, person.user, 'delegated-recovery'), 'recovery')
}

test('two administrators and a wait let somebody set a new password, once; every step is told and recorded', async () => {
  const person = await join(one, first)
  const asked = await askFor(person)
  assert.partialDeepStrictEqual(asked.body, { userId: person.user.id, approvedBy: null, readyAt: null, sentAt: null })
  assert.equal((await second.call('GET', path(person))).body.askedBy, asked.body.askedBy)
  const approved = await approve(person)
  assert.equal(Date.parse(String(approved.body.readyAt)) - one.context.clock.nowMs(), day)
  await pass(day)
  await runJob()
  const token = tokenIn(await mailOf(one, person.user, 'delegated-recovery'), 'recovery')
  const answer = await complete(stranger(), token)
  assert.deepEqual([answer.status, (answer.body.user as { id: string }).id], [200, person.user.id])
  assert.equal((await person.browser.call('GET', '/v1/me')).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await signInBy(stranger(), person.email, nextPassword)).status, 200)
  assert.equal((await complete(stranger(), token)).code, 'IDENTITY_LINK_INVALID')
  assert.deepEqual((await kinds(person)).toSorted(), [
    'delegated-recovery',
    'delegated-recovery-approved',
    'delegated-recovery-begun',
    'delegated-recovery-done',
  ])
  const steps = house.house.events.filter((event) => event.type.startsWith('identity.delegated-recovery.'))
  assert.deepEqual(
    steps.map((event) => event.type.split('.').at(-1)),
    ['asked', 'approved', 'sent', 'ended'],
  )
  assert.notDeepEqual(steps[0]?.actor, steps[1]?.actor)
  assert.deepEqual(outcomes(person), ['done'])
  assert.equal((await second.call('GET', path(person))).code, 'IDENTITY_RECOVERY_UNKNOWN')
})

test('one administrator alone gets nowhere: not twice, not at once, not after a day', async () => {
  const person = await join(one, first)
  await askFor(person)
  assert.equal((await askFor(person)).code, 'IDENTITY_RECOVERY_UNDER_WAY')
  assert.equal((await askFor(person, second)).code, 'IDENTITY_RECOVERY_UNDER_WAY')
  const tries = await Promise.all(Array.from({ length: 5 }, () => approve(person, first)))
  for (const answer of tries) assert.deepEqual([answer.status, answer.code], [403, 'IDENTITY_RECOVERY_BY_ANOTHER'])
  await pass(day)
  await runJob()
  assert.equal((await kinds(person)).includes('delegated-recovery'), false)
})

test('four eyes, somebody else and the wait are held by the table itself', async () => {
  const person = await join(one, first)
  await askFor(person)
  await approve(person)
  const change = (set: string) =>
    house.house.db.asOwner(`update identity.delegated_recovery set ${set} where person_id = '${person.user.id}'`)
  await assert.rejects(change('approved_by = asked_by'), /two_administrators/)
  await assert.rejects(change('approved_by = person_id'), /not_by_oneself/)
  await assert.rejects(change('asked_by = person_id'), /not_by_oneself/)
  await assert.rejects(change(`sent_at = ready_at - interval '1 second'`), /waited/)
  await assert.rejects(change('approved_by = null, approved_at = null, ready_at = null, sent_at = now()'), /waited/)
  await assert.rejects(change(`ended_at = now(), outcome = 'done'`), /done_when_sent/)
  await assert.rejects(
    one.context.database.queries
      .withTables<{ 'identity.delegated_recovery': { asked_by: string } }>()
      .updateTable('identity.delegated_recovery')
      .set({ asked_by: 'usr_somebody_else' })
      .execute(),
    /permission denied/,
  )
})

test('before the wait is over there is no link, and of two processes one sends it', async () => {
  const person = await join(one, first)
  await askFor(person)
  await approve(person)
  await pass(day - 1)
  await Promise.all([runJob(one), runJob(other)])
  assert.equal((await kinds(person)).includes('delegated-recovery'), false)
  await pass(1)
  await Promise.all([runJob(one), runJob(other), runJob(one)])
  assert.equal((await kinds(person)).filter((kind) => kind === 'delegated-recovery').length, 1)
})

test('without a wait the link goes out with the next run, and still not before the second administrator', async () => {
  const quick = await house.process({ recoveryWaitHours: 0 })
  const person = await join(one, first)
  const at = (browser: Browser, suffix = '') => {
    const there = quick.server.browser()
    there.cookie = browser.cookie
    return there.call('POST', `${path(person)}${suffix}`)
  }
  assert.equal((await at(first)).status, 201)
  await runJob(quick)
  assert.equal((await kinds(person)).includes('delegated-recovery'), false)
  assert.equal((await at(second, '/approve')).status, 200)
  await runJob(quick)
  assert.equal((await kinds(person)).includes('delegated-recovery'), true)
})

test('the person cancels with the link of any mail; the others, and the link for the recovery, are worth nothing then', async () => {
  for (const kind of ['delegated-recovery-begun', 'delegated-recovery-approved', 'delegated-recovery']) {
    const person = await join(one, first)
    const token = await granted(person)
    assert.equal((await cancel(tokenIn(await mailOf(one, person.user, kind), 'recovery-cancel'))).status, 204)
    assert.equal((await complete(stranger(), token)).code, 'IDENTITY_LINK_INVALID')
    const again = await cancel(tokenIn(await mailOf(one, person.user, 'delegated-recovery-begun'), 'recovery-cancel'))
    assert.equal(again.code, 'IDENTITY_LINK_INVALID')
    assert.equal((await signInBy(stranger(), person.email)).status, 200)
    assert.deepEqual(outcomes(person), ['cancelled'])
    assert.ok((await kinds(person)).includes('delegated-recovery-cancelled'))
  }
})

test('a link that cancelled an earlier recovery does nothing to a later one', async () => {
  const person = await join(one, first)
  await askFor(person)
  const old = tokenIn(await mailOf(one, person.user, 'delegated-recovery-begun'), 'recovery-cancel')
  assert.equal((await first.call('DELETE', path(person))).status, 204)
  await askFor(person)
  assert.equal((await cancel(old)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await second.call('GET', path(person))).status, 200)
})

test('of a cancellation and a completion at once exactly one wins', async () => {
  const person = await join(one, first)
  const token = await granted(person)
  const cancelToken = tokenIn(await mailOf(one, person.user, 'delegated-recovery'), 'recovery-cancel')
  const answers = await Promise.all([
    complete(other.server.browser(), token),
    cancel(cancelToken),
    complete(stranger(), token),
    cancel(cancelToken, other),
  ])
  assert.equal(answers.filter((answer) => answer.status < 300).length, 1)
  for (const answer of answers) assert.ok([200, 204, 410].includes(answer.status))
  assert.equal(outcomes(person).length, 1)
})

test('“This was not me” cancels it, too', async () => {
  const person = await join(one, first)
  const token = await granted(person)
  const disown = tokenIn(await mailOf(one, person.user, 'delegated-recovery-approved'), 'not-me')
  assert.equal((await stranger().call('POST', '/v1/not-me', { token: disown })).status, 204)
  assert.equal((await complete(stranger(), token)).code, 'IDENTITY_LINK_INVALID')
  assert.deepEqual(outcomes(person), ['cancelled'])
})

test('an administrator who was disabled while it waited has granted nothing', async () => {
  const person = await join(one, first)
  const third = await join(one, first, { roles: ['administrator'] })
  await askFor(person)
  assert.equal((await approve(person, third.browser)).status, 200)
  await first.call('PATCH', `/v1/users/${third.user.id}`, { state: 'disabled' })
  await pass(day)
  await runJob()
  assert.deepEqual(outcomes(person), ['void'])
  assert.equal((await kinds(person)).includes('delegated-recovery'), false)
})

test('what nobody approves, and a link that nobody uses, come to nothing by themselves', async () => {
  const [waiting, sent] = [await join(one, first), await join(one, first)]
  await askFor(waiting)
  const token = await granted(sent)
  await pass(3 * day)
  assert.equal((await complete(stranger(), token)).code, 'IDENTITY_LINK_INVALID')
  await pass(4 * day)
  assert.equal((await approve(waiting)).code, 'IDENTITY_RECOVERY_UNKNOWN')
  await runJob()
  for (const person of [waiting, sent]) assert.deepEqual(outcomes(person), ['expired'])
  assert.equal((await askFor(waiting)).status, 201)
  await first.call('DELETE', path(waiting))
  await pass(101 * day)
  await runJob()
  const rows = await house.house.db.asOwner(
    `select 1 from identity.delegated_recovery where person_id in ('${waiting.user.id}', '${sent.user.id}')`,
  )
  assert.deepEqual(rows, [])
})

test('who may not change people, may do less than the person, is the person or is gone, recovers nobody', async () => {
  const [person, member, manager] = [
    await join(one, first),
    await join(one, first),
    await join(one, first, { roles: ['manager'] }),
  ]
  const admin = await join(one, first, { roles: ['administrator'] })
  assert.equal((await askFor(person, member.browser)).code, 'ACCESS_DENIED')
  assert.equal((await stranger().call('POST', path(person))).code, 'AUTHENTICATION_REQUIRED')
  assert.equal((await askFor(admin, manager.browser)).code, 'IDENTITY_NOT_YOURS_TO_CHANGE')
  assert.equal((await askFor(admin, admin.browser)).code, 'IDENTITY_RECOVERY_BY_ANOTHER')
  await askFor(admin)
  assert.equal((await approve(admin, manager.browser)).code, 'IDENTITY_NOT_YOURS_TO_CHANGE')
  assert.equal((await approve(admin, admin.browser)).code, 'IDENTITY_RECOVERY_BY_ANOTHER')
  assert.equal((await approve(person)).code, 'IDENTITY_RECOVERY_UNKNOWN')
  const nobody = { ...person, user: { ...person.user, id: `usr_${'a'.repeat(26)}` } }
  assert.equal((await askFor(nobody)).code, 'IDENTITY_USER_UNKNOWN')
  assert.equal((await first.call('GET', path(nobody))).code, 'IDENTITY_USER_UNKNOWN')
  await first.call('PATCH', `/v1/users/${person.user.id}`, { state: 'disabled' })
  assert.equal((await askFor(person)).code, 'IDENTITY_USER_UNKNOWN')
})

test('what is under way is listed with the names of everybody in it, for whoever may see people, and only there', async () => {
  const [person, member, calm] = [await join(one, first), await join(one, first), await join(one, first)]
  await askFor(person)
  const listed = async (by: Browser) => {
    const { status, code, body } = await by.call('GET', '/v1/recoveries')
    assert.equal(status, 200, String(code))
    return body.items as { userId: string }[]
  }
  const found = (await listed(second)).find(({ userId }) => userId === person.user.id)
  assert.partialDeepStrictEqual(found, { userName: 'Mira Okafor', askedByName: 'Ada Brandt', approvedByName: null })
  await approve(person)
  const approved = (await listed(first)).find(({ userId }) => userId === person.user.id)
  assert.partialDeepStrictEqual(approved, { approvedByName: 'Mira Okafor' })
  assert.equal(
    (await listed(first)).some(({ userId }) => userId === calm.user.id),
    false,
  )
  assert.equal((await member.browser.call('GET', '/v1/recoveries')).code, 'ACCESS_DENIED')
  assert.equal((await stranger().call('GET', '/v1/recoveries')).code, 'AUTHENTICATION_REQUIRED')
  await first.call('DELETE', path(person))
  assert.equal(
    (await listed(first)).some(({ userId }) => userId === person.user.id),
    false,
  )
})

test('what is under way in another organisation is not listed, and what expired is not either', async () => {
  const [foreign, expired] = [await join(one, first), await join(one, first)]
  for (const person of [foreign, expired]) await askFor(person)
  const owner = house.house.db.asOwner
  await owner(`insert into identity.organisation values ('org_elsewhere', 'Elsewhere', now())`)
  await owner(
    `update identity.delegated_recovery set organisation_id = 'org_elsewhere' where person_id = '${foreign.user.id}'`,
  )
  const listed = async () => {
    const items = (await second.call('GET', '/v1/recoveries')).body.items as { userId: string }[]
    return items.map(({ userId }) => userId)
  }
  assert.deepEqual(
    [(await listed()).includes(foreign.user.id), (await listed()).includes(expired.user.id)],
    [false, true],
  )
  await pass(7 * day)
  assert.equal((await listed()).includes(expired.user.id), false)
  await owner(`delete from identity.delegated_recovery where person_id = '${foreign.user.id}'`)
})

test('asking and approving need a sign-in that was confirmed lately', async () => {
  const person = await join(one, first)
  house.house.machine.clock.advance(11 * 60_000)
  assert.equal((await askFor(person)).code, 'FRESH_FACTOR_REQUIRED')
  assert.equal((await approve(person)).code, 'FRESH_FACTOR_REQUIRED')
  await pass(0)
})

test('where no mail is sent nobody begins what nobody would hear of', async () => {
  const silent = await house.process()
  ;(silent.mail as { deliverable: boolean }).deliverable = false
  const person = await join(one, first)
  const there = silent.server.browser()
  there.cookie = first.cookie
  assert.equal((await askFor(person, there)).code, 'IDENTITY_RECOVERY_NO_MAIL')
})

test('a link for one step is worth nothing at any other, and is not used up there', async () => {
  const person = await join(one, first)
  const invited = await first.call('POST', '/v1/invitations', { email: 'pairs@example.org', name: 'P', roles: [] })
  const delegated = await granted(person)
  const tokens = {
    invitation: String(invited.body.link).split('#')[1] as string,
    recovery: await recoveryToken(one, person.email, person.user),
    'delegated-recovery': delegated,
    'recovery-cancel': tokenIn(await mailOf(one, person.user, 'delegated-recovery'), 'recovery-cancel'),
    'not-me': tokenIn(await mailOf(one, person.user, 'delegated-recovery-approved'), 'not-me'),
  }
  const password = nextPassword
  const setup = { organisation: 'O', name: 'N', email: 'n@example.org', password }
  const steps = [
    ['/v1/setup', setup, []],
    ['/v1/invitations/accept', { name: 'N', password }, ['invitation']],
    ['/v1/recovery/complete', { password }, ['recovery', 'delegated-recovery']],
    ['/v1/recovery/cancel', {}, ['recovery-cancel']],
    ['/v1/not-me', {}, ['not-me']],
  ] as const
  for (const [step, body, own] of steps)
    for (const [purpose, token] of Object.entries(tokens)) {
      if ((own as readonly string[]).includes(purpose)) continue
      const answer = await stranger().call('POST', step, { ...body, token })
      assert.equal(answer.code, 'IDENTITY_LINK_INVALID', `${purpose} at ${step}`)
      const facts = await stranger().call('POST', '/v1/links/check', { token })
      assert.deepEqual([facts.status, facts.body.purpose], [200, purpose], `${purpose} after ${step}`)
    }
})
