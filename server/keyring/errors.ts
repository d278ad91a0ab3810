import { refuser } from '../platform/errors.ts'

export const errors = {
  KEY_SHREDDED: {
    status: 410,
    title: 'The keys of this subject were destroyed.',
    help: 'What was sealed under them can not be opened again, by anybody. Treat the data as erased.',
  },
  ENVELOPE_INVALID: {
    status: 422,
    title: 'The sealed value does not open here.',
    help: 'It opens only unchanged, and for the very place that it was sealed for.',
  },
  KEYRING_APPLICATION_ONLY: {
    status: 403,
    title: 'Keys are handed to applications only.',
    help: 'Call with the API key of an application.',
  },
  KEYRING_UNHEARD: {
    status: 503,
    title: 'Keys can not be destroyed now: other processes can not be told.',
    help: 'Nothing was destroyed. Try again when the bus works again; the server’s log says what is wrong with it.',
  },
} as const

export const refuse = refuser(errors)
