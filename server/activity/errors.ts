import { refuser } from '../platform/errors.ts'

export const errors = {
  ACTIVITY_CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one that this list gave.',
    help: 'Begin again without a cursor.',
  },
} as const

export const refuse = refuser(errors)
