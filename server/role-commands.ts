import type { Role } from '@custodia/wire/http/access.ts'
import { AssignmentCreate, AssignmentRemove, RoleChange, RoleCreate } from '@custodia/wire/http/access.ts'
import { printableField } from '@custodia/wire/printable.ts'
import type { CommandOptions } from './command-line.ts'
import { checked } from './command-line.ts'
import { minute, table } from './command-output.ts'
import type { GrantCommand } from './grant-command.ts'
import { listed, pageOf, reasonOf, until } from './grant-command.ts'

/** `custodia roles …` and `custodia assignments …` */
export const roleCommands: Readonly<Record<string, GrantCommand>> = {
  async 'roles list'({ grants }, _words, options) {
    const page = await grants.roles(pageOf(options))
    const rows = page.items.map(({ name, from, privileged, permissions, summary }) => [
      name,
      from,
      privileged ? 'two' : 'one',
      String(permissions.length),
      summary,
    ])
    return listed('roles list', page, table(['ROLE', 'FROM', 'GIVEN BY', 'PERMISSIONS', 'SUMMARY'], rows))
  },

  async 'roles show'({ grants }, [name = '']) {
    const role = await grants.role(name)
    return { value: { role }, text: describe(role) }
  },

  async 'roles create'({ grants }, [name = '', summary = ''], options) {
    const role = await grants.createRole(checked(RoleCreate, { name, summary, ...contentOf(options) }))
    return { value: { role }, text: `The role ${role.name} is made.\n${describe(role)}` }
  },

  async 'roles change'({ grants }, [name = ''], options) {
    const { summary } = options
    const change = checked(RoleChange, { ...(summary === undefined ? {} : { summary }), ...contentOf(options) })
    if (Object.keys(change).length === 0)
      throw new Error('What is to change? --summary, --permissions, --includes or --privileged.')
    const role = await grants.changeRole(name, change)
    return { value: { role }, text: `Everybody who has it, has it so from now on.\n${describe(role)}` }
  },

  async 'roles delete'({ grants }, [name = '']) {
    await grants.deleteRole(name)
    return { value: { deleted: name }, text: `The role ${printableField(name)} is gone.` }
  },

  async 'assignments list'({ grants, subject }, [word], options) {
    const { role, expiring = false } = options
    const filter = {
      ...pageOf(options),
      ...(word === undefined ? {} : { subject: await subject(word) }),
      ...(role === undefined ? {} : { role }),
      ...(expiring ? { expiring } : {}),
    }
    const page = await grants.assignments(filter)
    const rows = page.items.map((one) => [
      one.subject,
      one.role,
      minute(one.expiresAt),
      minute(one.assignedAt),
      one.assignedBy ?? 'system',
      one.reason ?? '-',
    ])
    if (rows.length === 0) return { value: page, text: 'Nothing is assigned.' }
    return listed('assignments list', page, table(['SUBJECT', 'ROLE', 'UNTIL', 'SINCE', 'BY', 'REASON'], rows))
  },

  async 'assignments give'({ grants, subject }, [word = '', role = ''], options) {
    const body = { subject: await subject(word), role, ...until(options), reason: reasonOf(options) }
    const assignment = await grants.give(checked(AssignmentCreate, body), options.alone === true)
    const ends = assignment.expiresAt === null ? 'for good' : `until ${minute(assignment.expiresAt)}`
    return { value: { assignment }, text: `${printableField(word)} has the role ${role}, ${ends}.` }
  },

  async 'assignments take'({ grants, subject }, [word = '', role = ''], options) {
    const body = { subject: await subject(word), role, reason: reasonOf(options) }
    await grants.take(checked(AssignmentRemove, body))
    const value = { taken: { subject: body.subject, role } }
    return {
      value,
      text: `${printableField(word)} has the role ${role} no more, by themselves: groups may give it still.`,
    }
  },
}

/** Where a list is empty it says `none`. */
const namesOf = (text: string): readonly string[] =>
  text === 'none' ? [] : text.split(',').filter((one) => one !== '')

const contentOf = ({ permissions, includes, privileged = false }: CommandOptions) => ({
  ...(permissions === undefined ? {} : { permissions: namesOf(permissions) }),
  ...(includes === undefined ? {} : { includes: namesOf(includes) }),
  ...(privileged ? { privileged } : {}),
})

function describe(role: Role): string {
  const facts = [
    ['role', role.name],
    ['summary', role.summary],
    ['from', role.from],
    ['given by', role.privileged ? 'two administrators' : 'one administrator'],
    ['marked', role.marked ? 'yes' : 'no'],
    ['includes', role.includes.join(' ') || 'none'],
    ['of its own', role.ownPermissions.join(' ') || 'none'],
    ['in all', role.permissions.join(' ') || 'none'],
  ] as const
  return facts.map(([title, value]) => `${title.padEnd(12)}${printableField(value)}`).join('\n')
}
