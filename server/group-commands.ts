import { GroupCreate, MemberAdd, MemberRemove, ServiceAccountCreate } from '@custodia/wire/http/access.ts'
import { printableField } from '@custodia/wire/printable.ts'
import { checked } from './command-line.ts'
import { minute, table } from './command-output.ts'
import type { GrantCommand } from './grant-command.ts'
import { listed, pageOf, reasonOf, until } from './grant-command.ts'

/** `custodia groups …` and `custodia service-accounts …` */
export const groupCommands: Readonly<Record<string, GrantCommand>> = {
  async 'groups list'({ grants }, _words, options) {
    const page = await grants.groups(pageOf(options))
    if (page.items.length === 0) return { value: page, text: 'There are no groups.' }
    const rows = page.items.map(({ id, createdAt, name }) => [id, minute(createdAt), name])
    return listed('groups list', page, table(['GROUP-ID', 'SINCE', 'NAME'], rows))
  },

  async 'groups show'({ grants }, [id = ''], options) {
    const page = await grants.members(id, pageOf(options))
    if (page.items.length === 0) return { value: page, text: 'Nobody is in it.' }
    const rows = page.items.map((one) => [
      one.member,
      minute(one.expiresAt),
      minute(one.addedAt),
      one.addedBy ?? 'system',
      one.reason ?? '-',
    ])
    return listed(`groups show ${id}`, page, table(['MEMBER', 'UNTIL', 'SINCE', 'BY', 'REASON'], rows))
  },

  async 'groups create'({ grants }, [name = ''], { description }) {
    const group = await grants.createGroup(checked(GroupCreate, named(name, description)))
    return { value: { group }, text: `${group.id} is made; nobody is in it yet.` }
  },

  async 'groups add'({ grants, subject }, [id = '', word = ''], options) {
    const body = { member: await subject(word), ...until(options), reason: reasonOf(options) }
    const membership = await grants.add(id, checked(MemberAdd, body), options.alone === true)
    const ends = membership.expiresAt === null ? 'for good' : `until ${minute(membership.expiresAt)}`
    return { value: { membership }, text: `${printableField(word)} is in ${id}, ${ends}, and has what it has.` }
  },

  async 'groups remove'({ grants, subject }, [id = '', word = ''], options) {
    const body = { member: await subject(word), reason: reasonOf(options) }
    await grants.remove(id, checked(MemberRemove, body))
    const value = { removed: { group: id, member: body.member } }
    return { value, text: `${printableField(word)} is in ${id} no more, and has not what it has.` }
  },

  async 'groups delete'({ grants }, [id = '']) {
    await grants.deleteGroup(id)
    return { value: { deleted: id }, text: `${printableField(id)} is gone, and what it gave.` }
  },

  async 'service-accounts list'({ grants }, _words, options) {
    const page = await grants.serviceAccounts(pageOf(options))
    if (page.items.length === 0) return { value: page, text: 'There are no service accounts.' }
    const rows = page.items.map(({ id, disabled, createdAt, name }) => [
      id,
      disabled ? 'disabled' : 'active',
      minute(createdAt),
      name,
    ])
    return listed('service-accounts list', page, table(['ACCOUNT-ID', 'STATE', 'SINCE', 'NAME'], rows))
  },

  async 'service-accounts create'({ grants }, [name = ''], { description }) {
    const account = await grants.createServiceAccount(checked(ServiceAccountCreate, named(name, description)))
    const next = `Give it roles: custodia assignments give ${account.id} ROLE, and a key: custodia keys create.`
    return { value: { account }, text: `${account.id} is made, and may do nothing yet. ${next}` }
  },

  async 'service-accounts disable'({ grants }, [id = '']) {
    const account = await grants.changeServiceAccount(id, { disabled: true })
    const text = `${printableField(account.name)} is disabled: its keys are refused from their next request on.`
    return { value: { account }, text }
  },

  async 'service-accounts enable'({ grants }, [id = '']) {
    const account = await grants.changeServiceAccount(id, { disabled: false })
    return { value: { account }, text: `${printableField(account.name)} may do again what it could.` }
  },
}

const named = (name: string, description: string | undefined) => ({
  name,
  ...(description === undefined ? {} : { description }),
})
