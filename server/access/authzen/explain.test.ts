import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import { serve, signIn } from '../../sessions/testing.ts'
import type { AskingHouse } from './testing.ts'
import { openAskingHouse } from './testing.ts'

let asking: AskingHouse
let end: () => Promise<void>
let as: (
  userId: string,
  organisationId?: string,
) => Promise<(body: object) => Promise<{ status: number; code: string | null; body: Record<string, unknown> }>>
before(async () => {
  asking = await openAskingHouse()
  const server = await serve(asking.one, asking.one.access.routes)
  end = () => server.close()
  as = async (userId, organisationId = asking.organisationId) => {
    const { cookie } = await signIn(asking.one, { userId, organisationId })
    return (body) => server.browser(cookie).call('POST', '/v1/access/explain', body)
  }
})
after(async () => {
  await end()
  await asking.close()
})

const about = (id: string, mailbox: string, permission = 'inbox:read') => ({
  subject: { type: 'user', id },
  permission,
  resource: { type: 'inbox:mailbox', id: mailbox },
})

test('of others only those who may read the log of decisions are told, and of another organisation nobody', async () => {
  const [boss, bo] = [newId('usr'), newId('usr')]
  await asking.give(asking.one.access, boss, ['administrator'])
  await asking.share(`inbox:mailbox/1#owner@user:${bo}`)
  const asBo = await as(bo)
  const refused = await asBo(about(boss, '1'))
  assert.deepEqual([refused.status, refused.code], [403, 'ACCESS_DENIED'])
  assert.equal((await asBo({ ...about(bo, '1'), subject: { type: 'service', id: bo } })).status, 403)
  const asBoss = await as(boss)
  assert.equal((await asBoss(about(bo, '1'))).body.decision, true)
  // The same person elsewhere is another one: without a role there, and about nothing here.
  const elsewhere = await as(bo, newId('org'))
  assert.deepEqual((await elsewhere(about(bo, '1'))).body.relations, [
    { name: 'owner', holds: false, until: null, unmet: null, path: [] },
    { name: 'reader', holds: false, until: null, unmet: null, path: [] },
  ])
  for (const [change, field] of [
    [{ permission: 'a"b' }, 'body.permission'],
    [{ who: 1 }, 'body.who'],
    [{ resource: { type: 'inbox:mailbox', id: '1', properties: { a: 1.5 } } }, 'body.resource.properties'],
  ] as const)
    assert.equal((await asBo({ ...about(bo, '1'), ...change })).body.field, field)
})

test('the way of a right is told, with what would be missing and what would give it', async () => {
  const [boss, bo] = [newId('usr'), newId('usr')]
  await asking.give(asking.one.access, boss, ['administrator'])
  await asking.give(asking.one.access, bo, ['reader'])
  await asking.share(`inbox:mailbox/2#reader@user:${bo}`, { condition: { assurance: 3 } })
  const ask = await as(boss)
  const { body } = await ask(about(bo, '2'))
  assert.deepEqual(
    [body.decision, body.reason, body.policies, body.roles],
    [true, 'permitted', ['role/reader'], ['reader']],
  )
  assert.deepEqual(body.wouldGrant, { roles: ['administrator', 'reader'], relations: ['owner', 'reader'] })
  assert.ok((body.considered as string[]).includes('role/reader'))
  const own = await (await as(bo))(about(bo, '2', 'inbox:write'))
  assert.deepEqual([own.body.decision, own.body.reason, own.body.considered], [false, 'no-grant', null])
  await asking.give(asking.one.access, bo, [])
  const conditional = (await (await as(bo))(about(bo, '2'))).body
  assert.deepEqual([conditional.reason, conditional.unmet], ['condition', { names: ['assurance'], assurance: 3 }])
  const [reader] = (
    conditional.relations as { name: string; path: { rule: string; tuple: { relation: string } }[] }[]
  ).filter(({ name }) => name === 'reader')
  assert.deepEqual(
    reader?.path.map(({ rule, tuple }) => [rule, tuple.relation]),
    [['direct', 'reader']],
  )
  const strong = await (await as(bo))({ ...about(bo, '2'), context: { custodia: { assurance: 3 } } })
  assert.equal(strong.body.decision, true)
  const machine = await ask({ ...about(bo, '2'), subject: { type: 'service', id: newId('svc') } })
  assert.deepEqual([machine.body.decision, machine.body.reason], [false, 'inactive'])
})
