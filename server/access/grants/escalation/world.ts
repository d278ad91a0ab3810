import type { UserPrincipal } from '../../../platform/http/principal.ts'
import { newId } from '../../../platform/random.ts'
import type { GrantsHouse } from '../testing.ts'
import { principalOf } from '../testing.ts'
import type { Dice } from './random.ts'

export type World = {
  readonly organisationId: string
  /** Those whom the attacker is: one who administers something, and at times another. */
  readonly attackers: readonly UserPrincipal[]
  readonly people: readonly string[]
}

const acts = ['roles', 'groups', 'assignments', 'service-accounts', 'approvals', 'reviews'].map(
  (one) => `access:${one}:write`,
)
const rights = ['mail:read', 'mail:write', 'mail:send', 'pay:see', 'pay:approve']

/** A small organisation in which everything has a chance to be: nesting, expiry, marks, disabled accounts, rights for a time. */
export async function makeWorld(house: GrantsHouse, chance: Dice): Promise<World> {
  const organisationId = newId('org')
  const boss = await house.person(organisationId, ['administrator'])
  const people = Array.from({ length: 3 }, () => newId('usr'))
  const groups = Array.from({ length: 3 }, () => newId('grp'))
  const account = newId('svc')
  const roles = ['reader', 'writer', 'treasurer', 'part', 'low', 'high', 'marked']
  const until = () =>
    chance.chance(0.6)
      ? 'null'
      : `'${new Date(house.context.clock.nowMs() + (1 + chance.below(4)) * 60_000).toISOString()}'`
  const list = (of: readonly string[]) => `'{${of.join(',')}}'`
  const role = (name: string, permissions: readonly string[], includes: readonly string[] = [], privileged = false) =>
    `('${organisationId}', '${name}', 'x', ${list(permissions)}, ${list(includes)}, ${privileged}, now(), now())`
  const assign = (subject: string, name: string, end = until()) =>
    `('${organisationId}', '${subject}', '${name}', now(), ${end})`
  const join = (group: string, member: string) => `('${organisationId}', '${group}', '${member}', now(), ${until()})`

  const attackers = people.slice(0, chance.chance(0.5) ? 1 : 2)
  const assignments = new Map<string, string>()
  const add = (subject: string, name: string, end?: string) =>
    assignments.set(`${subject} ${name}`, assign(subject, name, end))
  add(people[0] as string, 'part', 'null')
  for (const subject of [...people, ...groups, account])
    for (const name of chance.some(roles.slice(0, -1), subject === people[0] ? 0.3 : 0.25)) add(subject, name)
  const memberships = new Map<string, string>()
  for (const [i, group] of groups.entries())
    for (const member of chance.some([...people, ...groups.slice(i + 1), account], 0.3))
      memberships.set(`${group} ${member}`, join(group, member))

  await house.opened.asOwner(
    [
      `insert into access.role values ${[
        role('part', [...chance.some(acts, 0.7), ...chance.some(rights, 0.3)]),
        role('low', chance.some(rights, 0.4)),
        role('high', chance.some(rights, 0.3), ['low', ...chance.some(['reader', 'part'], 0.3)]),
        role('marked', chance.some(rights, 0.5), chance.some(['low'], 0.3), true),
      ]}`,
      `insert into access.group_of_subjects values ${groups.map((id, i) => `('${id}', '${organisationId}', 'g${i}', '', now())`)}`,
      `insert into access.service_account values ('${account}', '${organisationId}', 's', '', now(), ${chance.chance(0.5) ? 'now()' : 'null'})`,
      `insert into access.assignment (organisation_id, subject_id, role, assigned_at, expires_at)
        values ${[...assignments.values()]}`,
      ...(memberships.size === 0
        ? []
        : [
            `insert into access.membership (organisation_id, group_id, member_id, added_at, expires_at)
            values ${[...memberships.values()]}`,
          ]),
    ].join('; '),
  )
  return {
    organisationId,
    attackers: attackers.map((id) => principalOf(organisationId, id)),
    people: [...people, boss.id],
  }
}
