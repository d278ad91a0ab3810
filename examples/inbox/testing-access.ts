import type { RelationTuple } from '@custodia/sdk'

// As much of Custodia's decisions as one process of tests needs: owners, editors, readers, and folders in mailboxes. What Custodia itself
// decides is tested where it decides, and together with this application in `tests/journeys`.

type Body = Record<string, unknown>
type Reply = { readonly status: number; readonly reply: unknown }
type Named = { readonly type: string; readonly id: string }

const gives: Readonly<Record<string, readonly string[]>> = {
  'inbox:mail:read': ['reader', 'editor', 'owner'],
  'inbox:mail:write': ['editor', 'owner'],
  'inbox:mail:share': ['owner'],
}
const keyOf = ({ resource, relation, subject }: Pick<RelationTuple, 'resource' | 'relation' | 'subject'>) =>
  JSON.stringify([resource.type, resource.id, relation, subject.type, subject.id])

/** @param personOf who stands behind an assertion; null where it does not hold. */
export function createTestAccess(personOf: (assertion: string) => string | null) {
  const tuples = new Map<string, RelationTuple>()
  /** Everybody has these roles. */
  const roles = ['member']
  let token = 0
  const behalves: unknown[] = []

  function holds(user: string, permission: string, resource: Named): boolean {
    const all = [...tuples.values()].filter(
      (one) => one.resource.type === resource.type && one.resource.id === resource.id,
    )
    const theirs = all.some(({ relation, subject, expiresAt }) => {
      const named =
        subject.type === 'role' ? roles.includes(subject.id) : subject.type === 'user' && subject.id === user
      const lasts = expiresAt === undefined || Date.parse(expiresAt) > Date.now()
      return named && lasts && gives[permission]?.includes(relation) === true
    })
    return theirs || all.some(({ relation, subject }) => relation === 'parent' && holds(user, permission, subject))
  }

  const answers: Record<string, (body: Body) => Reply> = {
    '/v1/relations': ({ add = [], remove = [], onBehalfOf }) => {
      const changes = [...(add as RelationTuple[]), ...(remove as RelationTuple[])]
      behalves.push(onBehalfOf)
      const refused = (code: string) => ({ status: 403, reply: { code } })
      if (onBehalfOf !== undefined) {
        const person = personOf(onBehalfOf as string)
        if (person === null) return refused('ACCESS_ON_BEHALF_REFUSED')
        if (!changes.every(({ resource }) => holds(person, 'inbox:mail:share', resource)))
          return refused('ACCESS_RELATION_NOT_YOURS_TO_GIVE')
      }
      for (const one of add as RelationTuple[]) tuples.set(keyOf(one), one)
      for (const one of remove as RelationTuple[]) tuples.delete(keyOf(one))
      token += 1
      return { status: 200, reply: { changed: changes.length, token: `t${token}` } }
    },
    '/access/v1/search/resource': ({ subject, action, resource }) => {
      const { type } = resource as Named
      const ids = [
        ...new Set([...tuples.values()].filter((one) => one.resource.type === type).map((one) => one.resource.id)),
      ]
      const found = ids.filter((id) => holds((subject as Named).id, (action as { name: string }).name, { type, id }))
      return { status: 200, reply: { results: found.map((id) => ({ type, id })), page: { next_token: '' } } }
    },
    '/access/v1/evaluations': ({ evaluations }) => {
      const asked = evaluations as { subject: Named; action: { name: string }; resource: Named }[]
      const decided = asked.map(({ subject, action, resource }) => ({
        decision: holds(subject.id, action.name, resource),
        context: {},
      }))
      return { status: 200, reply: { evaluations: decided, context: {} } }
    },
  }

  return {
    answers,
    /** In whose name each change came: undefined where in the application's own. */
    behalves,
    /** `GET /v1/relations?…` */
    list(query: URLSearchParams): Reply {
      const of = ({ resource }: RelationTuple) => resource.type === query.get('type') && resource.id === query.get('id')
      return { status: 200, reply: { items: [...tuples.values()].filter(of), next: null } }
    },
    share: (tuple: RelationTuple) => void tuples.set(keyOf(tuple), tuple),
  }
}
