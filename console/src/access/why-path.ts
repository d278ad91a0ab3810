import type { Standing } from '@custodia/wire/http/access.ts'
import type { Explained } from '@custodia/wire/http/relations.ts'
import type { whyTexts } from '../texts-of-access-why.ts'

export type SubjectKind = 'user' | 'service' | 'application'

/** One question. `resource` null: the organisation as a whole. */
export type Asked = {
  readonly subject: { readonly type: SubjectKind; readonly id: string }
  readonly permission: string
  readonly resource: { readonly type: string; readonly id: string } | null
}

/** One place on a way. `id` may be a name or an identifier; `on` is the resource of a relation. */
export type Place = {
  readonly kind: keyof typeof whyTexts.kinds
  readonly id: string
  readonly on?: string
}

export type Way = {
  readonly outcome: 'permits' | 'forbids' | 'unmet' | 'excluded' | 'nothing'
  readonly places: readonly Place[]
}

type Held = Explained['relations'][number]
type Step = Held['path'][number]

/** As many are drawn; more of them say nothing new. */
const maxWays = 4

/**
 * How one comes from a subject to what is asked about, or why one does not: each way from the subject on.
 *
 * @param standing null where whoever looks may not see it: then ways have no groups.
 */
export function waysOf(asked: Asked, explained: Explained, standing: Standing | null): readonly Way[] {
  const { decision, reason, policies, relations } = explained
  const start: Place = { kind: asked.subject.type, id: asked.subject.id }
  const { resource } = asked
  const end: Place =
    resource === null ? { kind: 'organisation', id: '' } : { kind: 'resource', id: `${resource.type}/${resource.id}` }
  const way = (outcome: Way['outcome'], between: readonly Place[]): Way => ({
    outcome,
    places: [start, ...between, end],
  })
  const held = (one: Held) => placesOfPath(one.path, standing)
  if (decision)
    return policies
      .slice(0, maxWays)
      .map((policy) => way('permits', placesOfPolicy(policy, relations, standing) ?? [{ kind: 'permit', id: policy }]))
  if (reason === 'forbidden') return policies.slice(0, maxWays).map((id) => way('forbids', [{ kind: 'forbid', id }]))
  const closed = relations.filter(({ unmet, path }) => unmet !== null && path.length > 0)
  if (reason === 'condition' && closed.length > 0) return closed.slice(0, maxWays).map((one) => way('unmet', held(one)))
  const excluded = relations.filter(({ holds, path }) => !holds && path.length > 0)
  if (excluded.length > 0) return excluded.slice(0, maxWays).map((one) => way('excluded', held(one)))
  return [way('nothing', [{ kind: 'missing', id: '' }])]
}

/** @returns null where it is none of the built-in ones. */
function placesOfPolicy(
  policy: string,
  relations: readonly Held[],
  standing: Standing | null,
): readonly Place[] | null {
  const [kind, ...rest] = policy.split('/')
  if (kind === 'role') return placesOfRole(rest.join('/'), standing)
  if (kind !== 'relation') return null
  const found = relations.find(({ name }) => name === rest.at(-1))
  return found === undefined ? null : placesOfPath(found.path, standing)
}

function placesOfRole(name: string, standing: Standing | null): readonly Place[] {
  const found = standing?.roles.find((role) => role.name === name)
  const by: readonly Place[] = found === undefined || found.by === name ? [] : [{ kind: 'role', id: found.by }]
  return [...groups(found?.through ?? []), ...by, { kind: 'role', id: name }]
}

const groups = (ids: readonly string[]): readonly Place[] => ids.map((id) => ({ kind: 'group', id }))

/** A path begins at the resource; a way ends there. */
function placesOfPath(path: readonly Step[], standing: Standing | null): readonly Place[] {
  return path.toReversed().flatMap(({ resource, relation, rule, tuple }): readonly Place[] => {
    const own: Place = { kind: 'relation', id: relation, on: `${resource.type}/${resource.id}` }
    if (tuple === null) return [own]
    const { subject } = tuple
    if (rule === 'parent') return [{ kind: 'parent', id: `${subject.type}/${subject.id}` }, own]
    return [...placesOfSubject(subject, standing), own]
  })
}

/** What stands between somebody and a tuple that names them: nothing where it names them, or what a step before has told. */
function placesOfSubject({ type, id }: { type: string; id: string }, standing: Standing | null): readonly Place[] {
  if (id === '*') return [{ kind: 'everyone', id: '' }]
  if (type === 'role') return placesOfRole(id, standing)
  if (type !== 'group') return []
  return groups([...(standing?.groups.find((group) => group.id === id)?.through ?? []), id])
}
