import { refuser } from '../platform/errors.ts'

export const errors = {
  ACCESS_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'Use one of the roles in the configuration (access.roles).',
  },
  ACCESS_NOT_YOURS_TO_GIVE: {
    status: 403,
    title: 'A role carries a permission that you do not have yourself.',
    help: 'Ask somebody who has it to make the change.',
  },
  ACCESS_LAST_ADMINISTRATOR: {
    status: 409,
    title: 'The organisation would be left without an administrator.',
    help: 'Make somebody else administrator first.',
  },
} as const

export const refuse = refuser(errors)
