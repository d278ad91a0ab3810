import type { EnrolledFactor } from '@custodia/wire/http/factors.ts'
import type { User } from '@custodia/wire/http/identity.ts'
import { Invite, UserChange } from '@custodia/wire/http/identity.ts'
import { printableField } from '@custodia/wire/printable.ts'
import type { CommandOptions, OrganisationCommand } from './command-line.ts'
import { checked } from './command-line.ts'
import { minute, table } from './command-output.ts'
import type { UserDetails } from './identity/administration.ts'
import type { UserQuery } from './identity/list-users.ts'

/** Given where nothing else is: it may do nothing but sign in. */
const usualRole = 'member'
const states = ['invited', 'active', 'disabled'] as const
const maxPage = 200

/** `custodia users …`. An address comes first, as people know each other by. */
export const userCommands: Readonly<Record<string, OrganisationCommand>> = {
  async 'users list'(organisation, _words, options) {
    const page = await organisation.list(queryOf(options))
    const rows = page.items.map((user) => [
      user.email,
      user.state,
      user.roles.join(' ') || '-',
      minute(user.lastSignInAt),
      user.name,
    ])
    const shown = table(['ADDRESS', 'STATE', 'ROLES', 'LAST SIGN-IN', 'NAME'], rows)
    const more = page.next === null ? '' : `\nThere are more: custodia users list --after ${page.next}`
    return { value: page, text: shown + more }
  },

  async 'users show'(organisation, [email = '']) {
    const details = await organisation.show(email)
    return { value: details, text: describe(details) }
  },

  async 'users invite'(organisation, [email = '', name = '', ...roles]) {
    const body = checked(Invite, { email, name, roles: roles.length > 0 ? roles : [usualRole] })
    const invited = await organisation.invite(body)
    const until = `It works once, until ${invited.expiresAt}. Hand it to ${printableField(email)} yourself: no mail was sent.`
    return { value: invited, text: `${invited.link}\n${until}` }
  },

  async 'users disable'(organisation, [email = '']) {
    const user = await organisation.change(email, { state: 'disabled' })
    return { value: { user }, text: `${nameOf(user)} is disabled, and signed out everywhere.` }
  },

  async 'users enable'(organisation, [email = '']) {
    const user = await organisation.change(email, { state: 'active' })
    const invited = 'is invited, and needs a new link: custodia users invite.'
    return { value: { user }, text: `${nameOf(user)} ${user.state === 'invited' ? invited : 'may sign in again.'}` }
  },

  async 'users roles'(organisation, [email = '', ...words]) {
    const roles = words.length === 1 && words[0] === 'none' ? [] : [...new Set(words)]
    if (words.length === 0) throw new Error('Which roles? “none” takes all of them.')
    const user = await organisation.change(email, checked(UserChange, { roles }))
    return { value: { user }, text: `${nameOf(user)} has the roles: ${user.roles.join(' ') || 'none'}.` }
  },

  async 'users factors'(organisation, [email = '']) {
    const { factors, demand } = await organisation.show(email)
    const text = factors.length === 0 ? 'Nothing is enrolled: the password is all.' : factorTable(factors)
    return { value: { items: factors, demand }, text }
  },

  async 'users remove-factor'(organisation, [email = '', id = ''], { last = false }) {
    const removed = await organisation.removeFactor(email, id, last)
    const text = `${removed.factor} “${printableField(removed.name)}” is gone. ${printableField(email)} is signed out everywhere.`
    return { value: { removed }, text }
  },

  async 'users recover'(organisation, [email = '']) {
    const { link, expiresAt, notified } = await organisation.recover(email)
    const value = { link, expiresAt: expiresAt.toISOString(), notified }
    const told = notified ? 'They are told by mail.' : 'They were not told: this installation sends no mail.'
    const once = `It works once, until ${value.expiresAt}. Give it to ${printableField(email)} and to nobody else.`
    return { value, text: `${link}\n${once} Their second factor is asked for as before. ${told}` }
  },
}

const nameOf = ({ email, name }: User): string => `${printableField(email)} (${printableField(name)})`

function queryOf({ state, limit, after }: CommandOptions): UserQuery {
  const wanted = states.find((one) => one === state)
  if (state !== undefined && wanted === undefined) throw new Error(`--state is one of: ${states.join(', ')}.`)
  if (limit !== undefined && !(/^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= maxPage))
    throw new Error(`--limit is a number from 1 to ${maxPage}.`)
  return {
    ...(wanted === undefined ? {} : { state: wanted }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(after === undefined ? {} : { cursor: after }),
  }
}

const factorTable = (factors: readonly EnrolledFactor[]): string =>
  table(
    ['FACTOR-ID', 'KIND', 'SINCE', 'LAST USED', 'FACTS', 'NAME'],
    factors.map(({ id, factor, createdAt, lastUsedAt, facts, name }) => [
      id,
      factor,
      minute(createdAt),
      minute(lastUsedAt),
      facts.join(' ') || '-',
      name,
    ]),
  )

function describe({ user, factors, demand, sessions }: UserDetails): string {
  const facts = [
    ['address', user.email],
    ['name', user.name],
    ['identifier', user.id],
    ['state', user.state],
    ['roles', user.roles.join(' ') || 'none'],
    ['since', minute(user.createdAt)],
    ['last sign-in', minute(user.lastSignInAt)],
    ['sessions', String(sessions)],
    ['second factor', demand],
  ] as const
  const lines = facts.map(([title, value]) => `${title.padEnd(15)}${printableField(value)}`)
  return [...lines, '', factors.length === 0 ? 'Nothing is enrolled: the password is all.' : factorTable(factors)].join(
    '\n',
  )
}
