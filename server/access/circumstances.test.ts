import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { DraftedPolicies, ShadowReport, TestedPolicies } from '@custodia/wire/http/policies.ts'
import { newId } from '../platform/random.ts'
import type { Answer, Browser, TestHouse, TestProcess, TestServer } from '../sessions/testing.ts'
import { openTestHouse, serve, signIn } from '../sessions/testing.ts'
import { applicationOf, declared } from './authzen/testing.ts'

// Each circumstance that a policy can look at, from the text of the policy to the answer of a route, on two processes.

const text = `
@id("at-risk") forbid(principal, action == Custodia::Action::"access:roles:read", resource)
when { context.risk > 50 };
@id("at-night") forbid(principal, action == Custodia::Action::"access:groups:read", resource)
when { context.time.toTime() < duration("6h") };
@id("elsewhere") forbid(principal, action == Custodia::Action::"access:approvals:read", resource)
unless { context.network.isInRange(ip("192.0.2.0/24")) };
@id("one-factor") forbid(principal, action == Custodia::Action::"access:reviews:read", resource)
unless { context.assurance >= 2 && context.factors.contains("otp") };
@id("no-keys") forbid(principal, action == Custodia::Action::"access:service-accounts:read", resource)
when { context.api };
@id("confidential") forbid(principal, action == Custodia::Action::"inbox:read", resource)
when { resource has dataClass && resource.dataClass == "confidential" && context.assurance < 2 };
@id("secret") forbid(principal, action == Custodia::Action::"inbox:read", resource)
when { context has dataClass && context.dataClass == "secret" };
@id("client") forbid(principal, action == Custodia::Action::"inbox:write", resource)
unless { context has application && context.application.client == "desk"
  && (if context.application has tags then context.application.tags.contains("safe") else true) };
`
const reason = 'Agreed on Monday'
const hourMs = 3_600_000
const known = { 'x-forwarded-for': '192.0.2.7' }
const { mailbox } = declared.resources.inbox as { mailbox: object }

const conditions = {
  desk: 'context has application && context.application.client == "desk"',
  calm: { when: 'context.risk <= context.parameters.most', parameters: { most: 'Long' } },
}

let house: TestHouse
let one: TestProcess
let two: TestProcess
let servers: readonly TestServer[]
let organisationId: string

before(async () => {
  house = await openTestHouse()
  const changes = {
    permissions: { ...declared.permissions, 'notes:read': { summary: 'notes:read' } },
    resources: { inbox: { mailbox: { ...mailbox, dataClass: 'confidential' }, board: { ...mailbox, conditions } } },
    contexts: {
      inbox: { client: { type: 'String', required: true }, tags: 'Set<String>', sent: 'datetime', amount: 'decimal' },
    },
  }
  one = await house.process(changes)
  two = await house.process(changes)
  organisationId = newId('org')
  const caller = { inbox: applicationOf('inbox', organisationId), notes: applicationOf('notes', organisationId) }
  const authenticators = [
    {
      name: 'test',
      authenticate: ({ headers }: { headers: Record<string, unknown> }) =>
        caller[String(headers['x-caller']) as 'inbox'] ?? null,
    },
  ]
  servers = await Promise.all([one, two].map((process) => serve(process, process.access.routes, authenticators)))
  await live(text)
})
after(async () => {
  for (const server of servers) await server.close()
  for (const process of [one, two]) await process.access.stop()
  await house.close()
})

async function administratorOf(signed: Awaited<ReturnType<typeof signIn>>): Promise<string> {
  await one.context.database.transaction((tx) =>
    one.access.setRoles(tx, {
      ...{ organisationId, subjectId: signed.userId, roles: ['administrator'], by: null, actor: { kind: 'system' } },
    }),
  )
  return signed.cookie
}

/** Somebody with every permission, just signed in: tests let hours pass. */
const administrator = async () => servers[0]?.browser(await session()) as Browser

async function shadowed(policies: string): Promise<ShadowReport & { number: number }> {
  const browser = await administrator()
  const drafted = await browser.call('POST', '/v1/policies', { text: policies, reason }, known)
  const { version, findings } = drafted.body as unknown as DraftedPolicies
  assert.deepEqual([drafted.status, findings.green], [201, true], JSON.stringify(findings))
  await browser.call('POST', `/v1/policies/${version.number}/test`, undefined, known)
  const answer = await browser.call('POST', `/v1/policies/${version.number}/shadow`, { days: 7 }, known)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return { ...(answer.body as unknown as ShadowReport), number: version.number }
}
async function live(policies: string): Promise<void> {
  const { number } = await shadowed(policies)
  const answer = await (await administrator()).call('POST', `/v1/policies/${number}/activate`, { reason }, known)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

/** What both processes say, twice: the second time from what they remember of the session. */
async function get(cookie: string, path: string, headers: Record<string, string> = known): Promise<unknown[]> {
  const answers: number[] = []
  for (const server of [...servers, ...servers])
    answers.push((await server.browser(cookie).call('GET', path, undefined, headers)).status)
  return [...new Set(answers)]
}
/** Another session of somebody with every permission. */
const session = async (who: { factors?: string[]; risk?: number } = {}) =>
  await administratorOf(await signIn(one, { organisationId, ...who }))

test('a risky session is refused on both processes, and no other session is, nor anything else', async () => {
  const [risky, usual, edge] = [await session({ risk: 51 }), await session(), await session({ risk: 50 })]
  assert.deepEqual(await get(risky, '/v1/roles'), [403])
  for (const cookie of [usual, edge]) assert.deepEqual(await get(cookie, '/v1/roles'), [200])
  assert.deepEqual(await get(risky, '/v1/service-accounts'), [200])
})

test('a session that both processes remember is refused as soon as it drifts too far', async () => {
  const cookie = await session({ risk: 20 })
  const stricter = text.replace('context.risk > 50', 'context.risk > 25')
  await live(stricter)
  assert.deepEqual(await get(cookie, '/v1/roles'), [200])
  const drifted = await servers[1]?.browser(cookie).call('GET', '/v1/roles', undefined, {
    'x-forwarded-for': '198.51.100.3',
  })
  assert.equal(drifted?.status, 403)
  assert.deepEqual(await get(cookie, '/v1/roles'), [403])
  await live(text)
})

test('the log has the risk that it was decided by, an explanation tells it apart, and a shadow decides it again', async () => {
  const risky = await session({ risk: 240 })
  assert.deepEqual(await get(risky, '/v1/roles'), [403])
  await one.access.decisions.drain()
  await two.access.decisions.drain()
  const since = new Date(0)
  const logged = await one.access.decisions.newest(organisationId, { since, before: null, limit: 200 })
  const refused = logged.filter(({ action, decision }) => action === 'access:roles:read' && decision === 'deny')
  assert.ok(refused.some(({ recorded }) => recorded?.context.risk === 240))
  const at = async (threshold: number) => {
    const { groups } = await shadowed(text.replace('context.risk > 50', `context.risk > ${threshold}`))
    return groups.find(({ action }) => action === 'access:roles:read')?.count ?? 0
  }
  const [high, low] = [await at(240), await at(239)]
  assert.ok(high >= 4 && low < high, `${high} ${low}`)
  const explained = async (cookie: string) => {
    const me = await one.sessions.authenticate({ ...head, headers: { ...head.headers, cookie: cookie.split(';')[0] } })
    const subject = { type: 'user', id: (me as { id: string }).id }
    const resource = { type: 'organisation', id: 'self' }
    const body = { subject, resource, permission: 'access:roles:read' }
    const answer = await servers[0]?.browser(cookie).call('POST', '/v1/access/explain', body, known)
    return [answer?.body.decision, answer?.body.policies]
  }
  assert.deepEqual(await explained(risky), [false, ['policy/at-risk']])
  assert.deepEqual(await explained(await session()), [true, ['role/administrator']])
})

test('by night what is forbidden by night, and at six it is not', async () => {
  assert.ok(house.machine.clock.nowMs() % (24 * hourMs) < 6 * hourMs)
  assert.deepEqual(await get(await session(), '/v1/groups'), [403])
  house.machine.clock.advance(6 * hourMs - 1 - (house.machine.clock.nowMs() % (24 * hourMs)))
  assert.deepEqual(await get(await session(), '/v1/groups'), [403])
  house.machine.clock.advance(1)
  assert.deepEqual(await get(await session(), '/v1/groups'), [200])
})

test('from another network what is forbidden there, with the address that trusted proxies tell', async () => {
  const cookie = await session()
  assert.deepEqual(await get(cookie, '/v1/approvals'), [200])
  for (const address of ['198.51.100.7', '2001:db8::1', '192.0.3.7'])
    assert.deepEqual(await get(cookie, '/v1/approvals', { 'x-forwarded-for': address }), [403], address)
  assert.deepEqual(await get(cookie, '/v1/approvals', { 'x-forwarded-for': '192.0.2.200' }), [200])
})

test('with one factor what needs two, and with another second factor than was asked for', async () => {
  assert.deepEqual(await get(await session(), '/v1/reviews'), [403])
  assert.deepEqual(await get(await session({ factors: ['pwd', 'sms'] }), '/v1/reviews'), [403])
  assert.deepEqual(await get(await session({ factors: ['pwd', 'otp'] }), '/v1/reviews'), [200])
})

const evaluate = async (body: object, who = 'inbox'): Promise<Answer> =>
  (await servers[1]?.browser().call('POST', '/access/v1/evaluation', body, { 'x-caller': who })) as Answer
const person = async () => {
  const signed = await signIn(one, { organisationId })
  await administratorOf(signed)
  return { type: 'user', id: signed.userId }
}

test('a key and an application have no risk, and are told from people', async () => {
  const account = { kind: 'service', id: 'svc_a' } as const
  const principal = { kind: 'key', owner: account, id: 'svc_a', organisationId, keyId: 'key_a' } as const
  const key = { ...principal, roles: ['administrator'], scopes: ['access:*'] }
  assert.equal((await one.access.decide(key, 'access:roles:read')).allowed, true)
  assert.deepEqual((await one.access.decide(key, 'access:service-accounts:read')).policies, ['policy/no-keys'])
  const application = { ...applicationOf('inbox', organisationId), roles: ['administrator'] } as const
  assert.deepEqual((await one.access.decide(application, 'access:service-accounts:read')).policies, ['policy/no-keys'])
})

test('data of a class: as the type declares it, as the application says it of one resource, and as neither does', async () => {
  const subject = await person()
  const decided = async (type: string, properties?: object, custodia?: object) => {
    const resource = { type: `inbox:${type}`, id: '7', ...(properties === undefined ? {} : { properties }) }
    const context = custodia === undefined ? {} : { context: { custodia } }
    return (await evaluate({ subject, action: { name: 'inbox:read' }, resource, ...context })).body.decision
  }
  assert.equal(await decided('mailbox'), false, 'the type is confidential')
  assert.equal(await decided('mailbox', undefined, { assurance: 2 }), true)
  assert.equal(await decided('board'), true)
  assert.equal(await decided('board', { dataClass: 'confidential' }), false)
  assert.equal(await decided('mailbox', { dataClass: 'public' }), true)
  assert.equal(await decided('board', { dataClass: 'secret' }, { assurance: 3 }), false)
  const resource = { type: 'inbox:board', id: '7', properties: { dataClass: ['secret'] } }
  const answer = await evaluate({ subject, action: { name: 'inbox:read' }, resource })
  assert.deepEqual([answer.status, answer.body.field], [400, 'body.resource.properties.dataClass'])
})

test('the risk that an application tells of its person counts, within the scale and of people alone', async () => {
  const policies = `${text}\n@id("inbox-at-risk") forbid(principal, action == Custodia::Action::"inbox:admin", resource)
    when { context.risk > 300 };`
  await live(policies)
  const subject = await person()
  const decided = async (who: object, risk: number) =>
    await evaluate({
      ...{ subject: who, action: { name: 'inbox:admin' }, resource: { type: 'inbox:board', id: '7' } },
      context: { custodia: { risk } },
    })
  assert.deepEqual(
    [(await decided(subject, 300)).body.decision, (await decided(subject, 301)).body.decision],
    [true, false],
  )
  for (const wrong of [-1, 1_001, 1.5]) assert.equal((await decided(subject, wrong)).status, 400, String(wrong))
  await live(text)
})

test('what an application sends decides as it is declared; what it did not declare is refused with its name', async () => {
  const subject = await person()
  const send = async (context: object, permission = 'inbox:write', who = 'inbox') =>
    await evaluate(
      { subject, action: { name: permission }, resource: { type: 'organisation', id: 'self' }, context },
      who,
    )
  const decision = async (context: object) => (await send(context)).body.decision
  assert.deepEqual(
    [await decision({}), await decision({ client: 'desk' }), await decision({ client: 'phone' })],
    [false, true, false],
  )
  assert.equal(await decision({ client: 'desk', tags: ['old'], sent: '2026-01-01', amount: '1.5' }), false)
  assert.equal(await decision({ client: 'desk', tags: ['old', 'safe'] }), true)
  for (const [context, field] of [
    [{ client: 'desk', nope: 1 }, 'body.context.nope'],
    [{ client: 7 }, 'body.context.client'],
    [{ tags: ['safe'] }, 'body.context.client'],
    [{ client: 'desk', tags: 'safe' }, 'body.context.tags'],
    [{ client: 'desk', amount: 1.5 }, 'body.context.amount'],
    [{ client: 'desk', sent: 'yesterday' }, 'body.context.sent'],
    [{ client: 'desk', risk: 0 }, 'body.context.risk'],
    [{ client: 'desk', constructor: 'x' }, 'body.context.constructor'],
  ] as const) {
    const answer = await send(context)
    assert.deepEqual([answer.status, answer.code, answer.body.field], [400, 'REQUEST_INVALID', field])
  }
  const others = await send({ client: 'desk' }, 'notes:read', 'notes')
  assert.deepEqual([others.status, others.body.field], [400, 'body.context.client'], 'of another application')
})

test('a share under a condition that the type declares counts where it is met, in checks, lists and explanations', async () => {
  const { userId: id } = await signIn(one, { organisationId })
  const share = async (board: string, named: object) =>
    (await servers[0]?.browser().call(
      ...(['POST', '/v1/relations'] as const),
      {
        add: [
          {
            ...{ resource: { type: 'inbox:board', id: board }, relation: 'reader', subject: { type: 'user', id } },
            condition: { named },
          },
        ],
      },
      { 'x-caller': 'inbox' },
    )) as Answer
  for (const wrong of [{ name: 'nope' }, { name: 'calm' }, { name: 'calm', parameters: { most: 'a' } }, { name: 7 }])
    assert.ok([400, 422].includes((await share('1', wrong)).status), JSON.stringify(wrong))
  for (const [board, named] of [
    ['1', { name: 'desk' }],
    ['2', { name: 'calm', parameters: { most: 10 } }],
  ] as const)
    assert.equal((await share(board, named)).status, 200)
  const asked = { subject: { type: 'user', id }, action: { name: 'inbox:read' } }
  const decided = async (board: string, context: object) =>
    (await evaluate({ ...asked, resource: { type: 'inbox:board', id: board }, context })).body
  assert.equal((await decided('1', { client: 'desk' })).decision, true)
  const refused = await decided('1', { client: 'phone' })
  assert.partialDeepStrictEqual(refused, {
    decision: false,
    context: { reason: 'condition', unmet: { names: ['condition'], conditions: ['desk'] } },
  })
  const risk = (of: number) => ({ custodia: { risk: of } })
  assert.deepEqual(
    [
      (await decided('2', risk(10))).decision,
      (await decided('2', risk(11))).decision,
      (await decided('2', risk(10))).decision,
    ],
    [true, false, true],
  )
  for (const [context, boards] of [
    [{}, ['2']],
    [{ client: 'desk' }, ['1', '2']],
    [{ client: 'desk', ...risk(11) }, ['1']],
    [risk(11), []],
  ] as const) {
    const body = { ...asked, resource: { type: 'inbox:board' }, context }
    const searched = '/access/v1/search/resource'
    const found = (await servers[1]?.browser().call('POST', searched, body, { 'x-caller': 'inbox' })) as Answer
    assert.deepEqual(
      (found.body.results as { id: string }[]).map((one) => one.id),
      boards,
    )
  }
  const about = { subject: asked.subject, permission: 'inbox:read', resource: { type: 'inbox:board', id: '1' } }
  const explained = await (await administrator()).call('POST', '/v1/access/explain', about, known)
  assert.deepEqual(explained.body.unmet, { names: ['condition'], conditions: ['desk'] })
  assert.match(JSON.stringify(explained.body.relations), /"named":\{"name":"desk"\}/)
})

test('a policy is held to what is declared: unknown names, other types and other applications’ are errors', async () => {
  const errorsOf = async (condition: string, permission = 'inbox:write') => {
    const file = `@id("x") permit(principal, action == Custodia::Action::"${permission}", resource) when { ${condition} };`
    const answer = await (await administrator()).call('POST', '/v1/policies/test', { text: file }, known)
    const { errors, warnings } = answer.body as unknown as TestedPolicies
    return [...errors, ...warnings].map(({ message }) => message).join(' ')
  }
  const sent = 'context has application && context.application'
  assert.equal(await errorsOf(`${sent}.client == "desk"`), '')
  assert.equal(await errorsOf(`${sent} has amount && context.application.amount.lessThan(decimal("2.0"))`), '')
  assert.match(await errorsOf(`${sent}.amount.lessThan(decimal("2.0"))`), /optional|unable to guarantee/)
  assert.match(await errorsOf(`${sent}.nope == 1`), /nope/)
  assert.match(
    await errorsOf(`${sent} has nope && context.application.nope == 1`),
    /never|impossible/i,
    'it can never hold',
  )
  assert.match(await errorsOf(`${sent}.client == 1`), /./)
  assert.match(await errorsOf('context.application.client == "desk"'), /application/)
  assert.match(await errorsOf(`${sent}.client == "desk"`, 'notes:read'), /impossible/, 'it sends none')
})

const head = {
  ...{ method: 'GET', url: '/', host: 'custodia.localhost', address: '192.0.2.7' },
  headers: {
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  } as Record<string, string | undefined>,
}
