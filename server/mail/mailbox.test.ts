import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Mailbox } from '@custodia/wire/http/mail.ts'
import { newId } from '../platform/random.ts'
import type { Answer, TestHouse, TestProcess, TestServer } from '../sessions/testing.ts'
import { openTestHouse, serve, signIn } from '../sessions/testing.ts'
import { createMail, mail } from './module.ts'
import { newMessage, newText, testConfig } from './testing.ts'

let house: TestHouse
let process: TestProcess
before(async () => {
  house = await openTestHouse([mail])
  process = await house.process()
})
after(() => house?.close())
beforeEach(async () => {
  await house.db.asOwner('delete from mail.message')
  house.events.length = 0
})

type Changes = { config?: Partial<typeof testConfig>; publicUrl?: string }

async function start({ config, publicUrl = 'http://custodia.localhost' }: Changes = {}) {
  const context = { ...process.context, publicUrl, config: { ...testConfig, ...config } }
  const api = await createMail(context, process)
  const send = (changes: Parameters<typeof newMessage>[0]) =>
    context.database.transaction((tx) => api.send(tx, newMessage(changes)))
  const sendText = (changes: Parameters<typeof newText>[0]) =>
    context.database.transaction((tx) => api.sendText(tx, newText(changes)))
  return { api, send, sendText }
}

/** Somebody with these roles reads the mailbox. */
async function readAs(server: TestServer, organisationId: string, roles: string[]): Promise<Answer> {
  const { userId, cookie } = await signIn(process, { organisationId })
  await process.context.database.transaction((tx) =>
    process.access.setRoles(tx, { organisationId, subjectId: userId, roles, by: null, actor: { kind: 'system' } }),
  )
  return await server.browser(cookie).call('GET', '/v1/mailbox')
}

async function served<T>(api: { routes: Parameters<typeof serve>[1] }, work: (server: TestServer) => Promise<T>) {
  const server = await serve(process, api.routes)
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}

const items = (answer: Answer) => (answer.body as unknown as Mailbox).items

test('an administrator reads what was kept for the organisation, newest first, and the ledger says who did', async () => {
  const { api, send } = await start()
  const organisationId = newId('org')
  await send({ organisationId, subject: 'Older' })
  await send({ organisationId: newId('org'), subject: 'Of others' })
  await send({ organisationId: null, subject: 'Of the installation' })
  const base = process.context.clock.nowMs()
  await house.db.asOwner(`update mail.message set created_at = created_at - interval '1 hour'`)
  await send({ organisationId, subject: 'Newer ü', text: 'One\n\ttwo\n' })
  const answer = await served(api, (server) => readAs(server, organisationId, ['administrator']))
  assert.equal(answer.status, 200)
  assert.deepEqual(
    items(answer).map(({ subject }) => subject),
    ['Newer ü', 'Older'],
  )
  assert.equal(items(answer)[0]?.text, 'One\n\ttwo\n')
  assert.equal(items(answer)[0]?.to, 'mira@example.org')
  assert.equal(items(answer)[0]?.createdAt, new Date(base).toISOString())
  const read = house.events.filter(({ type }) => type === 'mail.mailbox.read')
  assert.equal(read.length, 1)
  assert.deepEqual(
    [read[0]?.organisationId, read[0]?.data, read[0]?.actor.kind],
    [organisationId, { messages: 2 }, 'user'],
  )
})

test('texts are kept beside the mails where they are in development, though mails go out', async () => {
  const organisationId = newId('org')
  const smtp = { smtpUrl: 'smtp://127.0.0.1:1', from: 'a@northwind.example' }
  const { api, sendText } = await start({ config: { ...smtp, texts: 'development', textPrefixes: ['+49'] } })
  await sendText({ organisationId, text: 'Your code: 4931 1700' })
  await sendText({ organisationId: newId('org') })
  const answer = await served(api, (server) => readAs(server, organisationId, ['administrator']))
  assert.deepEqual(
    items(answer).map(({ channel, to, subject, text }) => [channel, to, subject, text]),
    [['text', '+4915123456789', '', 'Your code: 4931 1700']],
  )
  await api.stop()
})

test('nobody else reads it: not a member, not an auditor, not a stranger', async () => {
  const { api, send } = await start()
  const organisationId = newId('org')
  await send({ organisationId })
  await served(api, async (server) => {
    for (const roles of [[], ['member'], ['auditor']])
      assert.equal((await readAs(server, organisationId, roles)).status, 403, roles.join())
    assert.equal((await server.browser().call('GET', '/v1/mailbox')).status, 401)
  })
  assert.equal(house.events.filter(({ type }) => type === 'mail.mailbox.read').length, 0)
})

test('it shows a hundred at most', async () => {
  const { api, send } = await start({ config: { maxPerHour: 1_000 } })
  const organisationId = newId('org')
  for (let count = 0; count < 103; count += 1) await send({ organisationId })
  const answer = await served(api, (server) => readAs(server, organisationId, ['administrator']))
  assert.equal(items(answer).length, 100)
})

test('it is on exactly where the address is of this machine and no mail server is named, unless it is said', async () => {
  const smtpUrl = 'smtp://127.0.0.1:1'
  const cases: readonly [Changes, 'mailbox' | 'smtp' | 'off'][] = [
    [{ publicUrl: 'http://custodia.localhost:8080' }, 'mailbox'],
    [{ publicUrl: 'https://127.0.0.1' }, 'mailbox'],
    [{ publicUrl: 'http://[::1]:8080' }, 'mailbox'],
    [{ publicUrl: 'https://id.example.org' }, 'off'],
    [{ publicUrl: 'https://localhost.example.org' }, 'off'],
    [{ publicUrl: 'https://notlocalhost' }, 'off'],
    [{ publicUrl: 'https://127.0.0.1.example.org' }, 'off'],
    [{ config: { mailbox: 'off' } }, 'off'],
    [{ config: { smtpUrl } }, 'smtp'],
    [{ config: { smtpUrl, mailbox: 'off' } }, 'smtp'],
    [{ publicUrl: 'https://id.example.org', config: { mailbox: 'development' } }, 'mailbox'],
  ]
  for (const [changes, expected] of cases) {
    const { api } = await start(changes)
    const what = JSON.stringify(changes)
    assert.equal(api.deliverable, expected !== 'off', what)
    const answer = await served(api, (server) => readAs(server, newId('org'), ['administrator']))
    assert.equal(answer.code, expected === 'mailbox' ? null : 'MAIL_MAILBOX_OFF', what)
    assert.equal(answer.status, expected === 'mailbox' ? 200 : 404, what)
    await api.stop()
  }
})

test('settings that contradict each other stop the start, and the reason tells no password', async () => {
  const smtpUrl = 'smtps://user:hunter2@mail.example.org'
  await assert.rejects(start({ config: { smtpUrl, from: null } }), (error: Error) => {
    assert.match(error.message, /CUSTODIA_MAIL_FROM/)
    return !error.message.includes('hunter2')
  })
  await assert.rejects(start({ config: { smtpUrl, mailbox: 'development' } }), /CUSTODIA_MAIL_MAILBOX/)
  const check = mail.config.smtpUrl.parse
  for (const bad of [
    'http://mail.example.org',
    'mail.example.org',
    'smtp://',
    'smtp://mail.example.org/path',
    'smtp://mail.example.org?tls=off',
    'smtp://user@mail.example.org',
    'smtp://%zz:x@mail.example.org',
  ])
    assert.throws(() => check(bad), Error, bad)
})

test('where mail is off nothing is stored, nothing is told and nobody is stopped', async () => {
  const { api, send } = await start({ publicUrl: 'https://id.example.org' })
  await send({})
  assert.equal(api.deliverable, false)
  assert.deepEqual(await house.db.asOwner('select * from mail.message'), [])
  assert.deepEqual(
    house.events.filter(({ type }) => type.startsWith('mail.')),
    [],
  )
})

test('a person’s mails are exported and erased with them, and nobody else’s', async () => {
  const { api, send } = await start()
  const organisationId = newId('org')
  const [mine, other] = [newId('usr'), newId('usr')]
  await send({ organisationId, subjectId: mine, subject: 'Mine' })
  await send({ organisationId, subjectId: other, subject: 'Theirs' })
  await send({ organisationId: newId('org'), subjectId: mine, subject: 'Elsewhere' })
  const exported = (await api.subjectData.export(organisationId, mine)).mails as { subject: string; to: string }[]
  assert.deepEqual(
    exported.map(({ subject, to }) => [subject, to]),
    [['Mine', 'mira@example.org']],
  )
  for (let turn = 0; turn < 2; turn += 1)
    await process.context.database.transaction((tx) => api.subjectData.erase(tx, organisationId, mine))
  assert.deepEqual((await api.subjectData.export(organisationId, mine)).mails, [])
  assert.equal(((await api.subjectData.export(organisationId, other)).mails as unknown[]).length, 1)
})

test('to somebody whose key was destroyed nothing is written, and the mailbox opens without them', async () => {
  const { api, send } = await start()
  const organisationId = newId('org')
  const subjectId = newId('usr')
  await send({ organisationId, subjectId })
  await process.context.database.transaction((tx) => process.keyring.shred(tx, organisationId, subjectId))
  await send({ organisationId, subjectId })
  await send({ organisationId, subject: 'Somebody else' })
  const withheld = house.events.filter(({ type }) => type === 'mail.message.withheld')
  assert.deepEqual(
    withheld.map(({ data }) => data.why),
    ['erased'],
  )
  const answer = await served(api, (server) => readAs(server, organisationId, ['administrator']))
  assert.deepEqual(
    items(answer).map(({ subject }) => subject),
    ['Somebody else'],
  )
})

test('what is old is removed, and what still waits is not', async () => {
  const { api, send } = await start()
  for (let count = 0; count < 3; count += 1) await send({})
  await house.db.asOwner(`
    update mail.message set created_at = created_at - interval '8 days';
    update mail.message set sent_at = null, next_try_at = created_at where id = (select min(id) from mail.message)`)
  await send({})
  await api.jobs.find(({ name }) => name === 'mail.sweep')?.run(new AbortController().signal)
  assert.equal((await house.db.asOwner('select * from mail.message')).length, 2)
})
