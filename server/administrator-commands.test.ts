import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EnrolledFactor, SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { User } from '@custodia/wire/http/identity.ts'
import type { Session } from '@custodia/wire/http/sessions.ts'
import { administratorCommands } from './administrator-commands.ts'
import type { CommandOptions } from './command-line.ts'
import { failureOf } from './command-output.ts'
import { begin, codeOf, holder, newcomer, prove, signedInAs, stranger, unhurried } from './identity/factors/testing.ts'
import { writePolicy } from './identity/policy/sign-in-policy.ts'
import { complete, mailsOf, nextPassword } from './identity/recovery/testing.ts'
import { lockOrganisation } from './identity/store.ts'
import type { IdentityHouse, IdentityProcess } from './identity/testing.ts'
import { openIdentityHouse, setUp, signInAs, tokenOf } from './identity/testing.ts'
import { eventually } from './platform/cache/testing.ts'

const ada = 'ada@northwind.example'
let house: IdentityHouse
/** The server, and the process of the shell beside it. */
let server: IdentityProcess
let shell: IdentityProcess

before(async () => {
  house = await openIdentityHouse()
  server = await unhurried(house)
  shell = await house.process()
  await setUp(server)
  later()
})
after(async () => await house.close())

/** So that of two things one is the newer. */
const later = (ms = 1) => house.house.machine.clock.advance(ms)

/** Types a command. @returns what a program reads; the words for people are in `said`. */
async function run<Value = Record<string, unknown>>(
  line: readonly string[],
  options: CommandOptions = {},
): Promise<Value & { said: string }> {
  const name = line.slice(0, 2).join(' ')
  const command = administratorCommands[name]
  assert.ok(command, name)
  const { value, text } = await command(shell.identity.administration, line.slice(2), options)
  return { ...(JSON.parse(JSON.stringify(value)) as Value), said: text }
}

/** Types a command that is declined. @returns how it ends. */
async function declined(line: readonly string[], options: CommandOptions = {}) {
  const error = await run(line, options).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => error,
  )
  const { exitCode, code, message } = failureOf(error)
  return [exitCode, code ?? message]
}

const eventsOf = (user: User) => house.house.events.filter(({ subjectId }) => subjectId === user.id)
const lastEventOf = (user: User, type: string) => eventsOf(user).findLast((event) => event.type === type)
const policyOf = () => run<SignInPolicy>(['sign-in-policy', 'show'])

test('people are listed in pages and by state, and shown with all that an administrator asks for', async () => {
  const { email, user } = await holder(house, server)
  await run(['users', 'invite', 'guest@example.org', 'A Guest'])
  const first = await run<{ items: User[]; next: string }>(['users', 'list'], { limit: '1' })
  assert.deepEqual(
    first.items.map((one) => one.email),
    [ada],
  )
  assert.match(
    first.said,
    /^ADDRESS +STATE +ROLES +LAST SIGN-IN +NAME\nada@northwind\.example +active +administrator +20/,
  )
  assert.ok(first.said.endsWith(`custodia users list --after ${first.next}`))
  const rest = await run<{ items: User[]; next: null }>(['users', 'list'], { after: first.next })
  assert.ok(rest.items.some(({ id }) => id === user.id) && !rest.items.some((one) => one.email === ada))
  const invited = await run<{ items: User[] }>(['users', 'list'], { state: 'invited' })
  assert.deepEqual(
    invited.items.map((one) => [one.email, one.roles]),
    [['guest@example.org', ['member']]],
  )

  const shown = await run<{ user: User; factors: EnrolledFactor[]; sessions: number }>(['users', 'show', email])
  assert.partialDeepStrictEqual(shown, { user: { email, state: 'active', roles: ['member'] }, demand: 'optional' })
  assert.deepEqual(
    shown.factors.map(({ factor, name }) => [factor, name]),
    [
      ['totp', 'Telephone'],
      ['recovery-code', 'Recovery codes'],
    ],
  )
  assert.equal(shown.sessions, 2)
  assert.match(shown.said, /^last sign-in {3}20\d\d-.* UTC$/m)
  assert.match(shown.said, new RegExp(`^${shown.factors[0]?.id} +totp .* Telephone$`, 'm'))
  assert.equal((await run(['users', 'show', email.toUpperCase()])).said, shown.said, 'however it is spelled')
})

test('nothing that is secret is in what is shown of a person', async () => {
  const { email, secret, recoveryCodes } = await holder(house, server)
  const { said, ...value } = await run(['users', 'show', email])
  const sessions = await run(['sessions', 'list', email])
  const text = `${said}${JSON.stringify(value)}${JSON.stringify(sessions)}`
  for (const word of [secret, ...recoveryCodes, 'argon2', '$'])
    assert.equal(text.includes(word), false, `${word} is shown`)
})

test('what strangers typed moves no cursor, and ends no line', async () => {
  await run(['users', 'invite', 'mallory@example.org', 'Mallory \u202egnp.\u2066evil'])
  const { said, items } = await run<{ items: User[] }>(['users', 'list'], { state: 'invited' })
  assert.match(said, /Mallory \\u\{202e\}gnp\.\\u\{2066\}evil/)
  assert.ok(
    items.some(({ name }) => name.includes('\u202e')),
    'a program gets what was typed',
  )
  const [exitCode, code] = await declined(['users', 'invite', 'mallory2@example.org', 'Mal\u001b[2Jlory'])
  assert.deepEqual([exitCode, code], [2, 'REQUEST_INVALID'])
})

test('an invitation is accepted by the link that is printed; invited again, the link before is void', async () => {
  type Invited = { link: string; user: User }
  const before = await run<Invited>(['users', 'invite', 'new@example.org', 'New Here', 'auditor'])
  const { link, user, said } = await run<Invited>(['users', 'invite', 'new@example.org', 'New Here', 'auditor'])
  assert.equal(said.split('\n')[0], link)
  const accept = (one: string) =>
    stranger(server).call('POST', '/v1/invitations/accept', {
      token: tokenOf(one),
      name: 'New',
      password: nextPassword,
    })
  assert.equal((await accept(before.link)).code, 'IDENTITY_LINK_INVALID')
  assert.equal((await accept(link)).status, 200)
  assert.deepEqual((await run<{ user: User }>(['users', 'show', 'new@example.org'])).user.roles, ['auditor'])
  assert.deepEqual(lastEventOf(user, 'identity.user.invited')?.actor, { kind: 'system' })
})

test('who is disabled is out at once and who is enabled may come back; both are in the ledger as done by the system', async () => {
  const { browser, email, user } = await newcomer(server)
  assert.equal(await signedInAs(browser), user.id)
  assert.equal((await run<{ user: User }>(['users', 'disable', email])).user.state, 'disabled')
  assert.equal(await signedInAs(browser), null)
  assert.deepEqual(await declined(['users', 'recover', email]), [3, 'IDENTITY_USER_NOT_ACTIVE'])
  assert.match((await run(['users', 'enable', email])).said, /may sign in again/)
  assert.equal((await signInAs(stranger(server), email)).status, 200)
  for (const type of ['identity.user.disabled', 'identity.user.enabled'])
    assert.deepEqual(lastEventOf(user, type)?.actor, { kind: 'system' })
})

test('roles hold from the next request on', async () => {
  const { browser, email } = await newcomer(server)
  const status = async () => (await browser.call('GET', '/v1/users')).status
  assert.equal(await status(), 403)
  await run(['users', 'roles', email, 'member', 'auditor'])
  assert.equal(await status(), 200)
  assert.match((await run(['users', 'roles', email, 'none'])).said, /has the roles: none\.$/)
  assert.equal(await status(), 403)
})

test('a factor that is taken away is gone, its owner is told and signed out, also where a sign-in was under way', async () => {
  const person = await holder(house, server)
  const { browser, attempt } = await begin(server, person.email)
  assert.ok(attempt)
  await run(['users', 'remove-factor', person.email, person.id])
  assert.equal(await signedInAs(person.browser), null)
  const late = await prove(browser, 'recovery-code', person.recoveryCodes[0] as string)
  assert.equal(late.code, 'IDENTITY_ATTEMPT_OVER')
  const { items } = await run<{ items: EnrolledFactor[] }>(['users', 'factors', person.email])
  assert.deepEqual(
    items.map(({ factor }) => factor),
    ['recovery-code'],
  )
  assert.partialDeepStrictEqual(lastEventOf(person.user, 'identity.factor.removed'), {
    actor: { kind: 'system' },
    data: { factor: 'totp', id: person.id },
  })
  assert.ok((await mailsOf(server, person.user)).some(({ kind }) => kind === 'factor-removed'))
})

test('a factor of somebody else, one that is gone, and the last that is demanded are not taken away', async () => {
  const [person, another] = [await holder(house, server), await holder(house, server)]
  const remove = ['users', 'remove-factor', person.email]
  assert.deepEqual(await declined([...remove, another.id]), [3, 'IDENTITY_FACTOR_UNKNOWN'])
  await run(['sign-in-policy', 'set', 'roles', 'member=required'])
  assert.deepEqual(await declined([...remove, person.id]), [3, 'IDENTITY_FACTOR_NEEDED'])
  assert.equal(await signedInAs(person.browser), person.user.id, 'nothing happened')
  await run([...remove, person.id], { last: true })
  await run(['sign-in-policy', 'set', 'roles', 'none'])
  assert.deepEqual(await declined([...remove, person.id]), [3, 'IDENTITY_FACTOR_UNKNOWN'])
  assert.equal(await signedInAs(another.browser), another.user.id)
})

test('a recovery link sets a password once, and the second factor is still asked for; the person is told before', async () => {
  const person = await holder(house, server)
  type Recovery = { link: string; notified: boolean }
  const before = await run<Recovery>(['users', 'recover', person.email])
  const { link, notified, said } = await run<Recovery>(['users', 'recover', person.email])
  assert.equal(said.split('\n')[0], link)
  assert.equal(notified, true)
  assert.equal((await mailsOf(server, person.user)).filter(({ kind }) => kind === 'operator-recovery').length, 2)
  assert.equal(await signedInAs(person.browser), person.user.id, 'nothing changes before it is used')
  assert.deepEqual(lastEventOf(person.user, 'identity.recovery.given')?.actor, { kind: 'system' })
  assert.equal(JSON.stringify(eventsOf(person.user)).includes(tokenOf(link)), false)

  const browser = stranger(server)
  assert.equal((await complete(browser, tokenOf(before.link))).code, 'IDENTITY_LINK_INVALID')
  const answer = await complete(browser, tokenOf(link))
  assert.deepEqual([answer.status, answer.body.user], [200, null])
  assert.equal(await signedInAs(browser), null, 'the password alone is not enough')
  assert.equal(await signedInAs(person.browser), null)
  later(30_000)
  assert.equal((await prove(browser, 'totp', codeOf(house, person.secret))).status, 200)
  assert.equal((await complete(stranger(server), tokenOf(link))).code, 'IDENTITY_LINK_INVALID')
})

test('one session ends, or all; one of somebody else does not', async () => {
  const [person, another] = [await newcomer(server), await newcomer(server)]
  const second = stranger(server)
  later()
  await signInAs(second, person.email)
  const { items, said } = await run<{ items: Session[] }>(['sessions', 'list', person.email])
  assert.match(said, /^ses_\S+ +20.* one-factor +198\.51\.\d+\.\d+ +Firefox on Linux$/m)
  const theirs = (await run<{ items: Session[] }>(['sessions', 'list', another.email])).items
  const foreign = ['sessions', 'end', person.email, theirs[0]?.id as string]
  assert.deepEqual(await declined(foreign), [3, 'SESSIONS_UNKNOWN'])
  assert.equal(await signedInAs(another.browser), another.user.id)

  const [newest] = items
  assert.partialDeepStrictEqual(await run(['sessions', 'end', person.email, newest?.id as string]), { ended: 1 })
  assert.equal(await signedInAs(second), null)
  assert.equal(await signedInAs(person.browser), person.user.id)
  assert.deepEqual(await declined(['sessions', 'end', person.email, newest?.id as string]), [3, 'SESSIONS_UNKNOWN'])
  assert.partialDeepStrictEqual(await run(['sessions', 'end', person.email]), { ended: 2 })
  assert.equal(await signedInAs(person.browser), null)
  assert.partialDeepStrictEqual(await run(['sessions', 'end', person.email]), { ended: 0 })
  assert.match((await run(['sessions', 'list', person.email])).said, /is signed in nowhere\.$/)
})

test('each setting of the policy is read as its kind, and shown as it is set', async () => {
  const lines: readonly [string[], unknown][] = [
    [['secondFactor', 'phishing-resistant'], 'phishing-resistant'],
    [
      ['roles', 'auditor=required', 'administrator=phishing-resistant'],
      { auditor: 'required', administrator: 'phishing-resistant' },
    ],
    [['roles', 'none'], {}],
    [['graceDays', '0'], 0],
    [['mailCodes', 'true'], true],
    [['freshSeconds', '300'], 300],
    [['freshSeconds', 'none'], null],
    [['attestation', 'none'], 'none'],
    [['authenticators', '2fc0579f-8113-47ea-b116-bb5a8db9202a'], ['2fc0579f-8113-47ea-b116-bb5a8db9202a']],
    [['authenticators', 'none'], []],
  ]
  for (const [[key = '', ...words], value] of lines) {
    const { said, ...policy } = await run<SignInPolicy>(['sign-in-policy', 'set', key, ...words])
    assert.deepEqual(policy[key as keyof SignInPolicy], value, key)
    assert.ok(said.split('\n').includes(`${key.padEnd(16)}${words.join(' ')}`), said)
    const { said: _, ...stands } = await policyOf()
    assert.deepEqual(stands, policy)
    const event = house.house.events.findLast(({ type }) => type === 'identity.policy.changed')
    assert.deepEqual([event?.actor, JSON.parse(String(event?.data.policy))], [{ kind: 'system' }, policy])
  }
  await run(['sign-in-policy', 'set', 'secondFactor', 'optional'])
  await run(['sign-in-policy', 'set', 'mailCodes', 'false'])
})

test('a setting that there is not, or a value that it does not take, changes nothing and says what it takes', async () => {
  const { said } = await policyOf()
  const cases: readonly [string[], RegExp][] = [
    [['secondfactor', 'required'], /There is no setting “secondfactor”\. Settings: secondFactor, roles, /],
    [['__proto__', 'required'], /There is no setting/],
    [['secondFactor', 'mandatory'], /secondFactor is one of optional, required, phishing-resistant\./],
    [['secondFactor', 'required', 'optional'], /is one of/],
    [['secondFactor'], /is one of/],
    [['graceDays', '91'], /graceDays is a whole number from 0 to 90\./],
    [['graceDays', '-1'], /whole number/],
    [['graceDays', '1e1'], /whole number/],
    [['mailCodes', 'yes'], /mailCodes is true or false\./],
    [['mailCodes', 'constructor'], /true or false/],
    [['freshSeconds', '59'], /from 60 to 86400, or none\./],
    [['roles', 'member'], /ROLE=VALUE/],
    [['roles', 'member=required', 'member=optional'], /ROLE=VALUE/],
    [['roles', 'member=always'], /ROLE=VALUE, or none; VALUE is one of optional, /],
    [['authenticators', 'yubikey'], /a list of one or more, or none\./],
    [['authenticators'], /a list of one or more/],
  ]
  for (const [words, message] of cases) {
    const [exitCode, told] = await declined(['sign-in-policy', 'set', ...words])
    assert.equal(exitCode, 2, words.join(' '))
    assert.match(String(told), message)
  }
  for (const role of ['sorcerer', '__proto__'])
    assert.deepEqual(await declined(['sign-in-policy', 'set', 'roles', `${role}=required`]), [
      3,
      'IDENTITY_ROLE_UNKNOWN',
    ])
  assert.equal((await policyOf()).said, said)
})

test('two settings that are changed at once are both changed', async () => {
  const [first] = (await run<{ items: { id: string }[] }>(['organisations', 'list'])).items
  const { said: _, ...stands } = await policyOf()
  const locked = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const elsewhere = server.context.database.transaction(async (tx) => {
    const id = first?.id as string
    await lockOrganisation(tx, id)
    await writePolicy(tx, id, { ...stands, freshSeconds: 700 }, new Date())
    locked.resolve()
    await done.promise
  })
  await locked.promise
  const setting = run(['sign-in-policy', 'set', 'graceDays', '3'])
  await eventually(async () => {
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    return (await house.house.db.asOwner(waiting)).length > 0
  })
  done.resolve()
  await elsewhere
  await setting
  assert.partialDeepStrictEqual(await policyOf(), { graceDays: 3, freshSeconds: 700 })
  await run(['sign-in-policy', 'set', 'freshSeconds', 'none'])
})

test('the last administrator is neither disabled nor unmade, and nobody gets a role that is none for people', async () => {
  assert.deepEqual(await declined(['users', 'disable', ada]), [3, 'IDENTITY_LAST_ADMINISTRATOR'])
  assert.deepEqual(await declined(['users', 'roles', ada, 'member']), [3, 'ACCESS_LAST_ADMINISTRATOR'])
  const { email, browser, user } = await newcomer(server)
  for (const role of ['sorcerer', 'application', 'verifier', '__proto__'])
    assert.deepEqual(await declined(['users', 'roles', email, role]), [3, 'ACCESS_ROLE_UNKNOWN'])
  const many = Array.from({ length: 11 }, (_, at) => `role-${at}`)
  assert.deepEqual(await declined(['users', 'roles', email, ...many]), [2, 'REQUEST_INVALID'])
  assert.deepEqual(await declined(['users', 'invite', email, 'Twice']), [3, 'IDENTITY_EMAIL_TAKEN'])
  assert.equal(await signedInAs(browser), user.id)
})

test('an address that nobody has, or nobody here, is unknown to every command', async () => {
  const { email, user } = await newcomer(server)
  await house.house.db.asOwner(`insert into identity.organisation values ('org_elsewhere', 'Elsewhere', now())`)
  await house.house.db.asOwner(`update identity.person set organisation_id = 'org_elsewhere' where id = '${user.id}'`)
  const [first] = (await run<{ items: { id: string }[] }>(['organisations', 'list'])).items
  for (const address of [email, 'nobody@example.org', 'no address', ''])
    for (const [name, ...more] of [
      ['users show'],
      ['users disable'],
      ['users enable'],
      ['users roles', 'member'],
      ['users factors'],
      ['users remove-factor', 'fac_x'],
      ['users recover'],
      ['sessions list'],
      ['sessions end'],
      ['sessions end', 'ses_x'],
    ] as const)
      assert.deepEqual(
        await declined([...name.split(' '), address, ...more], { organisation: first?.id as string }),
        [3, 'IDENTITY_USER_UNKNOWN'],
        `${name} ${address}`,
      )
})

test('of several organisations one is named, and one that there is', async () => {
  const { said } = await run(['organisations', 'list'])
  assert.match(said, /^org_elsewhere +20\d\d-\d\d-\d\d +Elsewhere$/m)
  for (const line of [
    ['users', 'list'],
    ['sessions', 'list', ada],
    ['sign-in-policy', 'show'],
  ]) {
    const [exitCode, message] = await declined(line)
    assert.equal(exitCode, 2)
    assert.match(String(message), /several organisations/)
  }
  assert.match(String((await declined(['users', 'list'], { organisation: 'org_none' }))[1]), /no organisation org_none/)
  assert.match((await run(['sign-in-policy', 'show', 'org_elsewhere'])).said, /^graceDays +14$/m)
  assert.match(
    String((await declined(['users', 'list'], { state: 'asleep', organisation: 'org_elsewhere' }))[1]),
    /--state is/,
  )
  for (const limit of ['0', '201', '1e2', '-5', 'all'])
    assert.match(String((await declined(['users', 'list'], { limit, organisation: 'org_elsewhere' }))[1]), /--limit is/)
})

test('without an organisation there is nobody to administer, and it says what to do', async () => {
  const none = { organisations: async () => [], of: () => assert.fail('there is none') }
  await assert.rejects(async () => administratorCommands['users list']?.(none, [], {}), /custodia setup-link/)
})
