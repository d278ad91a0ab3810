import { AbilityBuilder, createMongoAbility } from '@casl/ability'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { newEnforcer, newModelFromString } from 'casbin'
import { compilePolicies } from '../../server/access/cedar/api.ts'
import { builtInOf } from '../../server/access/decide/built-in.ts'
import { DecisionPoint } from '../../server/access/decide/decision-point.ts'
import type { Question } from '../../server/access/decide/question.ts'
import type { RoleEntry, RoleTable, Standing } from '../../server/access/grants/grants.ts'
import type { LivePolicies } from '../../server/access/policies/api.ts'
import type { Held, Relations } from '../../server/access/relations/api.ts'
import { typesOf } from '../../server/access/relations/testing.ts'

// The same questions, decided by the decision function, by cedar-wasm with the same policies and entities, by casbin and by CASL. An
// organisation of 10,000 people with five of 1,000 roles each, and 100,000 mailboxes that are shared with one of them each. Each message
// asks for a round, and is answered with decisions in a second of processor time.
const kind = process.argv[2] ?? ''
const roundMs = 150
const counts = { people: 10_000, roles: 1_000, shares: 100_000 } as const
const organisationId = 'org_a'
const forever = Number.POSITIVE_INFINITY

const types = typesOf('inbox', {
  mailbox: { relations: { reader: { is: { direct: ['user'] }, permissions: ['inbox:read'] } } },
})
const permissionOf = (role: number) => `inbox:act-${role % 200}`
const rolesOf = (person: number) => Array.from({ length: 5 }, (_, at) => (person * 7 + at * 131) % counts.roles)
const ownerOf = (mailbox: number) => (mailbox * 13) % counts.people
const roleName = (role: number) => `role-${role}`
const personId = (person: number) => `usr_${person}`

const entry = (role: number): RoleEntry => ({
  name: roleName(role),
  summary: '',
  permissions: [permissionOf(role)],
  ownPermissions: [permissionOf(role)],
  includes: [],
  closure: [roleName(role)],
  privileged: false,
  marked: false,
  from: 'organisation',
})
const table: RoleTable = {
  version: 'bench',
  withheld: [],
  roles: new Map(Array.from({ length: counts.roles }, (_, role) => [roleName(role), entry(role)])),
}
const builtIn = builtInOf(types)
const { staticPolicies } = builtIn(table)

/** Half of them about the organisation, half about a mailbox; about half of each is allowed. */
const asked = Array.from({ length: 512 }, (_, at) => {
  const person = (at * 37) % counts.people
  const mailbox = at % 4 < 2 ? null : (at * 29) % counts.shares
  const owner = mailbox !== null && at % 4 === 2
  const who = owner ? ownerOf(mailbox) : person
  const role = at % 2 === 0 ? (rolesOf(who)[at % 5] as number) : at
  return { who, mailbox, permission: mailbox === null ? permissionOf(role) : 'inbox:read' }
})
const questions = asked.map(
  ({ who, mailbox, permission }): Question => ({
    who: { kind: 'user', id: personId(who), organisationId },
    permission,
    what:
      mailbox === null
        ? { type: null, id: organisationId, organisationId }
        : { type: 'inbox:mailbox', id: `m${mailbox}`, organisationId },
    facts: { nowMs: 1, address: '192.0.2.1', assurance: 1, factors: ['pwd'], risk: 0, api: false },
  }),
)

function ours(): DecisionPoint {
  const standings = new Map<string, Standing>()
  for (let person = 0; person < counts.people; person++)
    standings.set(personId(person), { roles: rolesOf(person).map(roleName).sort(), groups: [], untilMs: forever })
  const shares = new Map<string, string>()
  for (let mailbox = 0; mailbox < counts.shares; mailbox++) shares.set(`m${mailbox}`, personId(ownerOf(mailbox)))
  const held = (holds: boolean): Held => ({ holds, untilMs: forever, conditional: null, path: [] })
  const [yes, no] = [held(true), held(false)]
  const compiled = compilePolicies({ staticPolicies })
  const live: LivePolicies = { version: 0, schema: {}, policies: { staticPolicies: {} }, compileWith: () => compiled }
  return new DecisionPoint({
    ...{ types, builtIn, revisionOf: () => 0, log: { note() {} } },
    bus: { healthy: () => true } as never,
    grants: { roleTable: () => table, standingOf: (_organisation, id) => standings.get(id) as Standing },
    relations: {
      holds: ({ resource, subject }) => (shares.get(resource.id) === subject.id ? yes : no),
    } as Partial<Relations> as Relations,
    policies: { live: () => live },
  })
}

/** Each gives the number of questions that it allowed: nobody decides nothing, and all decide alike. */
const rounds: Readonly<Record<string, () => Promise<() => number>>> = {
  async warm() {
    const point = ours()
    return () => {
      let allowed = 0
      for (const question of questions) {
        const verdict = point.check(question, {})
        if (!(verdict instanceof Promise) && verdict.allowed) allowed++
      }
      return allowed
    }
  },
  async cold() {
    const point = ours()
    return () => {
      point.forget(null)
      let allowed = 0
      for (const question of questions) {
        const verdict = point.check(question, {})
        if (!(verdict instanceof Promise) && verdict.allowed) allowed++
      }
      return allowed
    }
  },
  async 'cedar-wasm'() {
    const parsed = cedar.preparsePolicySet('bench', { staticPolicies: staticPolicies as never })
    if (parsed.type === 'failure') throw new Error(parsed.errors[0]?.message)
    const calls = asked.slice(0, 64).map(({ who, mailbox, permission }) => {
      const principal = { type: 'Custodia::User', id: personId(who) }
      const own = mailbox !== null && ownerOf(mailbox) === who
      const relation = { type: 'Custodia::Relation', id: `inbox:mailbox/m${mailbox}#reader` }
      const resource =
        mailbox === null
          ? { type: 'Custodia::Resource', id: organisationId }
          : { type: 'Inbox::Mailbox', id: `m${mailbox}` }
      const parents = rolesOf(who).map((role) => ({ type: 'Custodia::Role', id: roleName(role) }))
      return {
        ...{ principal, resource, preparsedPolicySetId: 'bench', context: {} },
        action: { type: 'Custodia::Action', id: permission },
        entities: [
          { uid: principal, attrs: { organisation: organisationId }, parents: own ? [...parents, relation] : parents },
          {
            uid: resource,
            attrs: { organisation: organisationId, ...(mailbox === null ? {} : { reader: { __entity: relation } }) },
            parents: [],
          },
        ],
      }
    })
    return () => {
      let allowed = 0
      for (const call of calls) {
        const answer = cedar.statefulIsAuthorized(call)
        if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
        if (answer.response.decision === 'allow') allowed++
      }
      return allowed
    }
  },
  /** A model of roles; the shares as policies for a person and a mailbox. */
  async casbin() {
    const model = newModelFromString(`[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act`)
    const enforcer = await newEnforcer(model)
    const people = [...new Set(asked.map(({ who }) => who))]
    await enforcer.addPolicies(
      Array.from({ length: counts.roles }, (_, role) => [roleName(role), '*', permissionOf(role)]),
    )
    await enforcer.addGroupingPolicies(people.flatMap((who) => rolesOf(who).map((r) => [personId(who), roleName(r)])))
    await enforcer.addPolicies(
      [...new Set(asked.flatMap(({ mailbox }) => (mailbox === null ? [] : [mailbox])))].map((mailbox) => [
        personId(ownerOf(mailbox)),
        `m${mailbox}`,
        'inbox:read',
      ]),
    )
    const calls = asked.slice(0, 8)
    return () => {
      let allowed = 0
      for (const { who, mailbox, permission } of calls)
        if (enforcer.enforceSync(personId(who), mailbox === null ? '*' : `m${mailbox}`, permission)) allowed++
      return allowed
    }
  },
  /** An ability for each person, built beforehand. */
  async casl() {
    const calls = asked.map(({ who, mailbox, permission }) => {
      const { can, build } = new AbilityBuilder(createMongoAbility)
      for (const role of rolesOf(who)) can(permissionOf(role), 'organisation')
      for (const { mailbox: shared } of asked)
        if (shared !== null && ownerOf(shared) === who) can('inbox:read', `m${shared}`)
      return { ability: build(), permission, subject: mailbox === null ? 'organisation' : `m${mailbox}` }
    })
    return () => {
      let allowed = 0
      for (const { ability, permission, subject } of calls) if (ability.can(permission, subject)) allowed++
      return allowed
    }
  },
}
const sizes: Readonly<Record<string, number>> = { 'cedar-wasm': 64, casbin: 8 }
const round = await rounds[kind]?.()
if (round === undefined) throw new Error(`there is no ${kind}`)
const size = sizes[kind] ?? asked.length

process.on('message', () => {
  const allowed = round()
  let decided = 0
  const start = process.cpuUsage()
  const startMs = performance.now()
  while (performance.now() - startMs < roundMs) {
    if (round() !== allowed) throw new Error('the same question was decided in two ways')
    decided += size
  }
  const { user, system } = process.cpuUsage(start)
  process.send?.({ perSecond: (decided * 1_000_000) / (user + system), allowed: allowed / size })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
