import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import type { AskingHouse } from './testing.ts'
import { openAskingHouse } from './testing.ts'

let asking: AskingHouse
before(async () => {
  asking = await openAskingHouse()
})
after(() => asking.close())

const user = (id: string) => ({ type: 'user', id })
const read = { name: 'inbox:read' }
const mailbox = (id: string) => ({ type: 'inbox:mailbox', id })

type Found = {
  results: { id: string; name: string }[]
  page: { next_token: string; count: number }
  context: Record<string, unknown>
}
const search = async (kind: string, body: object) => {
  const answer = await asking.call('inbox', `/access/v1/search/${kind}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as unknown as Found
}
const refused = async (kind: string, body: object, who = 'inbox') => {
  const { status, code, body: problem } = await asking.call(who, `/access/v1/search/${kind}`, body)
  return [status, problem.field ?? code]
}

test('another application’s types, permissions and the organisation are not listed to an application', async () => {
  const bo = user(newId('usr'))
  const foreign = [403, 'ACCESS_NOT_YOUR_APPLICATION']
  const note = { type: 'notes:note', id: '1' }
  assert.deepEqual(await refused('resource', { subject: bo, action: read, resource: { type: 'notes:note' } }), foreign)
  assert.deepEqual(
    await refused('resource', { subject: bo, action: { name: 'notes:read' }, resource: { type: 'inbox:mailbox' } }),
    foreign,
  )
  assert.deepEqual(
    await refused('subject', { subject: { type: 'user' }, action: { name: 'notes:read' }, resource: note }),
    foreign,
  )
  assert.deepEqual(await refused('action', { subject: bo, resource: note }), foreign)
  assert.deepEqual(await refused('resource', { subject: bo, action: read, resource: { type: 'organisation' } }), [
    400,
    'body.resource.type',
  ])
  for (const kind of ['subject', 'resource', 'action']) assert.equal((await refused(kind, {}, ''))[0], 401)
})

test('resources come in pages of those that a check allows, and a cursor is for its question alone', async () => {
  const bo = newId('usr')
  for (const id of ['a', 'b', 'c', 'd', 'e']) await asking.share(`inbox:mailbox/${id}#reader@user:${bo}`)
  await asking.share(`inbox:mailbox/c2#reader@user:${bo}`, { condition: { assurance: 2 } })
  const question = { subject: user(bo), action: read, resource: { type: 'inbox:mailbox' } }
  const all: string[] = []
  let page: { limit: number; token?: string } = { limit: 2 }
  let first = ''
  for (let turns = 0; turns < 10; turns++) {
    const found = await search('resource', { ...question, page })
    assert.equal(found.page.count, found.results.length)
    all.push(...found.results.map(({ id }) => id))
    first ||= found.page.next_token
    if (found.page.next_token === '') break
    page = { limit: 2, token: found.page.next_token }
  }
  assert.deepEqual(all, ['a', 'b', 'c', 'd', 'e'])
  const strong = await search('resource', { ...question, context: { custodia: { assurance: 2 } } })
  assert.deepEqual(
    strong.results.map(({ id }) => id),
    ['a', 'b', 'c', 'c2', 'd', 'e'],
  )
  assert.equal(strong.context.everything, false)
  const invalid = [400, 'ACCESS_CURSOR_INVALID']
  for (const token of ['x', `${first}A`, first.slice(1), `${first.slice(0, -2)}AA`])
    assert.deepEqual(await refused('resource', { ...question, page: { token } }), invalid, token)
  assert.deepEqual(
    await refused('resource', { ...question, action: { name: 'inbox:write' }, page: { token: first } }),
    invalid,
  )
  assert.deepEqual(
    await refused('resource', { ...question, subject: user(newId('usr')), page: { token: first } }),
    invalid,
  )
  for (const [wrong, field] of [
    [{ token: '' }, 'body.page.token'],
    [{ limit: 0 }, 'body.page.limit'],
    [{ limit: 201 }, 'body.page.limit'],
    [{ next_token: first }, 'body.page.next_token'],
  ] as const)
    assert.deepEqual(await refused('resource', { ...question, page: wrong }), [400, field])
})

test('subjects are those that may act: whoever is disabled, everyone and groups are none of them', async () => {
  const [bo, ann] = [newId('usr'), newId('usr')]
  await asking.share(`inbox:mailbox/s1#owner@user:${bo}`)
  await asking.share(`inbox:mailbox/s1#reader@user:${ann}`)
  await asking.share('inbox:mailbox/s1#reader@user:*')
  await asking.share(`inbox:mailbox/s1#reader@group:${newId('grp')}`)
  await asking.share(`inbox:mailbox/s1#reader@service:${newId('svc')}`)
  const ask = (type: string, action = read) =>
    search('subject', { subject: { type, id: 'ignored' }, action, resource: mailbox('s1') })
  assert.deepEqual(
    (await ask('user')).results,
    [user(bo), user(ann)].sort((a, b) => (a.id < b.id ? -1 : 1)),
  )
  assert.deepEqual((await ask('user', { name: 'inbox:write' })).results, [user(bo)])
  assert.deepEqual((await ask('service')).results, [])
})

test('subjects by a role are found on any resource and in the organisation, and of another organisation none', async () => {
  const bo = newId('usr')
  await asking.give(asking.one.access, bo, ['reader'])
  const ask = async (resource: object) =>
    (await search('subject', { subject: { type: 'user' }, action: read, resource, page: { limit: 200 } })).results.map(
      ({ id }) => id,
    )
  assert.ok((await ask(mailbox('nobody-shares-it'))).includes(bo))
  assert.ok((await ask({ type: 'organisation', id: 'self' })).includes(bo))
  assert.deepEqual(await ask({ type: 'organisation', id: newId('org') }), [])
  const state = { now: 'active' as 'active' | 'disabled' }
  asking.one.access.lendDirectory({
    states: async (_tx, _organisationId, ids) => new Map(ids.map((id) => [id, id === bo ? state.now : 'disabled'])),
    active: async () => [bo],
  })
  assert.deepEqual(await ask({ type: 'organisation', id: 'self' }), [bo])
  state.now = 'disabled'
  assert.deepEqual(await ask({ type: 'organisation', id: 'self' }), [])
  asking.one.access.lendDirectory(null as never)
})

test('actions are the application’s own that a check allows, in pages', async () => {
  const bo = newId('usr')
  await asking.share(`inbox:mailbox/x#owner@user:${bo}`)
  await asking.give(asking.one.access, bo, ['administrator'])
  const question = { subject: user(bo), resource: mailbox('x') }
  const all = await search('action', question)
  assert.deepEqual(all.results, [{ name: 'inbox:admin' }, read, { name: 'inbox:write' }])
  assert.equal(all.page.next_token, '')
  const first = await search('action', { ...question, page: { limit: 1 } })
  assert.deepEqual(first.results, [{ name: 'inbox:admin' }])
  const next = await search('action', { ...question, page: { limit: 2, token: first.page.next_token } })
  assert.deepEqual([next.results, next.page.next_token], [[read, { name: 'inbox:write' }], ''])
  const whole = await search('action', { ...question, resource: { type: 'organisation', id: asking.organisationId } })
  assert.deepEqual(whole.results, all.results)
  const foreign = Buffer.from('notes:read').toString('base64url')
  for (const token of ['x', foreign])
    assert.deepEqual(await refused('action', { ...question, page: { token } }), [400, 'ACCESS_CURSOR_INVALID'])
  assert.deepEqual((await search('action', { ...question, subject: user(newId('usr')) })).results, [])
})
