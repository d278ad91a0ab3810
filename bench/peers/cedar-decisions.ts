import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { compilePolicies, entitiesFromJson, entityFromJson, recordFromJson } from '../../server/access/cedar/api.ts'

// Decisions about the same requests by the same policies: compiled, or by cedar-wasm with the policies parsed beforehand. Each message
// asks for a round, and is answered with decisions in a second.
const [kind, count] = [process.argv[2] ?? '', Number(process.argv[3])]
const roundMs = 100
const actions = ['read', 'write', 'share', 'delete', 'export']
const types = ['Message', 'Folder', 'Contact', 'Rule']

const value = (json: unknown) => ({ Value: json })
const variable = (name: string) => ({ Var: name })
const of = (holder: unknown, attr: string) => ({ '.': { left: holder, attr } })
const is = (name: string, left: unknown, right: unknown) => ({ [name]: { left, right } })
const action = (at: number) => ({ type: 'Action', id: actions[at % actions.length] })

/** A permit of a role, for one type and one action or two, under a condition: what an organisation writes. */
function permit(at: number): unknown {
  const conditions = [
    is('>=', of(variable('context'), 'assurance'), value(at % 3)),
    is('==', of(variable('principal'), 'department'), of(variable('resource'), 'department')),
    is('contains', of(variable('resource'), 'labels'), value(`label ${at % 7}`)),
    { isInRange: [of(variable('context'), 'address'), { ip: [value(`10.${at % 250}.0.0/16`)] }] },
    { '!': { arg: is('<', of(variable('context'), 'risk'), value(at % 90)) } },
  ]
  return {
    effect: 'permit',
    principal: { op: 'in', entity: { type: 'Role', id: `role ${at % Math.max(5, count / 10)}` } },
    action: { op: 'in', entities: [action(at), action(at + 2)] },
    resource: { op: 'is', entity_type: types[at % types.length] },
    conditions: [{ kind: 'when', body: is('&&', conditions[at % 5], conditions[(at + 1) % 5]) }],
  }
}

const boundary = {
  effect: 'forbid',
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions: [
    {
      kind: 'unless',
      body: is('==', of(variable('principal'), 'organisation'), of(variable('resource'), 'organisation')),
    },
  ],
}
const staticPolicies = Object.fromEntries([
  ['boundary', boundary],
  ...Array.from({ length: count - 1 }, (_, at) => [`permit ${at}`, permit(at)]),
])

const requests = Array.from({ length: 64 }, (_, at) => {
  const principal = { type: 'User', id: `user ${at % 16}` }
  const resource = { type: types[at % types.length] ?? '', id: `item ${at}` }
  const roles = [at, at + 3, at + 5].map((role) => ({ type: 'Role', id: `role ${role % Math.max(5, count / 10)}` }))
  const organisation = at % 10 === 0 ? 'org 2' : 'org 1'
  return {
    principal,
    action: action(at) as { type: string; id: string },
    resource,
    context: {
      assurance: at % 3,
      risk: (at * 7) % 100,
      address: { __extn: { fn: 'ip', arg: `10.${at}.1.2` } },
    },
    entities: [
      { uid: principal, attrs: { organisation: 'org 1', department: `department ${at % 4}` }, parents: roles },
      {
        uid: resource,
        attrs: { organisation, department: `department ${at % 3}`, labels: [`label ${at % 7}`, 'inbox'] },
        parents: [{ type: 'Folder', id: 'inbox' }],
      },
    ],
  }
})

/** Each gives the number of requests that it allowed, so that nobody decides nothing. */
const rounds: Readonly<Record<string, () => () => number>> = {
  /** From the same JSON as cedar-wasm: nothing of a request is known before. */
  compiled() {
    const compiled = compilePolicies({ staticPolicies })
    return () => {
      let allowed = 0
      for (const { principal, action, resource, context, entities } of requests) {
        const request = {
          principal: entityFromJson(principal),
          action: entityFromJson(action),
          resource: entityFromJson(resource),
          context: recordFromJson(context),
        }
        if (compiled.decide(request, entitiesFromJson(entities)).decision === 'allow') allowed++
      }
      return allowed
    }
  },
  /** Entities and requests are values already, as they are where a store holds them. */
  'compiled-held'() {
    const compiled = compilePolicies({ staticPolicies })
    const held = requests.map(({ principal, action, resource, context, entities }) => ({
      request: {
        principal: entityFromJson(principal),
        action: entityFromJson(action),
        resource: entityFromJson(resource),
        context: recordFromJson(context),
      },
      store: entitiesFromJson(entities),
    }))
    return () => {
      let allowed = 0
      for (const { request, store } of held) if (compiled.decide(request, store).decision === 'allow') allowed++
      return allowed
    }
  },
  'cedar-wasm'() {
    const parsed = cedar.preparsePolicySet('bench', { staticPolicies: staticPolicies as never })
    if (parsed.type === 'failure') throw new Error(parsed.errors[0]?.message)
    return () => {
      let allowed = 0
      for (const request of requests) {
        const answer = cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: 'bench' })
        if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
        if (answer.response.decision === 'allow') allowed++
      }
      return allowed
    }
  },
}
const round = rounds[kind]?.()
if (round === undefined) throw new Error(`there is no ${kind}`)

process.on('message', () => {
  const allowed = round()
  let decided = 0
  const start = process.cpuUsage()
  const startMs = performance.now()
  while (performance.now() - startMs < roundMs) {
    if (round() !== allowed) throw new Error('the same request was decided in two ways')
    decided += requests.length
  }
  const { user, system } = process.cpuUsage(start)
  process.send?.({ perSecond: (decided / (user + system)) * 1e6, allowed })
})
process.send?.({ port: 0 })
process.once('disconnect', () => process.exit())
