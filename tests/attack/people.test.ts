import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test, { after, before } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import type { CallOptions } from '../../tools/demo/call.ts'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'
import type { Target } from './target.ts'
import { openTarget, signedIn, stands } from './target.ts'

let target: Target
let superuser: Superuser
let administrator: string
let member: string
before(async () => {
  target = await openTarget()
  superuser = await superuserOf(target.server.folder)
  administrator = await signedIn(target, 0)
  member = await signedIn(target, 1)
})
after(async () => {
  await superuser?.close()
  await target?.remove()
})

const call = (method: string, path: string, options: CallOptions = {}) => target.server.call(method, path, options)
const account = (index: number) => target.accounts[index] as Account
const idOf = async (cookie: string) =>
  (await call('GET', '/v1/me', { cookie })).body.user as { id: string; organisationId: string }
const invite = async (cookie: string, email: string, roles: string[] = ['member']) =>
  await call('POST', '/v1/invitations', { cookie, body: { email, name: 'Somebody', roles } })
const tokenOf = (answer: { body: Record<string, unknown> }) => String(answer.body.link).split('#')[1] as string
const accept = (token: string, password = 'a fine long passphrase', name = 'Somebody') =>
  call('POST', '/v1/invitations/accept', { body: { token, name, password } })

test('a member can do nothing to people, roles, sessions or the ledger', async () => {
  const { id } = await idOf(administrator)
  for (const [method, path, body] of [
    ['GET', '/v1/users'],
    ['GET', `/v1/users/${id}`],
    ['PATCH', `/v1/users/${id}`, { state: 'disabled' }],
    ['PATCH', `/v1/users/${(await idOf(member)).id}`, { roles: ['administrator'] }],
    ['POST', '/v1/invitations', { email: 'x@example.org', name: 'X', roles: ['administrator'] }],
    ['GET', `/v1/users/${id}/sessions`],
    ['GET', '/v1/roles'],
    ['GET', '/v1/ledger/entries'],
    ['GET', '/v1/ledger/personal-entries'],
    ['GET', '/v1/ledger/installation-entries'],
    ['GET', '/v1/ledger/entries/0/proof'],
    ['GET', '/ledger/tile/entries/000'],
    ['POST', '/v1/keyring/data-keys', { subject: 'a', collection: 'b' }],
    ['POST', '/v1/keyring/index-keys', { subject: 'a', collection: 'b', field: 'c' }],
    ['DELETE', '/v1/keyring/subjects/a'],
  ] as const) {
    const { status } = await call(method, path, { cookie: member, ...(body === undefined ? {} : { body }) })
    assert.equal(status, 403, `${method} ${path}`)
    assert.equal((await call(method, path, body === undefined ? {} : { body })).status, 401, `${method} ${path}`)
  }
})

test("a session of somebody else can't be ended or even found by its identifier", async () => {
  const [{ id }] = (await call('GET', '/v1/sessions', { cookie: administrator })).body.items as [{ id: string }]
  const theirs = await call('DELETE', `/v1/sessions/${id}`, { cookie: member })
  const nobodys = await call('DELETE', `/v1/sessions/ses_${'a'.repeat(26)}`, { cookie: member })
  assert.deepEqual([theirs.status, theirs.body.code], [nobodys.status, nobodys.body.code])
  assert.equal((await call('GET', '/v1/me', { cookie: administrator })).status, 200)
})

test('identifiers of another organisation are as good as none', async () => {
  const { id, organisationId } = await idOf(member)
  const other = `org_${'b'.repeat(26)}`
  // The other organisation gets a person whose row is whole but for where it stands.
  await superuser.run(`insert into identity.organisation values ('${other}', 'Other', now())`)
  await superuser.run(`update identity.person set organisation_id = '${other}' where id = '${id}'`)
  try {
    assert.equal((await call('GET', `/v1/users/${id}`, { cookie: administrator })).status, 404)
    assert.equal(
      (await call('PATCH', `/v1/users/${id}`, { cookie: administrator, body: { state: 'disabled' } })).status,
      404,
    )
    const found = await call('GET', `/v1/users?search=${encodeURIComponent(account(1).email)}`, {
      cookie: administrator,
    })
    assert.deepEqual(found.body.items, [])
    const listed = (await call('GET', '/v1/users?limit=200', { cookie: administrator })).body.items as { id: string }[]
    assert.ok(listed.every((user) => user.id !== id))
    assert.equal((await invite(administrator, account(1).email)).body.code, 'IDENTITY_EMAIL_TAKEN')
  } finally {
    await superuser.run(`update identity.person set organisation_id = '${organisationId}' where id = '${id}'`)
    await superuser.run(`delete from identity.organisation where id = '${other}'`)
  }
})

test('roles are given by whoever holds what they carry, and machine roles by nobody', async () => {
  const { id } = await idOf(member)
  for (const role of ['application', 'verifier', '__proto__', 'constructor', 'administrator ', 'ADMINISTRATOR', '*'])
    assert.ok(
      (await call('PATCH', `/v1/users/${id}`, { cookie: administrator, body: { roles: [role] } })).status >= 400,
      role,
    )
  const me = await call('GET', '/v1/me', { cookie: member })
  assert.deepEqual((me.body.user as { roles: string[] }).roles, ['member'])
})

test('the last administrator can neither resign, be disabled, nor lock the organisation by doing both at once', async () => {
  const { id } = await idOf(administrator)
  const change = (body: object) => call('PATCH', `/v1/users/${id}`, { cookie: administrator, body })
  const answers = await Promise.all([
    change({ roles: [] }),
    change({ state: 'disabled' }),
    change({ roles: ['member'], state: 'disabled' }),
  ])
  for (const { status } of answers) assert.equal(status, 409)
  assert.equal((await call('GET', '/v1/users', { cookie: administrator })).status, 200)
})

test('an invitation works once, of many who use it together, and never for the set-up', async () => {
  const token = tokenOf(await invite(administrator, 'once@example.org'))
  const setup = { token, organisation: 'Mine', name: 'Me', email: 'me@example.org', password: 'a fine long passphrase' }
  assert.equal((await call('POST', '/v1/setup', { body: setup })).status, 410)
  const tries = await Promise.all(Array.from({ length: 8 }, () => accept(token)))
  assert.equal(tries.filter(({ status }) => status === 200).length, 1, tries.map(({ status }) => status).join())
  assert.equal((await accept(token)).status, 410)
  assert.equal((await call('POST', '/v1/links/check', { body: { token } })).status, 410)
})

test('an invitation that was replaced, taken back or never made all look the same', async () => {
  const replaced = tokenOf(await invite(administrator, 'twice@example.org'))
  const again = await invite(administrator, 'twice@example.org')
  const { id } = again.body.user as { id: string }
  await call('PATCH', `/v1/users/${id}`, { cookie: administrator, body: { state: 'disabled' } })
  const answers = await Promise.all([replaced, tokenOf(again), 'a'.repeat(52)].map((token) => accept(token)))
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.code]),
    Array(3).fill([410, 'IDENTITY_LINK_INVALID']),
  )
})

test('an invitation can not be made to bring more than its roles, nor anybody else', async () => {
  const token = tokenOf(await invite(administrator, 'plain@example.org'))
  for (const more of [
    { roles: ['administrator'] },
    { email: account(0).email },
    { organisationId: 'x' },
    { userId: 'x' },
    { state: 'active' },
  ])
    assert.equal(
      (
        await call('POST', '/v1/invitations/accept', {
          body: { token, name: 'X', password: 'a fine long passphrase', ...more },
        })
      ).status,
      400,
    )
  const accepted = await accept(token)
  assert.deepEqual((accepted.body.user as { roles: string[] }).roles, ['member'])
})

test('whoever is unknown, invited, disabled or wrong gets one answer, to the letter', async () => {
  const invited = 'invited@example.org'
  await invite(administrator, invited)
  const disabled = 'gone@example.org'
  const { body } = await accept(tokenOf(await invite(administrator, disabled)), 'a fine long passphrase')
  await call('PATCH', `/v1/users/${(body.user as { id: string }).id}`, {
    cookie: administrator,
    body: { state: 'disabled' },
  })
  const answers = []
  for (const [email, password] of [
    ['nobody@example.org', 'wrong'],
    [invited, 'wrong'],
    [disabled, 'a fine long passphrase'],
    [account(1).email, 'wrong'],
    [account(1).email, account(1).password.slice(0, -1)],
    [account(1).email, `${account(1).password} `],
    ['nobody@exa mple', 'x'],
  ]) {
    const { requestId: _, ...said } = (await call('POST', '/v1/sign-in', { body: { email, password } })).body
    answers.push(said)
  }
  for (const said of answers.slice(0, -1)) assert.deepEqual(said, answers[0])
  assert.equal(answers[0]?.code, 'IDENTITY_CREDENTIALS_WRONG')
})

test('a password is never cut: not at a zero byte, not at 72 bytes, not at its thousandth character', async () => {
  for (const [email, password, others] of [
    [
      'zero@example.org',
      'correct horse\u0000battery staple',
      ['correct horse', 'correct horse\u0000', 'correct horse\u0000battery stapl'],
    ],
    ['long@example.org', `${'q w'.repeat(30)}end of it`, ['q w'.repeat(30), `${'q w'.repeat(30)}end of i`]],
    ['longest@example.org', `${'äb9 '.repeat(255)}wxyz`, ['äb9 '.repeat(255), `${'äb9 '.repeat(255)}wxy`]],
  ] as const) {
    assert.equal((await accept(tokenOf(await invite(administrator, email)), password)).status, 200)
    for (const other of others)
      assert.equal((await call('POST', '/v1/sign-in', { body: { email, password: other } })).status, 401, email)
    assert.equal((await call('POST', '/v1/sign-in', { body: { email, password } })).status, 200, email)
  }
})

/** Processor time of the server so far (proc(5), in hundredths of a second): it does not grow while a busy machine does other things. */
function usedMs(): number {
  const stat = readFileSync(`/proc/${target.server.child.pid}/stat`, 'utf8')
  // What stands before the bracket is the program's name, which may hold spaces.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * 10
}

test('odd text for a password is refused or hashed, and keeps the server from nothing', {
  timeout: 30_000,
}, async () => {
  let token = tokenOf(await invite(administrator, 'odd@example.org'))
  const heavy = [
    `${'\ufdfa'.repeat(1023)}x`,
    `${'1'.repeat(1023)}a`,
    `${'a'.repeat(1023)}b`,
    '\u0344'.repeat(1024),
    '💥'.repeat(1024),
    '\u200b'.repeat(1024),
  ]
  for (const password of heavy) {
    const beforeMs = usedMs()
    const [answer] = await Promise.all([accept(token, password), call('GET', '/livez')])
    const tookMs = usedMs() - beforeMs
    assert.ok(answer.status === 422 || answer.status === 200, `${answer.status}`)
    assert.ok(tookMs < 1_500, `${JSON.stringify(password.slice(0, 3))} took ${tookMs} ms`)
    if (answer.status === 200)
      token = tokenOf(await invite(administrator, `odd-${heavy.indexOf(password)}@example.org`))
  }
  for (const password of ['\ud800'.repeat(20), '', 'x'.repeat(1025)])
    assert.ok((await accept(token, password)).status >= 400)
  assert.ok(await stands(target))
})

test('two spellings of an address are one person', async () => {
  for (const email of [
    'MARA@brightwater.example',
    'mara@BRIGHTWATER.EXAMPLE',
    'mara@brightwater.example.',
    'mara@ｂrightwater.example',
  ])
    assert.equal((await invite(administrator, email)).body.code, 'IDENTITY_EMAIL_TAKEN', email)
})

test('names and addresses that hold markup, controls or line breaks are refused or come back as they are', async () => {
  for (const name of ['a\nb', 'a\r\nSet-Cookie: x', '\u001b[31m', 'a\u0000', ' a', 'a\u0085b'])
    assert.equal(
      (
        await call('POST', '/v1/invitations', {
          cookie: administrator,
          body: { email: 'n@example.org', name, roles: [] },
        })
      ).status,
      400,
    )
  const name = '<img src=x onerror=alert(1)>{{7*7}}%s'
  const made = await call('POST', '/v1/invitations', {
    cookie: administrator,
    body: { email: 'n@example.org', name, roles: [] },
  })
  assert.equal((made.body.user as { name: string }).name, name)
})

test('bodies that two parsers would read differently are refused', async () => {
  const send = async (text: string | Uint8Array) => {
    const response = await fetch(`http://127.0.0.1:${target.server.port}/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text as BodyInit,
    })
    return response.status
  }
  const password = 'x'
  for (const text of [
    `{"email":"a@example.org","email":"${account(0).email}","password":"x"}`,
    `{"email":"a@example.org","\\u0065mail":"b@example.org","password":"x"}`,
    '{"__proto__":{"email":"a@example.org"},"password":"x"}',
    '{"\\u005f_proto__":{},"email":"a@example.org","password":"x"}',
    '{"constructor":{"prototype":{}},"email":"a@example.org","password":"x"}',
    `[${JSON.stringify({ email: 'a@example.org', password })}]`,
    '{"email":["a@example.org"],"password":"x"}',
    '{"email":{"$ne":null},"password":{"$ne":null}}',
    '{"email":"a@example.org","password":true}',
    '{"email":"a@example.org","password":"x"}{}',
    '\ufeff{"email":"a@example.org","password":"x"}',
    "{'email':'a@example.org','password':'x'}",
    '{"email":"a@example.org","password":"x",}',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `{"a":`.repeat(10_000),
    '',
    'null',
    '0',
  ])
    assert.equal(await send(text), 400, text.slice(0, 60))
  assert.equal(await send(Buffer.from('{"email":"a\xff@example.org","password":"x"}', 'latin1')), 400)
})
