import { refuser } from '../platform/errors.ts'

export const errors = {
  GATEWAY_PATH_AMBIGUOUS: {
    status: 400,
    title: 'The address can be read in more than one way.',
    help: 'Send the path as the application spells it: no dot segments, no doubled or encoded slashes, backslashes, bare semicolons or control characters.',
  },
  GATEWAY_OPERATION_UNKNOWN: {
    status: 404,
    title: 'The application’s OpenAPI document has no such address.',
    help: 'Ask for an address that the document names; whoever runs the application may have to add it there.',
  },
  GATEWAY_REPLY_UNFIT: {
    status: 502,
    title: 'The application answered something else than its OpenAPI document says.',
    help: 'Give the request id to whoever runs the application: the log names the place that does not fit.',
  },
  GATEWAY_FORM_MALFORMED: {
    status: 400,
    title: 'The form can not be read, or in more than one way.',
    help: 'Send multipart/form-data as browsers do: each field once, with one name and at most one file name; detail says what is wrong.',
  },
  GATEWAY_FILE_REFUSED: {
    status: 422,
    title: 'A file is not taken.',
    help: 'Send another; field names it, and reason and detail say what is wrong with it.',
  },
  GATEWAY_FILE_NOT_SCANNED: {
    status: 503,
    title: 'A file could not be scanned, and nothing that was not is passed on.',
    help: 'Try again in a moment. Whoever runs this installation sees that clamd answers (uploads.clamd).',
  },
  GATEWAY_FACTOR_REQUIRED: {
    status: 403,
    title: 'This part of the application asks for a stronger sign-in.',
    help: 'Confirm with a second factor on the page that confirmPage names, or by POST to confirmAt; then repeat the request.',
  },
  GATEWAY_UPSTREAM_DOWN: {
    status: 502,
    title: 'The application does not answer.',
    help: 'Try again in a moment; whoever runs the application may have to start it.',
  },
  GATEWAY_UPSTREAM_UNTRUSTED: {
    status: 502,
    title: 'The application could not be reached over a connection that both sides trust.',
    help: 'Give the request id to whoever runs the application: the log names the reason.',
  },
  GATEWAY_UPSTREAM_SLOW: {
    status: 504,
    title: 'The application did not answer in time.',
    help: 'Try again in a moment.',
  },
  GATEWAY_UPSTREAM_BUSY: {
    status: 503,
    title: 'The application has more to do than it gets done.',
    help: 'Wait as long as the Retry-After header says, and try again.',
  },
  GATEWAY_UPGRADE_DECLINED: {
    status: 502,
    title: 'The application does not take a WebSocket here.',
    help: 'Use the address that the application offers for WebSockets.',
  },
  GATEWAY_SIGN_IN_EXPIRED: {
    status: 403,
    title: 'This way back from the sign-in page works once, for a minute, in the browser that asked.',
    help: 'Open the application again.',
  },
  GATEWAY_APPLICATION_UNKNOWN: {
    status: 404,
    title: 'There is no such application here.',
    help: 'Use the host name of an application in the configuration (gateway.applications).',
  },
} as const

export const refuse = refuser(errors)
