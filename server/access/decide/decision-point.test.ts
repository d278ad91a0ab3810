import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { compilePolicies } from '../cedar/api.ts'
import type { NotedDecision } from '../decisions/api.ts'
import type { RoleEntry, Standing } from '../grants/grants.ts'
import type { LivePolicies } from '../policies/api.ts'
import type { Held } from '../relations/api.ts'
import { checkResourceTypes } from '../relations/check-resource-types.ts'
import { parseResourceTypes } from '../relations/resource-types.ts'
import { builtInOf } from './built-in.ts'
import { DecisionPoint } from './decision-point.ts'
import type { Facts, Question, What } from './question.ts'

const types = checkResourceTypes(
  parseResourceTypes('inbox', {
    mailbox: {
      relations: {
        owner: { is: { direct: ['user'] }, permissions: ['inbox:read', 'inbox:write'] },
        reader: { is: { any: [{ direct: ['user', 'group'] }, { relation: 'owner' }] }, permissions: ['inbox:read'] },
      },
    },
  }),
  () => true,
)

const forever = Number.POSITIVE_INFINITY
const nobody: Held = { holds: false, untilMs: forever, conditional: null, path: [] }

// The rooms around, as small as they can be: what they promise is tested where they are.
let standings: Map<string, Standing>
let held: Map<string, Held | Promise<Held>>
let asked: string[]
let noted: NotedDecision[]
let text: string
let version: number
let healthy: boolean
let announce: () => void
let point: DecisionPoint
let reads: number

const role = (name: string, own: readonly string[], includes: readonly string[] = []): RoleEntry => ({
  name,
  summary: '',
  permissions: own,
  ownPermissions: own,
  includes,
  closure: [name, ...includes],
  privileged: false,
  marked: false,
  from: 'configuration',
})
const table = {
  version: 'one',
  withheld: [],
  roles: new Map([
    ['reader', role('reader', ['inbox:read'])],
    ['writer', role('writer', ['inbox:write'], ['reader'])],
    ['nothing', role('nothing', [])],
  ]),
}

beforeEach(() => {
  standings = new Map()
  held = new Map()
  asked = []
  noted = []
  text = ''
  version = 0
  healthy = true
  reads = 0
  announce = () => point.forget(null)
  const answer = ({ resource, relation }: { resource: { type: string; id: string }; relation: string }) => {
    const id = `${resource.type}/${resource.id}#${relation}`
    asked.push(id)
    return held.get(id) ?? nobody
  }
  point = new DecisionPoint({
    types,
    builtIn: builtInOf(types),
    bus: { healthy: () => healthy } as never,
    revisionOf: () => 7,
    log: { note: (decision) => void noted.push(decision) },
    grants: {
      roleTable: () => table,
      standingOf: (_organisation, id) => {
        reads += 1
        return standings.get(id) ?? { roles: [], groups: [], untilMs: forever }
      },
    },
    relations: { holds: answer, explain: async (question: never) => answer(question) } as never,
    policies: { live: () => livePolicies() },
  })
})

function livePolicies(): LivePolicies {
  const parts = cedar.policySetTextToParts(text)
  assert.equal(parts.type, 'success')
  const own = Object.fromEntries(
    (parts.type === 'success' ? parts.policies : []).map((one, at) => {
      const json = cedar.policyToJson(one)
      assert.equal(json.type, 'success')
      return [`policy/${at}`, json.type === 'success' ? json.json : null]
    }),
  )
  return {
    version,
    schema: {},
    policies: { staticPolicies: own },
    compileWith: ({ staticPolicies }) => compilePolicies({ staticPolicies: { ...staticPolicies, ...own } }),
  }
}
const withPolicies = (policies: string) => {
  text = policies
  version = 3
}

const facts: Facts = {
  nowMs: Date.parse('2026-11-21T12:00:00Z'),
  address: '198.51.100.7',
  assurance: 1,
  factors: ['pwd'],
  risk: 0,
  api: false,
}
const organisation: What = { type: null, id: 'org_a', organisationId: 'org_a' }
const mailbox: What = { type: 'inbox:mailbox', id: 'm1', organisationId: 'org_a' }
const question = (permission: string, what: What = organisation, more: Partial<Question['who']> = {}): Question => ({
  who: { kind: 'user', id: 'usr_bo', organisationId: 'org_a', ...more },
  permission,
  what,
  facts,
})
const said = async (one: Question) => {
  const { allowed, reason, policies } = await point.check(one)
  return [allowed, reason, ...policies]
}
const is = (roles: readonly string[], groups: readonly string[] = [], untilMs = forever) =>
  standings.set('usr_bo', { roles, groups, untilMs })

test('what nobody granted is refused, whoever it is and whatever they call it', async () => {
  for (const permission of [
    'inbox:read',
    'inbox:*',
    '*',
    '',
    'constructor',
    '__proto__',
    'a"]) permit(principal,action,resource);',
  ])
    assert.deepEqual(await said(question(permission)), [false, 'no-grant'], permission)
})

test('a role grants what is its own, and what it includes is granted by that', async () => {
  is(['reader', 'writer'])
  assert.deepEqual(await said(question('inbox:read')), [true, 'permitted', 'role/reader'])
  assert.deepEqual(await said(question('inbox:write')), [true, 'permitted', 'role/writer'])
  assert.deepEqual(await said(question('inbox:delete')), [false, 'no-grant'])
})

test('roles that came with who asks count with what they include, and those that are none count for nothing', async () => {
  assert.deepEqual(await said(question('inbox:read', organisation, { roles: ['writer'] })), [
    true,
    'permitted',
    'role/reader',
  ])
  assert.deepEqual(await said(question('inbox:read', organisation, { roles: ['reader"]', 'constructor'] })), [
    false,
    'no-grant',
  ])
  is(['reader'])
  assert.deepEqual(await said(question('inbox:read', organisation, { roles: [] })), [false, 'no-grant'])
})

test('nobody acts outside their organisation, whatever grants it', async () => {
  is(['reader'])
  withPolicies('permit(principal, action, resource);')
  held.set('inbox:mailbox/m1#reader', { ...nobody, holds: true })
  for (const what of [organisation, mailbox])
    assert.deepEqual(await said(question('inbox:read', { ...what, organisationId: 'org_b' })), [
      false,
      'forbidden',
      'organisation-boundary',
    ])
})

test('a relation grants on that resource alone, whether it is remembered or has to be waited for', async () => {
  const yes: Held = { ...nobody, holds: true }
  for (const answer of [yes, Promise.resolve(yes)]) {
    announce()
    held.set('inbox:mailbox/m1#reader', answer)
    assert.deepEqual(await said(question('inbox:read', mailbox)), [true, 'permitted', 'relation/inbox:mailbox/reader'])
    assert.deepEqual(await said(question('inbox:write', mailbox)), [false, 'no-grant'])
    assert.deepEqual(await said(question('inbox:read', { ...mailbox, id: 'm2' })), [false, 'no-grant'])
    assert.deepEqual(await said(question('inbox:read')), [false, 'no-grant'])
  }
})

test('a type that nobody declared has no relations', async () => {
  held.set('inbox:folder/m1#reader', { ...nobody, holds: true })
  assert.deepEqual(await said(question('inbox:read', { ...mailbox, type: 'inbox:folder' })), [false, 'no-grant'])
})

test('what an application says of a resource can name no relation and no organisation', async () => {
  const attributes = {
    organisation: 'org_a',
    reader: { __entity: { type: 'Custodia::Role', id: 'reader' } },
    owner: { __entity: { type: 'Custodia::Group', id: 'grp_all' } },
  }
  is(['reader'], ['grp_all'])
  assert.deepEqual(await said(question('inbox:write', { ...mailbox, attributes })), [false, 'no-grant'])
  assert.deepEqual(await said(question('inbox:read', { ...mailbox, organisationId: 'org_b', attributes })), [
    false,
    'forbidden',
    'organisation-boundary',
  ])
})

test('a grant under conditions that are not met is told apart from none', async () => {
  const unmet = { names: ['assurance'], assurance: 2 } as const
  held.set('inbox:mailbox/m1#reader', { ...nobody, conditional: unmet })
  const verdict = await point.check(question('inbox:read', mailbox))
  assert.deepEqual([verdict.allowed, verdict.reason, verdict.unmet], [false, 'condition', unmet])
})

test('a key does what its scopes name and its owner may, and its refusals say so', async () => {
  is(['reader', 'writer'])
  const key = (permission: string, scopes: readonly string[]) => said(question(permission, organisation, { scopes }))
  assert.deepEqual(await key('inbox:read', ['inbox:*']), [true, 'permitted', 'role/reader'])
  assert.deepEqual(await key('inbox:read', ['inbox:write']), [false, 'forbidden', 'key-scope'])
  assert.deepEqual(await key('inbox:read', []), [false, 'forbidden', 'key-scope'])
  assert.deepEqual(await key('inbox:delete', ['inbox:*']), [false, 'no-grant'])
  assert.equal(noted.filter(({ policies }) => policies[0] === 'key-scope').length, 2)
})

test('a policy of the organisation forbids what a role grants, and permits what none does', async () => {
  is(['reader'])
  withPolicies(`forbid(principal, action == Custodia::Action::"inbox:read", resource) when { context.assurance < 2 };
    permit(principal in Custodia::Group::"grp_x", action == Custodia::Action::"inbox:write", resource);`)
  assert.deepEqual(await said(question('inbox:read')), [false, 'forbidden', 'policy/0'])
  const sure = { ...question('inbox:read'), facts: { ...facts, assurance: 2 as const } }
  assert.deepEqual(await said(sure), [true, 'permitted', 'role/reader'])
  assert.deepEqual(await said(question('inbox:write')), [false, 'no-grant'])
  is(['reader'], ['grp_x'])
  assert.deepEqual(await said(question('inbox:write')), [true, 'permitted', 'policy/1'])
})

test('a forbid that can’t be evaluated forbids; a permit that can’t grants nothing', async () => {
  is(['reader'])
  withPolicies('forbid(principal, action, resource) when { context.nothing == 1 };')
  const verdict = await point.check(question('inbox:read'))
  assert.deepEqual(
    [verdict.allowed, verdict.reason, verdict.policies, verdict.errors],
    [false, 'forbidden', ['policy/0'], ['policy/0']],
  )
  withPolicies('permit(principal, action, resource) when { context.nothing == 1 };')
  assert.deepEqual(await said(question('inbox:write')), [false, 'no-grant'])
})

test('what an application sends stands under its own name and overrides nothing', async () => {
  withPolicies('permit(principal, action, resource) when { context.assurance == 3 };')
  const sent = { ...facts, application: { assurance: 3, time: 'never', risk: 0 } }
  assert.deepEqual(await said({ ...question('inbox:read'), facts: sent }), [false, 'no-grant'])
  withPolicies('permit(principal, action, resource) when { context.application.assurance == 3 };')
  assert.deepEqual(await said({ ...question('inbox:read'), facts: sent }), [true, 'permitted', 'policy/0'])
})

test('a decision is made once, until something is announced, expires, or the bus is not to be believed', async () => {
  is(['reader'])
  const ask = () => said(question('inbox:read'))
  assert.deepEqual(
    [await ask(), await ask(), reads],
    [[true, 'permitted', 'role/reader'], [true, 'permitted', 'role/reader'], 1],
  )
  is([])
  announce()
  assert.deepEqual([await ask(), reads], [[false, 'no-grant'], 2])
  is(['reader'], [], facts.nowMs + 1_000)
  announce()
  assert.equal((await ask())[0], true)
  is([])
  const later = { ...question('inbox:read'), facts: { ...facts, nowMs: facts.nowMs + 1_000 } }
  assert.deepEqual(await said(later), [false, 'no-grant'])
  healthy = false
  is(['reader'])
  assert.equal((await ask())[0], true)
  is([])
  assert.equal((await ask())[0], false)
})

test('a decision that began before an announcement is not kept', async () => {
  const slow = Promise.withResolvers<Held>()
  held.set('inbox:mailbox/m1#reader', slow.promise)
  const before = point.check(question('inbox:read', mailbox))
  held.set('inbox:mailbox/m1#reader', nobody)
  announce()
  slow.resolve({ ...nobody, holds: true })
  assert.equal((await before).allowed, true)
  assert.deepEqual(await said(question('inbox:read', mailbox)), [false, 'no-grant'])
})

test('what was decided for one network, level or person serves no other', async () => {
  held.set('inbox:mailbox/m1#reader', { ...nobody, holds: true })
  assert.equal((await said(question('inbox:read', mailbox)))[0], true)
  held.set('inbox:mailbox/m1#reader', nobody)
  const elsewhere = { ...question('inbox:read', mailbox), facts: { ...facts, address: '203.0.113.9' } }
  const surer = { ...question('inbox:read', mailbox), facts: { ...facts, assurance: 2 as const } }
  const other = question('inbox:read', mailbox, { id: 'usr_cy' })
  const machine = question('inbox:read', mailbox, { kind: 'service' })
  for (const one of [elsewhere, surer, other, machine]) assert.equal((await said(one))[0], false)
  assert.equal((await said(question('inbox:read', mailbox)))[0], true)
})

test('where policies look at circumstances nothing is remembered', async () => {
  withPolicies('permit(principal, action, resource) when { context.risk < 500 };')
  const risky = { ...question('inbox:read'), facts: { ...facts, risk: 900 } }
  assert.deepEqual([(await said(question('inbox:read')))[0], (await said(risky))[0]], [true, false])
})

test('a context is made once, and only where a policy that can apply reads it', async () => {
  is(['reader'])
  let made = 0
  const counting: Facts = {
    ...facts,
    get factors() {
      made++
      return []
    },
  }
  const ask = async (permission: string) => {
    made = 0
    await point.check({ ...question(permission), facts: counting }, { log: false })
    return made
  }
  assert.equal(await ask('inbox:read'), 0, 'without policies of its own')
  withPolicies(`forbid(principal, action == Custodia::Action::"inbox:write", resource) when { context.risk > 5 };
    permit(principal, action == Custodia::Action::"inbox:write", resource) when { context.api && context.assurance > 1 };`)
  assert.deepEqual([await ask('inbox:read'), await ask('inbox:write')], [0, 1])
})

test('the log gets each decision with what it was made from, and lists leave it alone', async () => {
  is(['reader'])
  await point.check(question('inbox:read', mailbox))
  await point.check(question('inbox:read', { ...mailbox, id: 'm9' }), { log: false })
  assert.equal(noted.length, 1)
  const [{ decision, action, resource, revision, recorded } = {} as NotedDecision] = noted
  assert.deepEqual(
    [decision, action, resource, revision],
    ['allow', 'inbox:read', { type: 'inbox:mailbox', id: 'm1' }, 7],
  )
  assert.deepEqual(recorded()?.principal.roles, ['reader'])
})

test('a decision that was remembered is logged with what it was made from, and with its own circumstances', async () => {
  is(['reader'])
  const riskier = { ...question('inbox:read', mailbox), facts: { ...facts, risk: 600 } }
  await point.check(question('inbox:read', mailbox))
  await point.check(riskier)
  const [first, second] = noted.map(({ recorded }) => recorded())
  assert.equal(noted[1]?.latencyMicroseconds, 0)
  assert.deepEqual(second, { ...first, context: { ...first?.context, risk: 600 } })
})

test('an explanation reads anew, says which ways were looked at, and what would have granted it', async () => {
  is(['nothing'])
  const conditional = { names: ['network'] } as const
  held.set('inbox:mailbox/m1#reader', { ...nobody, conditional })
  const { verdict, considered, relations, wouldGrant } = await point.explain(question('inbox:read', mailbox))
  assert.deepEqual([verdict.reason, verdict.unmet], ['condition', conditional])
  assert.ok(considered.includes('relation/inbox:mailbox/reader') && considered.includes('organisation-boundary'))
  assert.deepEqual(Object.keys(relations).sort(), ['owner', 'reader'])
  assert.deepEqual(wouldGrant, { roles: ['reader'], relations: ['owner', 'reader'] })
  assert.equal(noted.length, 0)
})
