import { refuser } from '../platform/errors.ts'

export const errors = {
  APIKEY_INVALID: {
    status: 401,
    title: 'The API key does not hold.',
    help: 'Check that it was copied whole; make a new one with `custodia applications key NAME`.',
  },
  APIKEY_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'Use one of the roles in the configuration (access.roles).',
  },
} as const

export const refuse = refuser(errors)
