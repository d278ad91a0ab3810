import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import type { Account } from '../../tools/demo/accounts.ts'
import { root } from '../../tools/suite.ts'
import type { TestServer } from '../harness.ts'
import { everythingWritten, signIn, startTestServer, withAccounts } from '../harness.ts'
import { runCli, runToEnd } from '../run-to-end.ts'

const cli = join(root, 'packages/cli/src/main.ts')
let server: TestServer
let administrator: Account
let member: Account

before(async () => {
  server = await startTestServer({ environment: { CUSTODIA_TRUSTED_PROXIES: '127.0.0.1' } })
  ;[administrator, member] = (await withAccounts(server)) as [Account, Account]
})
after(async () => await server.remove())

const typed = (...args: string[]) => runToEnd(cli, args, server.environment)
/** Types a command that is done. */
async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { code, body } = await runCli(args, server.environment)
  assert.equal(code, 0, `${args.join(' ')}: ${JSON.stringify(body)}`)
  return body
}
/** Types a command that is not done. @returns how it ends. */
async function not(...args: string[]): Promise<[number | null, unknown]> {
  const { code, body } = await runCli(args, server.environment)
  assert.equal(body.ok, false, args.join(' '))
  return [code, body.code ?? body.error]
}
let networks = 0
const signInSomewhere = (account: Account) =>
  signIn(server.call, account, { 'x-forwarded-for': `10.4.${++networks}.1` })
const me = async (cookie: string) => (await server.call('GET', '/v1/me', { cookie })).status
const codeNow = (secret: string) => TOTP.generate({ secret: Secret.fromBase32(secret) })

test('beside a server that runs, sessions that are ended by the shell are refused on the very next request', async () => {
  const [kept, ended] = [await signInSomewhere(member), await signInSomewhere(member)]
  for (const cookie of [kept, ended, ended]) assert.equal(await me(cookie), 200)
  const { body } = await server.call('GET', '/v1/sessions', { cookie: ended })
  const { id } = (body.items as { id: string; current: boolean }[]).find(({ current }) => current) as { id: string }
  const { items } = (await done('sessions', 'list', member.email)) as { items: { id: string }[] }
  assert.ok(items.some((one) => one.id === id))

  assert.deepEqual(await not('sessions', 'end', administrator.email, id), [3, 'SESSIONS_UNKNOWN'])
  assert.equal(await me(ended), 200)
  assert.deepEqual(await done('sessions', 'end', member.email, id), { ended: 1 })
  assert.deepEqual([await me(ended), await me(kept)], [401, 200])
  assert.deepEqual(await not('sessions', 'end', member.email, id), [3, 'SESSIONS_UNKNOWN'])
  assert.ok(Number((await done('sessions', 'end', member.email)).ended) >= 1)
  assert.equal(await me(kept), 401)
})

test('who is disabled by the shell is out on the very next request; who is enabled comes back', async () => {
  const cookie = await signInSomewhere(member)
  assert.equal(await me(cookie), 200)
  assert.equal(((await done('users', 'disable', member.email)).user as { state: string }).state, 'disabled')
  assert.equal(await me(cookie), 401)
  await assert.rejects(signInSomewhere(member), /IDENTITY_CREDENTIALS_WRONG/)
  await done('users', 'enable', member.email)
  assert.equal(await me(await signInSomewhere(member)), 200)
})

test('roles that the shell gives and takes hold on the very next request', async () => {
  const cookie = await signInSomewhere(member)
  const reads = async () => (await server.call('GET', '/v1/users', { cookie })).status
  assert.equal(await reads(), 403)
  await done('users', 'roles', member.email, 'member', 'auditor')
  assert.equal(await reads(), 200)
  await done('users', 'roles', member.email, 'member')
  assert.equal(await reads(), 403)
})

test('what happened in an account is shown with the scores of its sign-ins, and that it was read stands in the ledger', async () => {
  await signInSomewhere(member)
  await assert.rejects(
    signIn(server.call, { ...member, password: 'not the password of anybody' }, { 'x-forwarded-for': '10.5.0.1' }),
  )
  await everythingWritten(server)
  const { items } = (await done('users', 'activity', member.email, '--limit', '100')) as {
    items: { type: string; address: string | null; assessment: { score: number; verdict: string } | null }[]
  }
  const of = (type: string) => items.filter((item) => item.type === type)
  const assessed = of('identity.sign-in.assessed')[0]
  assert.deepEqual([typeof assessed?.assessment?.score, assessed?.assessment?.verdict], ['number', 'allow'])
  assert.match(String(of('identity.user.signed-in')[0]?.address), /^10\.4\./)
  assert.equal(of('identity.user.sign-in-refused')[0]?.address, '10.5.0.1')
  const page = await typed('users', 'activity', member.email, '--limit', '1')
  assert.match(page.out, /^WHEN +WHAT +BY +FROM +SCORE\n/)
  const [, place = ''] = /--after ([\w-]+)/.exec(page.out) ?? []
  assert.ok(((await done('users', 'activity', member.email, '--after', place)).items as unknown[]).length > 0)

  assert.deepEqual(await not('users', 'activity', 'nobody@example.org'), [3, 'IDENTITY_USER_UNKNOWN'])
  assert.deepEqual(await not('users', 'activity', member.email, '--after', 'forged'), [3, 'ACTIVITY_CURSOR_INVALID'])
  const cookie = await signInSomewhere(administrator)
  const read = await server.call('GET', '/v1/ledger/entries?type=activity.person.read', { cookie })
  const [first] = read.body.items as { actor: { kind: string } }[]
  assert.equal(first?.actor.kind, 'system')
})

test('a policy of the shell is obeyed by the next sign-in, and a recovery link by no means gets around it', async () => {
  const { link, user } = (await done('users', 'invite', 'recovered@example.org', 'Rae Covered')) as {
    link: string
    user: { state: string }
  }
  assert.equal(user.state, 'invited')
  const post = (path: string, body: object, cookie?: string) =>
    server.call('POST', path, { body, ...(cookie === undefined ? {} : { cookie }) })
  const token = (of: string) => new URL(of).hash.slice(1)
  const password = 'seven grey herons wade'
  const accepted = await post('/v1/invitations/accept', { token: token(link), name: 'Rae', password })
  const cookie = accepted.cookie as string
  const { body: offer } = await server.call('POST', '/v1/me/factors/totp', { cookie })
  const secret = String(offer.secret)
  const confirmed = await post(
    '/v1/me/factors/totp/confirm',
    { id: offer.id, code: codeNow(secret), name: 'P' },
    cookie,
  )
  assert.equal(confirmed.status, 201)

  const shown = await typed('users', 'show', 'recovered@example.org')
  assert.equal(shown.code, 0)
  assert.match(shown.out, /^fac_\S+ +totp .* P$/m)
  assert.equal(shown.out.includes(secret), false)

  const recovery = await done('users', 'recover', 'recovered@example.org')
  assert.equal(await me(cookie), 200, 'nothing changes before the link is used')
  const next = 'eleven brass kettles hum'
  const asked = await post('/v1/recovery/complete', { token: token(String(recovery.link)), password: next })
  assert.deepEqual([asked.status, asked.body.user], [200, null])
  const ways = (asked.body.attempt as { ways: { factor: string }[] }).ways.map(({ factor }) => factor)
  assert.ok(ways.includes('totp') && !ways.includes('password'), ways.join())
  assert.equal(await me(cookie), 401)

  await done('sign-in-policy', 'set', 'graceDays', '0')
  await done('sign-in-policy', 'set', 'roles', 'member=required')
  const { body } = await post('/v1/sign-in', { email: member.email, password: member.password })
  assert.partialDeepStrictEqual(body, { user: null, attempt: { mustEnrol: true } })
  await done('sign-in-policy', 'set', 'roles', 'none')
  assert.equal(await me(await signInSomewhere(member)), 200)

  const { factors } = (await done('users', 'show', 'recovered@example.org')) as {
    factors: { id: string; factor: string }[]
  }
  const totp = factors.find(({ factor }) => factor === 'totp')?.id as string
  assert.deepEqual(await not('users', 'remove-factor', member.email, totp), [3, 'IDENTITY_FACTOR_UNKNOWN'])
  await done('users', 'remove-factor', 'recovered@example.org', totp)
  assert.equal(await me(await signInSomewhere({ ...member, email: 'recovered@example.org', password: next })), 200)
})

test('what is unknown, wrong or would lock everybody out is declined in words, with a code to end with', async () => {
  const unknown = await typed('users', 'show', 'nobody@example.org')
  assert.deepEqual([unknown.code, unknown.out], [3, ''])
  assert.match(
    unknown.err,
    /^Nobody in this organisation has this address\. “custodia users list” .* \[IDENTITY_USER_UNKNOWN\]\n$/,
  )
  const cases: [string[], [number, RegExp]][] = [
    [
      ['users', 'disable', administrator.email],
      [3, /^IDENTITY_LAST_ADMINISTRATOR$/],
    ],
    [
      ['users', 'roles', member.email, 'sorcerer'],
      [3, /^ACCESS_ROLE_UNKNOWN$/],
    ],
    [
      ['users', 'roles', member.email, '../root'],
      [2, /is no role/],
    ],
    [
      ['users', 'show', '--state=active', member.email],
      [2, /Unknown option/],
    ],
    [
      ['users', 'list', '--organisation', 'org_none'],
      [2, /is no organisation/],
    ],
    [
      ['users', 'list', '--limit', '5000'],
      [2, /is no number from 1 to 200/],
    ],
    [
      ['sign-in-policy', 'set', 'secondfactor', 'required'],
      [2, /no setting “secondfactor”/],
    ],
    [
      ['sign-in-policy', 'set', 'graceDays', '1000'],
      [2, /graceDays is a whole number from 0 to 90/],
    ],
    [
      ['sessions', 'end', member.email, 'ses_x'],
      [2, /is no session/],
    ],
  ]
  for (const [line, [code, message]] of cases) {
    const [ended, told] = await not(...line)
    assert.equal(ended, code, line.join(' '))
    assert.match(String(told), message)
  }
})

test('without a server it works as well, and the ledger holds', async () => {
  await server.stop()
  const { items } = (await done('users', 'list', '--state', 'active', '--limit', '200')) as {
    items: { email: string }[]
  }
  assert.ok(items.some(({ email }) => email === member.email))
  const { out } = await typed('organisations', 'list')
  assert.match(out, /^ORGANISATION +SINCE +NAME\norg_[a-z2-7]{26} /)
  assert.partialDeepStrictEqual(await done('users', 'roles', member.email, 'auditor'), { user: { roles: ['auditor'] } })
  assert.equal((await done('ledger', 'check')).ok, true)
})
