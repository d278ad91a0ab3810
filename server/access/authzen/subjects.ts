import type { Who } from '../decide/question.ts'
import type { Parts } from './parts.ts'

type Kind = Who['kind']
export type Named = { readonly type: Kind; readonly id: string }

const forms: Readonly<Record<Kind, RegExp>> = {
  user: /^usr_[a-z2-7]{26}$/,
  service: /^svc_[a-z2-7]{26}$/,
  application: /^[a-z][a-z0-9-]{0,30}$/,
}
const keyOf = ({ type, id }: Named): string => `${type}:${id}`
const maxAsked = 200

/**
 * Which of these may act in the organisation: people who may sign in, service accounts that are not disabled, and applications. Whoever
 * belongs to another organisation, was deleted, or is a group by the name of a person, is nobody.
 */
export async function knownOf(
  { grants, database }: Pick<Parts, 'grants' | 'database'>,
  organisationId: string,
  subjects: readonly Named[],
): Promise<(subject: Named) => boolean> {
  const formed = subjects.filter(({ type, id }) => forms[type].test(id))
  const known = new Set(formed.filter(({ type }) => type === 'application').map(keyOf))
  for (const one of formed) {
    if (one.type !== 'service') continue
    if ((await grants.serviceAccountOf(organisationId, one.id))?.disabled === false) known.add(keyOf(one))
  }
  const people = [...new Set(formed.filter(({ type }) => type === 'user').map(({ id }) => id))]
  const directory = grants.parts.directory()
  for (let at = 0; at < people.length; at += maxAsked) {
    const page = people.slice(at, at + maxAsked)
    const states = await directory?.states(database.queries, organisationId, page)
    for (const id of page)
      if (directory === null || states?.get(id) === 'active') known.add(keyOf({ type: 'user', id }))
  }
  return (subject) => known.has(keyOf(subject))
}
