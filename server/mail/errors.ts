import { refuser } from '../platform/errors.ts'

export const errors = {
  MAIL_MAILBOX_OFF: {
    status: 404,
    title: 'This installation has no development mailbox.',
    help: 'Mail goes out by SMTP, or not at all. `CUSTODIA_MAIL_MAILBOX=development` keeps it here instead, for trying out.',
  },
} as const

export const refuse = refuser(errors)
