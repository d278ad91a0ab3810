import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import type { Custodia, CustodiaError } from '../custodia.ts'
import { createCustodia, isCustodiaError } from '../custodia.ts'
import type { AccessQuestion } from './question.ts'
import { assuranceOf } from './question.ts'

type Body = Record<string, unknown>
type Reply = { status: number; body: unknown }

// A server on the loopback with the replies that a test says: what Custodia itself answers is tested where it answers.
const asked: { path: string; body: Body }[] = []
let answer: (path: string, body: Body) => Reply | null
const server = createServer(async (request, response) => {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += part
  const path = request.url ?? ''
  const body = JSON.parse(text === '' ? '{}' : text) as Body
  asked.push({ path, body })
  const reply = answer(path, body)
  if (reply === null) return
  response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => {
  server.closeAllConnections()
  server.close()
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const failures: CustodiaError[] = []
const options = {
  url,
  application: 'inbox',
  key: 'custodia_test_0123456789',
  timeoutMs: 60_000,
  onAccessFailed: (error: CustodiaError) => void failures.push(error),
}
const custodia = createCustodia(options)

const yes = { decision: true, context: { reason: 'permitted', token: 't1' } }
const no = { decision: false, context: { reason: 'no-grant' } }
const question = (id = '1'): AccessQuestion => ({
  subject: { type: 'user', id: 'usr_a' },
  permission: 'inbox:read',
  resource: { type: 'inbox:mailbox', id },
})

beforeEach(() => {
  asked.length = 0
  failures.length = 0
  answer = () => ({ status: 200, body: yes })
})

test('whatever is not surely a yes is a no, and is told', async () => {
  for (const reply of [
    { status: 200, body: { decision: 'true' } },
    { status: 200, body: { decision: 1, context: {} } },
    { status: 200, body: {} },
    { status: 200, body: [] },
    { status: 200, body: null },
    { status: 200, body: { decision: true, context: [] } },
    { status: 403, body: { code: 'ACCESS_NOT_YOUR_APPLICATION', decision: true } },
    { status: 400, body: yes },
    { status: 302, body: yes },
    { status: 500, body: yes },
  ]) {
    answer = () => reply
    assert.equal(await custodia.access.check(question()), false, JSON.stringify(reply))
    await assert.rejects(custodia.access.check(question(), { onFailure: 'throw' }), (error) => isCustodiaError(error))
  }
  assert.equal(failures.length, 10)
  answer = () => ({ status: 200, body: no })
  assert.equal(await custodia.access.check(question()), false)
  assert.equal(failures.length, 10, 'a no is no failure')
})

test('no answer in time and no server are a no', async () => {
  answer = () => null
  const hasty = createCustodia({ ...options, timeoutMs: 20 })
  const { allowed, reason, error } = await hasty.access.decide(question())
  assert.deepEqual([allowed, reason, error?.code], [false, 'failed', 'CUSTODIA_TIMEOUT'])
  const nowhere = createCustodia({ ...options, url: 'http://127.0.0.1:1' })
  assert.deepEqual(await nowhere.access.checkMany([question(), question()]), [false, false])
  await assert.rejects(nowhere.access.check(question(), { onFailure: 'throw' }), { code: 'CUSTODIA_UNREACHABLE' })
})

test('a question of the wrong shape, and a client without a key, are mistakes and thrown', async () => {
  const wrong = [
    { ...question(), subject: 'usr_a' },
    { ...question(), permission: 7 },
    { ...question(), resource: { type: 'x' } },
    { ...question(), subject: {} },
  ]
  for (const one of wrong) await assert.rejects(custodia.access.check(one as never), { code: 'INPUT_INVALID' })
  await assert.rejects(custodia.access.checkMany([question(), wrong[0] as never]), { code: 'INPUT_INVALID' })
  const keyless: Custodia = createCustodia({ url, application: 'inbox' })
  await assert.rejects(keyless.access.check(question()), { code: 'CONFIGURATION_INVALID' })
  assert.equal(asked.length, 0)
})

test('an identity is asked about with what its factors prove, and what the application says can not speak for Custodia', async () => {
  const identity = {
    ...{
      userId: 'usr_b',
      organisationId: 'org_a',
      email: '',
      name: '',
      roles: [],
      permissions: [],
      sessionId: 'ses_a',
    },
    ...{ keyId: null, scopes: null, signed: false },
    ...{ factors: ['pwd', 'otp'], expiresAt: '' },
  }
  const context = { client: 'app', custodia: { assurance: 3 } }
  const decision = await custodia.access.decide({
    ...{ subject: identity, permission: 'inbox:read', context },
    address: '10.0.0.1',
    atLeast: 't0',
  })
  assert.deepEqual(decision, { allowed: true, reason: 'permitted', token: 't1' })
  assert.deepEqual(asked[0]?.body, {
    subject: { type: 'user', id: 'usr_b' },
    action: { name: 'inbox:read' },
    resource: { type: 'organisation', id: 'self' },
    context: { client: 'app', custodia: { address: '10.0.0.1', assurance: 2, atLeast: 't0' } },
  })
  const levels = [[], ['pwd'], ['otp'], ['pwd', 'mail'], ['hwk'], ['pwd', 'swk']].map(assuranceOf)
  assert.deepEqual(levels, [1, 1, 1, 2, 3, 3])
})

test('what the key of a caller does not name is no, and nobody is asked about its owner; the caller is asked about as what it is', async () => {
  const person = {
    ...{ userId: 'usr_b', organisationId: 'org_a', email: 'b@example.org', name: 'B', roles: [], permissions: [] },
    ...{ sessionId: null, keyId: 'key_a', signed: true, factors: [], expiresAt: '' },
  }
  const by = (scopes: readonly string[] | null, userId = 'usr_b'): AccessQuestion => ({
    ...question(),
    subject: { ...person, userId, scopes },
  })
  const all = async (asker: AccessQuestion) =>
    await Array.fromAsync(custodia.access.listResources({ ...asker, type: 'inbox:mailbox' }))
  for (const scopes of [[], ['inbox:write'], ['inbox:read:all'], ['other:*'], ['inbox:r'], ['inboxes:*'], ['*']]) {
    assert.deepEqual(await custodia.access.decide(by(scopes)), { allowed: false, reason: 'no-grant' }, String(scopes))
    assert.deepEqual(await all(by(scopes)), [])
  }
  assert.equal(asked.length, 0)
  for (const scopes of [null, ['inbox:read'], ['other:x', 'inbox:*']])
    assert.equal(await custodia.access.check(by(scopes)), true)
  for (const id of ['svc_a', 'reports']) await custodia.access.check(by(null, id))
  assert.deepEqual(
    asked.map(({ body }) => (body.subject as { type: string }).type),
    ['user', 'user', 'user', 'service', 'application'],
  )
  answer = (_path, { evaluations }) => ({
    status: 200,
    body: { evaluations: (evaluations as unknown[]).map((_one, at) => (at === 0 ? yes : no)) },
  })
  const some = [by([]), by(['inbox:read']), by(['inbox:write']), by(null)]
  assert.deepEqual(await custodia.access.checkMany(some), [false, true, false, false])
})

test('many go in calls of a hundred, and of what the server takes; a call that fails denies what was in it alone', async () => {
  answer = (_path, { evaluations }) => {
    const all = evaluations as { resource: { id: string } }[]
    if (all.some(({ resource }) => resource.id === '150')) return { status: 500, body: {} }
    return { status: 200, body: { evaluations: all.map(({ resource }) => (Number(resource.id) % 2 === 0 ? yes : no)) } }
  }
  const ids = Array.from({ length: 250 }, (_, i) => String(i))
  const kept = await custodia.access.filter(ids, question)
  assert.deepEqual(
    kept,
    ids.filter((id) => Number(id) % 2 === 0 && (Number(id) < 100 || Number(id) >= 200)),
  )
  asked.length = 0
  const large = Array.from({ length: 30 }, (_, i) => ({
    ...question(String(i)),
    resource: { type: 'inbox:mailbox', id: String(i), properties: { text: 'x'.repeat(8_000) } },
  }))
  assert.equal((await custodia.access.checkMany(large)).length, 30)
  assert.ok(asked.length > 1 && asked.every(({ body }) => JSON.stringify(body).length < 90_000))
  asked.length = 0
  assert.deepEqual(await custodia.access.checkMany([]), [])
  assert.equal(asked.length, 0)
  // Fewer answers than questions: nobody knows whose they are.
  answer = () => ({ status: 200, body: { evaluations: [yes] } })
  assert.deepEqual(await custodia.access.checkMany([question(), question()]), [false, false])
})

test('a list goes on until it ends; one that fails or turns in a circle throws', async () => {
  const pages: Record<string, Body> = {
    none: { results: [{ id: 'a' }, { id: 'b' }], page: { next_token: 'p2' } },
    p2: { results: [], page: { next_token: 'p3' } },
    p3: { results: [{ id: 'c' }], page: { next_token: '' } },
  }
  const { resource: _resource, ...search } = question()
  const all = async () => await Array.fromAsync(custodia.access.listResources({ ...search, type: 'inbox:mailbox' }))
  answer = (_path, { page }) => ({ status: 200, body: pages[(page as { token: string } | undefined)?.token ?? 'none'] })
  assert.deepEqual(await all(), ['a', 'b', 'c'])
  pages.p3 = { results: [], page: { next_token: 'p3' } }
  await assert.rejects(all(), { code: 'CUSTODIA_REPLY_INVALID' })
  pages.p3 = { results: [{ id: 7 }], page: { next_token: '' } }
  await assert.rejects(all(), { code: 'CUSTODIA_REPLY_INVALID' })
  answer = () => ({ status: 403, body: { code: 'ACCESS_DENIED' } })
  await assert.rejects(all(), { code: 'CUSTODIA_REFUSED' })
})

test('relations are written as they are, and what was not surely written throws', async () => {
  const add = [
    { resource: { type: 'inbox:mailbox', id: '1' }, relation: 'reader', subject: { type: 'user', id: 'usr_a' } },
  ]
  answer = () => ({ status: 200, body: { changed: 1, token: 't2' } })
  assert.deepEqual(await custodia.access.writeRelations({ add }), { changed: 1, token: 't2' })
  assert.deepEqual(asked, [{ path: '/v1/relations', body: { add, remove: [] } }])
  for (const reply of [
    { status: 200, body: {} },
    { status: 200, body: { changed: '1', token: 't2' } },
    { status: 403, body: { code: 'ACCESS_DENIED' } },
  ]) {
    answer = () => reply
    await assert.rejects(custodia.access.writeRelations({ remove: add }), (error) => isCustodiaError(error))
  }
})

test('whoever is said to ask, and nothing proves it, writes nothing: least of all by the application’s own right', async () => {
  answer = () => ({ status: 200, body: { changed: 1, token: 't2' } })
  for (const onBehalfOf of [undefined, null, '', ['a.b.c', 'a.b.c'], 7])
    await assert.rejects(custodia.access.writeRelations({ add: [] }, { onBehalfOf } as never), {
      code: 'ASSERTION_MISSING',
    })
  await assert.rejects(custodia.access.writeRelations({ add: [] }, {} as never), { code: 'ASSERTION_MISSING' })
  assert.equal(asked.length, 0)
  await custodia.access.writeRelations({ add: [] }, { onBehalfOf: 'a.b.c' })
  assert.deepEqual(asked[0]?.body, { add: [], remove: [], onBehalfOf: 'a.b.c' })
})

test('with whom something is shared is listed to its end, and a page that is none throws', async () => {
  const tuple = (id: string) => ({
    ...{ resource: { type: 'inbox:mailbox', id: '1' }, relation: 'reader', subject: { type: 'user', id } },
  })
  const all = async () => await Array.fromAsync(custodia.access.listRelations({ type: 'inbox:mailbox', id: '1&x=y' }))
  answer = (path) => ({
    status: 200,
    body: path.includes('cursor=c2') ? { items: [tuple('b')], next: null } : { items: [tuple('a')], next: 'c2' },
  })
  assert.deepEqual(await all(), [tuple('a'), tuple('b')])
  assert.equal(asked[0]?.path, '/v1/relations?type=inbox%3Amailbox&id=1%26x%3Dy&limit=50')
  for (const body of [
    { items: [tuple('a')], next: 'c2' },
    { items: [{ ...tuple('a'), subject: {} }], next: null },
    { items: {}, next: null },
    { items: [] },
    [],
  ]) {
    answer = () => ({ status: 200, body })
    await assert.rejects(all(), { code: 'CUSTODIA_REPLY_INVALID' }, JSON.stringify(body))
  }
  answer = () => ({ status: 403, body: { code: 'ACCESS_DENIED' } })
  await assert.rejects(all(), { code: 'CUSTODIA_REFUSED' })
})
