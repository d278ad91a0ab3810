import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import type { AskingHouse } from '../authzen/testing.ts'
import { applicationOf, openAskingHouse } from '../authzen/testing.ts'

let asking: AskingHouse
before(async () => {
  asking = await openAskingHouse()
})
after(() => asking.close())

const path = '/v1/relations'
const to = (id: string, relation: string, user: string, more: object = {}) => ({
  resource: { type: 'inbox:mailbox', id },
  relation,
  subject: { type: 'user', id: user },
  ...more,
})
const write = (body: object, who = 'inbox') => asking.call(who, path, body)
const list = async (id: string, who = 'inbox', more = '') =>
  await asking.call(who, `${path}?type=inbox:mailbox&id=${id}${more}`)
const may = async (user: string, id: string, atLeast: unknown, name = 'inbox:read') => {
  const context = { custodia: { atLeast } }
  const asked = {
    subject: { type: 'user', id: user },
    action: { name },
    resource: { type: 'inbox:mailbox', id },
    context,
  }
  return (await asking.call('inbox', '/access/v1/evaluation', asked)).body.decision
}

/** A person's or a service account's key, so that the tests say what it was made for. */
function keyOf(name: string, id: string, scopes: readonly string[], organisationId = asking.organisationId): void {
  const kind = id.startsWith('svc_') ? 'service' : 'user'
  const owner = { kind, id } as const
  const principal: Principal = {
    kind: 'key',
    owner,
    id,
    organisationId,
    roles: ['administrator'],
    keyId: 'key_x',
    scopes,
  }
  asking.callers.set(name, principal)
}

test('another application’s types are neither written nor shown, in whatever place of the list', async () => {
  const bo = newId('usr')
  const foreign = { ...to('1', 'reader', bo), resource: { type: 'notes:note', id: '1' } }
  for (const body of [{ add: [foreign] }, { add: [to('1', 'reader', bo), foreign] }, { remove: [foreign] }]) {
    const { status, code } = await write(body)
    assert.deepEqual([status, code], [403, 'ACCESS_NOT_YOUR_APPLICATION'])
  }
  assert.equal((await asking.call('inbox', `${path}?type=notes:note&id=1`)).code, 'ACCESS_NOT_YOUR_APPLICATION')
  assert.deepEqual((await list('1')).body.items, [], 'nothing of a refused change was written')
  asking.callers.set('bare', { ...applicationOf('inbox', asking.organisationId), roles: [] } as never)
  assert.equal((await write({ add: [to('1', 'reader', bo)] }, 'bare')).status, 403)
  assert.equal((await list('1', 'bare')).status, 403)
  assert.equal((await write({ add: [] }, '')).status, 401)
})

test('what is malformed, too much, unknown or said twice is refused whole', async () => {
  const bo = newId('usr')
  const good = to('m', 'reader', bo)
  for (const [body, expected] of [
    [{}, 'ACCESS_RELATION_MALFORMED'],
    [{ add: [good, good] }, 'ACCESS_RELATION_MALFORMED'],
    [{ add: [good], remove: [good] }, 'ACCESS_RELATION_MALFORMED'],
    [
      {
        add: Array.from({ length: 60 }, (_, i) => to(`m${i}`, 'reader', bo)),
        remove: Array.from({ length: 41 }, (_, i) => to(`n${i}`, 'reader', bo)),
      },
      'ACCESS_RELATION_MALFORMED',
    ],
    [{ add: [good, to('m', 'writer', bo)] }, 'ACCESS_RELATION_UNKNOWN'],
    [{ add: [good, { ...good, resource: { type: 'inbox:folder', id: '1' } }] }, 'ACCESS_RELATION_UNKNOWN'],
    [{ add: [good, { ...good, subject: { type: 'role', id: 'reader' } }] }, 'ACCESS_RELATION_SUBJECT_REFUSED'],
    [{ add: [good, { ...to('m', 'owner', bo), expiresAt: '2001-01-01T00:00:00.000Z' }] }, 'ACCESS_RELATION_MALFORMED'],
    [
      { add: [good, { ...to('m', 'owner', bo), condition: { networks: ['10.0.0.0/33'] } }] },
      'ACCESS_RELATION_MALFORMED',
    ],
    [{ add: Array.from({ length: 101 }, (_, i) => to(`m${i}`, 'reader', bo)) }, 'body.add'],
    [{ add: [{ ...good, relation: '__proto__' }] }, 'body.add.0.relation'],
    [{ add: [{ ...good, relation: 'constructor' }] }, 'ACCESS_RELATION_UNKNOWN'],
    [{ add: [{ ...good, by: null }] }, 'body.add.0.by'],
    [{ add: [{ ...good, expiresMs: 1 }] }, 'body.add.0.expiresMs'],
    [{ add: [{ ...good, condition: { assurance: 4 } }] }, 'body.add.0.condition.assurance'],
    [{ add: [to('a b', 'reader', bo)] }, 'body.add.0.resource.id'],
    [{ add: [to('a#b', 'reader', bo)] }, 'body.add.0.resource.id'],
    [{ add: [good], by: null }, 'body.by'],
  ] as const) {
    const { status, code, body: problem } = await write(body)
    assert.deepEqual(problem.field ?? code, expected, JSON.stringify(body).slice(-100))
    assert.ok(status === 400 || status === 422)
  }
  assert.deepEqual((await list('m')).body.items, [])
  for (const query of ['&limit=0', '&limit=201', '&cursor=a.b', '&all=1'])
    assert.equal((await list('m', 'inbox', query)).status, 400)
  assert.equal((await list('m', 'inbox', '&cursor=AAAA')).code, 'ACCESS_CURSOR_INVALID')
})

test('a person’s and a service account’s own rights limit what they give and take, and a key’s scopes whether they may at all', async () => {
  const [owner, guest, friend] = [newId('usr'), newId('usr'), newId('usr')]
  await write({ add: [to('p', 'owner', owner), to('p', 'reader', guest)] })
  keyOf('owner', owner, ['access:relations:*'])
  keyOf('guest', guest, ['access:relations:*'])
  keyOf('narrow', owner, ['access:check'])
  keyOf('machine', newId('svc'), ['access:relations:*'])
  keyOf('foreigner', owner, ['access:relations:*'], newId('org'))
  const share = { add: [to('p', 'reader', friend)] }
  assert.equal((await write(share, 'narrow')).status, 403)
  // Elsewhere they leave what they do not have.
  assert.equal((await write({ remove: [to('p', 'owner', owner)] }, 'foreigner')).body.changed, 0)
  assert.equal((await write(share, 'foreigner')).code, 'ACCESS_RELATION_NOT_YOURS_TO_GIVE')
  for (const who of ['guest', 'machine'])
    for (const body of [share, { add: [to('p', 'owner', guest)] }, { remove: [to('p', 'owner', owner)] }]) {
      const { status, code } = await write(body, who)
      assert.deepEqual([status, code], [403, 'ACCESS_RELATION_NOT_YOURS_TO_GIVE'], `${who} ${JSON.stringify(body)}`)
    }
  const { status, body } = await write(share, 'owner')
  assert.deepEqual([status, body.changed], [200, 1])
  assert.equal(await may(friend, 'p', body.token), true)
  // Whoever has a share may leave it.
  assert.equal((await write({ remove: [to('p', 'reader', guest)] }, 'guest')).body.changed, 1)
})

test('what is written counts with the token of its reply, is listed as it was written in pages, and twice is once', async () => {
  const [bo, ann] = [newId('usr'), newId('usr')]
  const expiresAt = new Date(asking.house.machine.clock.nowMs() + 60_000).toISOString()
  const condition = { networks: ['10.0.0.0/8'], assurance: 2, notBefore: '2020-01-01T00:00:00.000Z' }
  const add = [to('w', 'owner', bo), to('w', 'reader', ann, { condition, expiresAt })]
  const { body } = await write({ add })
  assert.equal(body.changed, 2)
  assert.equal((await write({ add: [to('w', 'owner', bo)] })).body.changed, 0)
  assert.equal(await may(bo, 'w', body.token, 'inbox:write'), true)
  assert.deepEqual((await list('w')).body, { items: add, next: null })
  const first = (await list('w', 'inbox', '&limit=1')).body
  assert.deepEqual(first.items, [add[0]])
  assert.deepEqual((await list('w', 'inbox', `&limit=1&cursor=${String(first.next)}`)).body.items, [add[1]])
  assert.equal((await list('x', 'inbox', `&cursor=${String(first.next)}`)).code, 'ACCESS_CURSOR_INVALID')
  const taken = await write({ remove: [to('w', 'owner', bo)] })
  assert.equal(await may(bo, 'w', taken.body.token, 'inbox:write'), false)
  const changed = asking.house.events.filter(({ type }) => type === 'access.relations.changed').at(-1)
  assert.deepEqual(changed?.actor, { kind: 'application', id: 'inbox' })
})
