import type { Attributes, Compiled, EntityStore, EntityUid, Value } from '../cedar/api.ts'
import { entityUid, recordFromJson } from '../cedar/api.ts'
import { nowhere } from '../cedar-address.ts'
import type { PolicySetJson } from '../policies/api.ts'
import { entityTypeOf, relationId } from '../policies/schema.ts'
import type { LoggedDecision, Recorded } from './api.ts'
import { NotRecorded } from './api.ts'

/** Relations by the declared type. */
export type RelationsOfTypes = ReadonlyMap<string, readonly string[]>

export type Replayed = { readonly decision: 'allow' | 'deny'; readonly by: readonly string[] }

/** Where no address was known, the decision was made as for nowhere. */
const fromNowhere = { network: { __extn: { fn: 'ip', arg: nowhere } } }

const principalTypes = {
  user: 'Custodia::User',
  service: 'Custodia::Service',
  application: 'Custodia::Application',
} as const

/**
 * Decides a logged decision again with other policies, from what was recorded with it and from nothing else.
 *
 * @throws NotRecorded where these policies ask for something that the log does not say.
 */
export function replay(
  logged: LoggedDecision,
  organisationId: string,
  { compiled, policies, types }: { compiled: Compiled; policies: PolicySetJson; types: RelationsOfTypes },
): Replayed {
  const { recorded, resource } = logged
  if (recorded === null) throw new NotRecorded('with what it was decided')
  const relations = resource === null ? undefined : types.get(resource.type)
  const principal = entityUid(principalTypes[logged.principal.kind], logged.principal.id)
  const about =
    resource === null || relations === undefined
      ? entityUid('Custodia::Resource', resource?.id ?? organisationId)
      : entityUid(entityTypeOf(resource.type), resource.id)
  const store = recordedStore(recorded, principal, about, (name) =>
    resource !== null && relations?.includes(name) === true ? relationId(resource, name) : null,
  )
  const answer = compiled.decide(
    {
      principal,
      action: entityUid('Custodia::Action', logged.action),
      resource: about,
      context: recordFromJson({ ...fromNowhere, ...recorded.context }),
    },
    store,
  )
  // As the decision function does: a forbid that can't be evaluated forbids.
  const failed = answer.errors.map(({ policyId }) => policyId).filter((id) => isForbid(policies, id))
  if (failed.length > 0) return { decision: 'deny', by: failed }
  return { decision: answer.decision, by: answer.determining }
}

function isForbid({ staticPolicies }: PolicySetJson, id: string): boolean {
  const own = Object.hasOwn(staticPolicies, id) ? (staticPolicies[id] as { effect?: unknown }) : undefined
  return own === undefined || own.effect !== 'permit'
}

function recordedStore(
  recorded: Recorded,
  principal: EntityUid,
  resource: EntityUid,
  relation: (name: string) => string | null,
): EntityStore {
  const above = new Map(
    [
      ...recorded.principal.roles.map((role) => entityUid('Custodia::Role', role)),
      ...recorded.principal.groups.map((group) => entityUid('Custodia::Group', group)),
    ].map((uid) => [uid.key, uid]),
  )
  const ofPrincipal = recordFromJson(recorded.principal.attributes)
  const given = recordFromJson(recorded.resource.attributes)
  const ofResource: Attributes = {
    get(name): Value | undefined {
      const id = relation(name)
      if (id !== null) return entityUid('Custodia::Relation', id)
      const value = given.get(name)
      if (value === undefined && !recorded.resource.complete) throw new NotRecorded(`resource.${name}`)
      return value
    },
  }
  return {
    attributes: (uid) => (uid.key === principal.key ? ofPrincipal : uid.key === resource.key ? ofResource : undefined),
    tags: () => undefined,
    isIn(uid, ancestor) {
      if (uid.key !== principal.key) return false
      if (ancestor.type !== 'Custodia::Relation') return above.has(ancestor.key)
      const holds = Object.hasOwn(recorded.relations, ancestor.id) ? recorded.relations[ancestor.id] : undefined
      if (holds === undefined)
        throw new NotRecorded(`the relation ${ancestor.id.slice(ancestor.id.lastIndexOf('#') + 1)}`)
      return holds
    },
    ancestors: (uid) => (uid.key === principal.key ? above.values() : []),
  }
}
