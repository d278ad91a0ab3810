import { refuser } from '../platform/errors.ts'

export const errors = {
  SESSIONS_UNKNOWN: {
    status: 404,
    title: 'There is no such session that you may end.',
    help: 'It may have ended already: read the list again.',
  },
  SESSIONS_OVER: {
    status: 401,
    title: 'Your session is over.',
    help: 'Sign in again.',
  },
  SESSIONS_HELD: {
    status: 401,
    title: 'Your session is held, because its cookie turned up where it does not belong.',
    help: 'Sign in again. If you do not know why it was held, look at where you are signed in and change your password.',
  },
  SESSIONS_TOO_MANY: {
    status: 409,
    title: 'You are signed in as often as your role allows.',
    help: 'Sign out somewhere else, or ask an administrator to end your other sessions.',
  },
  SESSIONS_BINDING_REFUSED: {
    status: 403,
    title: 'The session can’t be bound to this key.',
    help: 'It stays as it is. A browser that offers keys tries again by itself.',
  },
} as const

export const refuse = refuser(errors)
