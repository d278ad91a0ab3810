import { refuser } from '../platform/errors.ts'

export const errors = {
  SESSIONS_UNKNOWN: {
    status: 404,
    title: 'There is no such session that you may end.',
    help: 'It may have ended already: read the list again.',
  },
} as const

export const refuse = refuser(errors)
