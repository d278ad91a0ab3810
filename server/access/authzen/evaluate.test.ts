import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { newId } from '../../platform/random.ts'
import type { AskingHouse } from './testing.ts'
import { applicationOf, openAskingHouse } from './testing.ts'

let asking: AskingHouse
before(async () => {
  asking = await openAskingHouse()
})
after(() => asking.close())

const one = '/access/v1/evaluation'
const several = '/access/v1/evaluations'
const user = (id = newId('usr')) => ({ type: 'user', id })
const read = { name: 'inbox:read' }
const mailbox = (id: string) => ({ type: 'inbox:mailbox', id })

type Decision = { decision: boolean; context: Record<string, unknown> }
const decide = async (body: object, who = 'inbox') => {
  const answer = await asking.call(who, one, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body as unknown as Decision
}
const decisions = async (body: object) => {
  const answer = await asking.call('inbox', several, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return (answer.body.evaluations as Decision[]).map(({ decision }) => decision)
}

test('nobody asks without the permission, and an application not about another one', async () => {
  const { callers, organisationId } = asking
  callers.set('bare', { ...applicationOf('inbox', organisationId), roles: [] } as never)
  callers.set('narrow', { ...applicationOf('inbox', organisationId), scopes: ['keyring:*'] } as never)
  const good = { subject: user(), action: read, resource: mailbox('1') }
  assert.equal((await asking.call('', one, good)).status, 401)
  for (const who of ['bare', 'narrow']) assert.equal((await asking.call(who, one, good)).status, 403, who)
  for (const wrong of [
    { action: { name: 'notes:read' } },
    { action: { name: 'inbox' } },
    { action: { name: 'inboxes:read' } },
    { action: { name: 'ledger:read' }, resource: { type: 'organisation', id: organisationId } },
    { resource: { type: 'notes:note', id: '1' } },
    { resource: { type: 'inboxmailbox', id: '1' } },
  ]) {
    for (const [path, body] of [
      [one, { ...good, ...wrong }],
      [several, { evaluations: [good, { ...good, ...wrong }] }],
    ] as const) {
      const answer = await asking.call('inbox', path, body)
      assert.deepEqual([answer.status, answer.code], [403, 'ACCESS_NOT_YOUR_APPLICATION'], JSON.stringify(wrong))
    }
  }
})

test('what is unknown, huge, deep, or has an inherited name is refused by its field', async () => {
  const good = { subject: user(), action: read, resource: mailbox('1') }
  const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`)
  for (const [change, field] of [
    [{ subject: { ...user(), role: 'administrator' } }, 'body.subject.role'],
    [{ subject: { type: 'group', id: 'grp_x' } }, 'body.subject.type'],
    [{ subject: { type: 'user' } }, 'body.subject.id'],
    [{ subject: { type: 'user', id: 7 } }, 'body.subject.id'],
    [{ subject: { type: 'user', id: 'usr_\u0000' } }, 'body.subject.id'],
    [{ action: { name: 'a"b' } }, 'body.action.name'],
    [{ action: { name: '__proto__' } }, 'body.action.name'],
    [{ resource: { type: 'Inbox', id: '1' } }, 'body.resource.type'],
    [{ resource: mailbox('') }, 'body.resource.id'],
    [{ resource: mailbox('a\u0000b') }, 'body.resource.id'],
    [{ resource: mailbox('\ud800') }, 'body.resource.id'],
    [{ resource: { ...mailbox('1'), properties: { a: '\ud800' } } }, 'body.resource.properties.a'],
    [{ resource: { ...mailbox('1'), properties: { a: 1.5 } } }, 'body.resource.properties'],
    [{ resource: { ...mailbox('1'), properties: { a: null } } }, 'body.resource.properties'],
    [{ resource: { ...mailbox('1'), properties: { a: 'x'.repeat(9_000) } } }, 'body.resource.properties'],
    [{ resource: { ...mailbox('1'), properties: { __entity: 1 } } }, 'body.resource.properties'],
    [{ subject: { ...user(), properties: { a: 'x'.repeat(9_000) } } }, 'body.subject.properties'],
    [{ action: { ...read, properties: { a: 1.5 } } }, 'body.action.properties'],
    [{ context: { a: 'x'.repeat(9_000) } }, 'body.context'],
    [{ context: { a: 1 } }, 'body.context.a'],
    [{ context: { custodia: { risk: 1_001 } } }, 'body.context.custodia.risk'],
    [{ context: { custodia: { factors: ['otp'] } } }, 'body.context.custodia.factors'],
    [{ context: { custodia: { assurance: 4 } } }, 'body.context.custodia.assurance'],
    [{ context: { custodia: { address: '10.0.0.0/8' } } }, 'body.context.custodia.address'],
    [{ context: { custodia: { address: 'fe80::1%eth0' } } }, 'body.context.custodia.address'],
    [{ who: 'else' }, 'body.who'],
  ] as const) {
    const answer = await asking.call('inbox', one, { ...good, ...change })
    assert.deepEqual([answer.status, answer.body.field], [400, field], JSON.stringify(change).slice(0, 80))
  }
  const nested = { resource: { ...mailbox('1'), properties: { a: deep } } }
  assert.equal((await asking.call('inbox', one, { ...good, ...nested })).status, 200)
  const tooDeep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)
  assert.equal((await asking.call('inbox', one, { ...good, context: tooDeep })).status, 400)
  const members = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, 1]))
  assert.equal((await asking.call('inbox', one, { ...good, context: members })).status, 400)
  assert.equal((await asking.call('inbox', one, { ...good, padding: 'x'.repeat(70_000) })).status, 413)
  for (const name of ['constructor', 'toString', 'hasOwnProperty'])
    assert.deepEqual(
      [
        (await decide({ ...good, resource: mailbox(name) })).decision,
        (await asking.call('inbox', one, { ...good, context: { [name]: '\u0000' } })).body.field,
      ],
      [false, `body.context.${name}`],
    )
})

test('whoever is not of the organisation, and a group by the name of a person, is denied as everybody without a right', async () => {
  const elsewhere = newId('org')
  const stranger = newId('usr')
  await asking.share(`inbox:mailbox/s#reader@user:${stranger}`, {}, elsewhere)
  const group = newId('grp')
  await asking.share(`inbox:mailbox/s#reader@group:${group}`)
  await asking.share('inbox:mailbox/all#reader@user:*')
  for (const subject of [
    user(stranger),
    { type: 'user', id: group },
    { type: 'user', id: '*' },
    { type: 'service', id: newId('svc') },
    { type: 'service', id: stranger },
    { type: 'application', id: stranger },
  ])
    for (const id of ['s', 'all']) {
      if (subject.id === stranger && subject.type === 'user' && id === 'all') continue
      const { decision, context } = await decide({ subject, action: read, resource: mailbox(id) })
      assert.deepEqual([decision, context.reason], [false, 'no-grant'], JSON.stringify(subject))
    }
  // The organisation of another is not reached, whatever a role says.
  const bo = newId('usr')
  await asking.give(asking.one.access, bo, ['reader'])
  const whole = (id: string) => decide({ subject: user(bo), action: read, resource: { type: 'organisation', id } })
  assert.equal((await whole(asking.organisationId)).decision, true)
  assert.equal((await whole('self')).decision, true)
  assert.equal((await whole(elsewhere)).decision, false)
})

test('relations and roles decide; a condition says what is missing, and an application tells the circumstances', async () => {
  const [bo, ann] = [newId('usr'), newId('usr')]
  await asking.share(`inbox:mailbox/7#owner@user:${bo}`)
  await asking.share(`inbox:mailbox/7#reader@user:${ann}`, { condition: { networks: ['10.0.0.0/8'], assurance: 2 } })
  const write = { subject: user(bo), action: { name: 'inbox:write' }, resource: mailbox('7') }
  const allowed = await decide(write)
  assert.equal(allowed.decision, true)
  assert.deepEqual(Object.keys(allowed.context).sort(), ['reason', 'token'])
  assert.equal((await decide({ ...write, resource: mailbox('8') })).decision, false)
  assert.equal((await decide({ ...write, action: { name: 'inbox:admin' } })).decision, false)
  const asAnn = (custodia: object) =>
    decide({ subject: user(ann), action: read, resource: mailbox('7'), context: { custodia } })
  const { decision, context } = await asAnn({})
  assert.deepEqual([decision, context.reason], [false, 'condition'])
  assert.deepEqual(context.unmet, { names: ['network', 'assurance'], assurance: 2 })
  assert.equal((await asAnn({ address: '10.1.2.3' })).decision, false)
  assert.equal((await asAnn({ address: '10.1.2.3', assurance: 2 })).decision, true)
})

test('what decided is told to those who may read the log of decisions, and to nobody else', async () => {
  const { callers, organisationId } = asking
  const administrator = {
    ...applicationOf('inbox', organisationId),
    kind: 'key',
    owner: { kind: 'user', id: newId('usr') },
  }
  callers.set('boss', { ...administrator, roles: ['administrator'], scopes: ['access:*'] } as never)
  callers.set('asker', { ...administrator, roles: ['administrator'], scopes: ['access:check'] } as never)
  const bo = newId('usr')
  await asking.give(asking.one.access, bo, ['reader'])
  const body = { subject: user(bo), action: read, resource: { type: 'organisation', id: organisationId } }
  assert.deepEqual((await decide(body, 'boss')).context.policies, ['role/reader'])
  assert.equal((await decide(body, 'asker')).context.policies, undefined)
  // Whoever is no application asks about everything of the organisation.
  assert.equal((await decide({ ...body, action: { name: 'ledger:read' } }, 'asker')).decision, false)
})

test('a batch keeps the order, takes defaults from above, and stops where its semantic says so', async () => {
  const bo = newId('usr')
  await asking.share(`inbox:mailbox/b1#reader@user:${bo}`)
  await asking.share(`inbox:mailbox/b3#reader@user:${bo}`)
  const at = (id: string) => ({ resource: mailbox(id) })
  const above = { subject: user(bo), action: read }
  const batch = (ids: string[], semantic?: string) =>
    decisions({
      ...above,
      evaluations: ids.map(at),
      ...(semantic === undefined ? {} : { options: { evaluations_semantic: semantic, another: 1 } }),
    })
  assert.deepEqual(await batch(['b1', 'b2', 'b3']), [true, false, true])
  assert.deepEqual(await batch(['b1', 'b2', 'b3'], 'execute_all'), [true, false, true])
  assert.deepEqual(await batch(['b1', 'b2', 'b3'], 'deny_on_first_deny'), [true, false])
  assert.deepEqual(await batch(['b2', 'b1', 'b3'], 'permit_on_first_permit'), [false, true])
  assert.deepEqual(
    await decisions({ ...above, evaluations: [{ ...at('b1'), action: { name: 'inbox:write' } }, at('b1')] }),
    [false, true],
  )
  const single = await asking.call('inbox', several, { ...above, ...at('b1'), evaluations: [] })
  assert.deepEqual([single.body.decision, single.body.evaluations], [true, undefined])
  for (const [body, field] of [
    [{ ...above, evaluations: [at('b1'), {}] }, 'body.evaluations.1.resource'],
    [{ evaluations: [{ ...at('b1'), action: read }] }, 'body.evaluations.0.subject'],
    [{ ...above }, 'body.resource'],
    [{ ...above, evaluations: Array.from({ length: 101 }, () => at('b1')) }, 'body.evaluations'],
    [
      { ...above, evaluations: [at('b1')], options: { evaluations_semantic: 'any' } },
      'body.options.evaluations_semantic',
    ],
    [
      { ...above, evaluations: [{ ...at('b1'), context: { custodia: { atLeast: 'x' } } }] },
      'body.evaluations.0.context.custodia.atLeast',
    ],
    [{ ...above, context: { custodia: { atLeast: 'x' } }, evaluations: [at('b1')] }, 'body.context.custodia.atLeast'],
    // A context of its own does not hide what stands above.
    [
      { ...above, context: { custodia: { atLeast: 'x' } }, evaluations: [{ ...at('b1'), context: {} }] },
      'body.context.custodia.atLeast',
    ],
  ] as const) {
    const answer = await asking.call('inbox', several, body)
    assert.deepEqual([answer.status, answer.body.field], [400, field], JSON.stringify(body).slice(0, 120))
  }
  const hundred = await decisions({ ...above, evaluations: Array.from({ length: 100 }, (_, i) => at(`b${i % 4}`)) })
  assert.equal(hundred.filter(Boolean).length, 50)
})

test('the request’s own identifier comes back, unless it is none', async () => {
  const body = { subject: user(), action: read, resource: mailbox('1') }
  const sent = await asking.call('inbox', one, body, { 'x-request-id': 'bfe9eb29-ab87' })
  assert.equal(sent.headers['x-request-id'], 'bfe9eb29-ab87')
  const odd = await asking.call('inbox', one, body, { 'x-request-id': 'a b' })
  assert.equal(odd.headers['x-request-id'], undefined)
})

test('the configuration names the endpoints under the public address', async () => {
  const { status, body } = await asking.call('', '/.well-known/authzen-configuration')
  assert.equal(status, 200)
  assert.equal(body.policy_decision_point, 'http://custodia.localhost:8080')
  for (const name of ['access_evaluation', 'access_evaluations', 'search_subject', 'search_resource', 'search_action'])
    assert.match(String(body[`${name}_endpoint`]), /^http:\/\/custodia\.localhost:8080\/access\/v1\//)
})

test('people who may not sign in, or whom nobody knows, are denied even what everyone may', async () => {
  const [active, invited, disabled, unknown] = [newId('usr'), newId('usr'), newId('usr'), newId('usr')]
  const states = new Map([
    [active, 'active'],
    [invited, 'invited'],
    [disabled, 'disabled'],
  ] as const)
  await asking.share('inbox:mailbox/everyone#reader@user:*')
  await asking.give(asking.one.access, disabled, ['reader'])
  asking.one.access.lendDirectory({
    active: async () => [],
    states: async (_tx, organisationId, ids) =>
      organisationId === asking.organisationId ? new Map([...states].filter(([id]) => ids.includes(id))) : new Map(),
  })
  const evaluations = [active, invited, disabled, unknown].map((id) => ({ subject: user(id) }))
  assert.deepEqual(await decisions({ action: read, resource: mailbox('everyone'), evaluations }), [
    true,
    false,
    false,
    false,
  ])
})
