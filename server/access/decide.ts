import cedar from '@cedar-policy/cedar-wasm/nodejs'
import type { Decision, Resource } from '../platform/http/ports.ts'
import type { Principal } from '../platform/http/principal.ts'
import type { PermissionTable } from '../platform/module.ts'
import type { Role } from './api.ts'
import { withinScopes } from './key-scope.ts'

const maxRemembered = 10_000

/**
 * The one decision function: Cedar policies made from the roles, and one rule above them all, that nobody acts outside
 * their organisation. Deny by default.
 *
 * A decision here follows from the roles, the permission and whether the organisations are the same, and from nothing
 * else; so it is made once by Cedar and remembered. Other roles are another decider.
 */
export class Decider {
  readonly #policySetId: string
  readonly #remembered = new Map<string, Decision>()

  /**
   * @param policySetId under which Cedar keeps them, in the place of what it kept under it before.
   * @throws Error where Cedar finds a policy invalid against the schema.
   */
  constructor(roles: readonly Role[], permissions: PermissionTable, policySetId: string) {
    const policies = policiesFor(roles)
    const schema = schemaFor(Object.keys(permissions))
    const checked = cedar.validate({ schema, policies: { staticPolicies: policies } })
    if (checked.type === 'failure') throw new Error(`Cedar refuses the policies: ${checked.errors[0]?.message}`)
    const wrong = checked.validationErrors[0]
    if (wrong !== undefined) throw new Error(`Cedar refuses policy ${wrong.policyId}: ${wrong.error.message}`)
    this.#policySetId = policySetId
    cedar.preparsePolicySet(this.#policySetId, { staticPolicies: policies })
  }

  decide(principal: Principal, permission: string, resource?: Resource): Decision {
    if (!withinScopes(principal, permission)) return outsideScopes
    const organisationId = resource?.organisationId ?? principal.organisationId
    const own = organisationId === principal.organisationId
    const key = `${kindOf(principal)} ${own} ${permission} ${principal.roles.join(' ')}`
    const known = this.#remembered.get(key)
    if (known !== undefined) return known
    const decision = this.#ask(principal, permission, organisationId)
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.set(key, decision)
    return decision
  }

  #ask(principal: Principal, permission: string, organisationId: string): Decision {
    const who = { type: entityTypes[kindOf(principal)], id: principal.id }
    const what = { type: 'Custodia::Resource', id: organisationId }
    const parents = principal.roles.map((role) => ({ type: 'Custodia::Role', id: role }))
    const answer = cedar.statefulIsAuthorized({
      principal: who,
      action: { type: 'Custodia::Action', id: permission },
      resource: what,
      context: {},
      preparsedPolicySetId: this.#policySetId,
      entities: [
        { uid: who, attrs: { organisation: principal.organisationId }, parents },
        { uid: what, attrs: { organisation: organisationId }, parents: [] },
      ],
    })
    // An answer that Cedar could not give, or gave with errors, is a refusal.
    if (answer.type === 'failure') throw new Error(`Cedar could not decide: ${answer.errors[0]?.message}`)
    const { decision, diagnostics } = answer.response
    const allowed = decision === 'allow' && diagnostics.errors.length === 0
    const reason = allowed ? 'permitted' : diagnostics.reason.length > 0 ? 'forbidden' : 'no-grant'
    return { allowed, reason, policies: diagnostics.reason }
  }
}

const entityTypes = {
  user: 'Custodia::User',
  service: 'Custodia::Application',
  application: 'Custodia::Application',
} as const

/** For the policies a key is its owner. */
const kindOf = (principal: Principal) => (principal.kind === 'key' ? principal.owner.kind : principal.kind)

const outsideScopes: Decision = { allowed: false, reason: 'forbidden', policies: ['key-scope'] }

/** One permit per role that grants anything, and the boundary between organisations. */
export function policiesFor(roles: readonly Role[]): Record<string, string> {
  const permits = roles
    .filter((role) => role.permissions.length > 0)
    .map((role) => {
      const actions = role.permissions.map((permission) => `Custodia::Action::${JSON.stringify(permission)}`)
      return [
        `role/${role.name}`,
        `permit(principal in Custodia::Role::${JSON.stringify(role.name)}, action in [${actions.join(', ')}], resource);`,
      ]
    })
  return {
    ...(Object.fromEntries(permits) as Record<string, string>),
    'organisation-boundary':
      'forbid(principal, action, resource) unless { principal.organisation == resource.organisation };',
  }
}

function schemaFor(permissions: readonly string[]) {
  const ofOrganisation = { type: 'Record', attributes: { organisation: { type: 'String' } } } as const
  const appliesTo = { principalTypes: ['User', 'Application'], resourceTypes: ['Resource'] }
  return {
    Custodia: {
      entityTypes: {
        Role: {},
        User: { memberOfTypes: ['Role'], shape: ofOrganisation },
        Application: { memberOfTypes: ['Role'], shape: ofOrganisation },
        Resource: { shape: ofOrganisation },
      },
      actions: Object.fromEntries(permissions.map((permission) => [permission, { appliesTo }])),
    },
  }
}
