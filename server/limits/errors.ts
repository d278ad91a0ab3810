import { refuser } from '../platform/errors.ts'

export const errors = {
  LIMITS_DENIED: {
    status: 403,
    title: 'Requests from here, or of this account, are not taken for now.',
    help: 'Ask an administrator: somebody put the address or the account on the deny list, where each entry ends by itself.',
  },
  LIMITS_POLICY_UNKNOWN: {
    status: 404,
    title: 'There is no such policy.',
    help: 'List the policies. Those that are built in, or an application’s own, are changed in the configuration.',
  },
  LIMITS_ENTRY_UNKNOWN: {
    status: 404,
    title: 'There is no such entry.',
    help: 'List the entries: it may have ended.',
  },
  LIMITS_POLICY_INVALID: {
    status: 422,
    title: 'This policy could not hold as it stands.',
    help: 'A policy of an organisation is asked once callers are known: count by account, key, organisation, address or network. One that challenges is of the installation, by address, network or route.',
  },
  LIMITS_NETWORK_INVALID: {
    status: 422,
    title: 'This is no network that a list takes.',
    help: 'Name one address, or a range of at least /8 (IPv4) or /16 (IPv6), as in 192.0.2.0/24; or an account instead.',
  },
  LIMITS_LOCKS_YOU_OUT: {
    status: 409,
    title: 'This would lock you out, or everybody.',
    help: 'Leave out your own account and address, and let at least five sign in within an hour. Try it by a dry run first.',
  },
  LIMITS_TOO_MANY: {
    status: 409,
    title: 'There are as many as there may be.',
    help: 'Remove one that is not used any more.',
  },
} as const

export const refuse = refuser(errors)
