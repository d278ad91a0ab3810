import { refuser } from '../platform/errors.ts'

export const errors = {
  WEBHOOKS_ENDPOINT_UNKNOWN: {
    status: 404,
    title: 'There is no such endpoint.',
    help: 'List the endpoints: it may have been removed.',
  },
  WEBHOOKS_DELIVERY_UNKNOWN: {
    status: 404,
    title: 'There is no such delivery.',
    help: 'List the deliveries: it may be older than they are kept.',
  },
  WEBHOOKS_SOURCE_UNKNOWN: {
    status: 404,
    title: 'There is no such source.',
    help: 'Check the address: it ends in the identifier of a source that is there.',
  },
  WEBHOOKS_URL_REFUSED: {
    status: 422,
    title: 'Nothing is sent to this address.',
    help: 'Name a host of the public network by https://, on port 443 or above 1023, without a name, password or fragment.',
  },
  WEBHOOKS_EVENT_UNKNOWN: {
    status: 422,
    title: 'There is no such type of event.',
    help: 'Name types of the event catalogue, or all below a prefix as in `identity.*`.',
  },
  WEBHOOKS_ABOVE_YOU: {
    status: 403,
    title: 'An endpoint can’t be told what you may not read.',
    help: 'Ask somebody who has the permission that is named: `ledger:read` for events, `ledger:personal` for what is sealed in them.',
  },
  WEBHOOKS_TOO_MANY: {
    status: 409,
    title: 'There are as many as there may be.',
    help: 'Remove one that is not used any more.',
  },
  WEBHOOKS_CHANGED_MEANWHILE: {
    status: 409,
    title: 'Somebody else changed it just now.',
    help: 'Read it again, and do it once more where that is still wanted.',
  },
  WEBHOOKS_DISABLED: {
    status: 409,
    title: 'The endpoint is off.',
    help: 'Switch it on first.',
  },
  WEBHOOKS_NOT_SETTLED: {
    status: 409,
    title: 'The delivery is still under way.',
    help: 'Wait until it was made or given up.',
  },
  WEBHOOKS_CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one that this list gave.',
    help: 'Begin again without a cursor.',
  },
  WEBHOOKS_SENDER_SECRET: {
    status: 422,
    title: 'The secret can’t be one of this sender.',
    help: 'Copy it from the sender as it is shown there: the signing secret, or the public key where it signs with a private one.',
  },
  WEBHOOKS_TARGET_REFUSED: {
    status: 422,
    title: 'No application takes webhooks at this path.',
    help: 'Name an application and one of the paths under `webhooks` in its configuration.',
  },
  WEBHOOKS_REFUSED: {
    status: 401,
    title: 'The request is not one of this source.',
    help: 'Check the secret, the clock, and that nothing on the way changes the body.',
  },
  WEBHOOKS_BUSY: {
    status: 409,
    title: 'This very message is being passed on.',
    help: 'Send it again later: it is taken once.',
  },
  WEBHOOKS_NOT_PASSED_ON: {
    status: 502,
    title: 'The application did not take the message.',
    help: 'Send it again later: it was not counted as received.',
  },
} as const

export const refuse = refuser(errors)
