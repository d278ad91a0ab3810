/** Every code that this package throws, the status that the middleware answers with, and what it means. */
export const errorTable = {
  ASSERTION_MISSING: {
    status: 401,
    title: 'The request carries no identity.',
    help: 'Open the application through its address at Custodia, which signs people in.',
  },
  ASSERTION_INVALID: {
    status: 401,
    title: 'The identity on this request does not hold.',
    help: 'Open the application through its address at Custodia. If it happens there, compare the names of the application on both sides.',
  },
  ASSERTION_EXPIRED: {
    status: 401,
    title: 'The identity on this request is no longer valid.',
    help: 'Send the request again through Custodia, and compare the clocks of both machines.',
  },
  PERMISSION_DENIED: {
    status: 403,
    title: 'This person may not do that here.',
    help: 'Ask an administrator of the organisation for the permission that is named.',
  },
  SIGNATURE_INVALID: {
    status: 401,
    title: 'The signature on this request does not hold.',
    help: 'Sign the request as docs/specs/signed-requests.md says, once for each sending, and compare the clocks of both machines.',
  },
  WEBHOOK_INVALID: {
    status: 401,
    title: 'The webhook is not one of this sender.',
    help: 'Check the secret and the clock, and that the raw body is verified, before anything parses it.',
  },
  WEBHOOK_REPEATED: {
    status: 409,
    title: 'The webhook was there before.',
    help: 'Answer 200, so that the sender is content, and do nothing.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is larger than may be signed here.',
    help: 'Send less at once, or raise the option maxBodyBytes on both sides.',
  },
  CROSS_SITE_REFUSED: {
    status: 403,
    title: 'Another site may not make this request in your name.',
    help: 'Use the page on its own address.',
  },
  PATH_AMBIGUOUS: {
    status: 400,
    title: 'The address can be read in more than one way.',
    help: 'Send the path as the application spells it: no dot segments, no doubled or encoded slashes, backslashes, bare semicolons or control characters.',
  },
  OPERATION_UNKNOWN: {
    status: 404,
    title: 'The application’s OpenAPI document has no such address.',
    help: 'Ask for an address that the document names; whoever runs the application may have to add it there.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not take that method.',
    help: 'Use one of the methods in the Allow header.',
  },
  REQUEST_INVALID: {
    status: 400,
    title: 'The request does not have the required form.',
    help: 'Correct the field that is named.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body is in a form that is not taken here.',
    help: 'Send it in one of the media types that the application takes, unpacked, and JSON as UTF-8.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    title: 'The request body is larger than is taken here.',
    help: 'Send at most as many bytes as limitBytes says.',
  },
  ADDRESS_REFUSED: {
    status: 422,
    title: 'Nothing is asked at this address.',
    help: 'Give one of the public network, beginning with https://, without a name or password in it.',
  },
  ADDRESS_FAILED: {
    status: 502,
    title: 'The address gave no answer that can be used.',
    help: 'Try again later; details.reason says what went wrong.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time.',
    help: 'Send it again over a better connection.',
  },
  FORM_MALFORMED: {
    status: 400,
    title: 'The form can not be read, or in more than one way.',
    help: 'Send multipart/form-data as browsers do: each field once, with one name and at most one file name; detail says what is wrong.',
  },
  FILE_REFUSED: {
    status: 422,
    title: 'A file is not taken.',
    help: 'Send another; field names it, and reason and detail say what is wrong with it.',
  },
  FILE_NOT_SCANNED: {
    status: 503,
    title: 'A file could not be scanned, and nothing that was not is taken.',
    help: 'Try again in a moment.',
  },
  SERVER_BUSY: {
    status: 503,
    title: 'There is more to do than gets done.',
    help: 'Wait as long as the Retry-After header says, and try again.',
  },
  LIMIT_REACHED: {
    status: 429,
    title: 'Too many requests.',
    help: 'Wait as long as the Retry-After header says.',
  },
  PROOF_OF_WORK_REQUIRED: {
    status: 429,
    title: 'So much is asked of this that strangers have to work for it.',
    help: 'Solve the ALTCHA challenge and send the request again with the proof in the header that proofHeader names; or wait as long as Retry-After says.',
  },
  NONCES_EXHAUSTED: {
    status: 503,
    title: 'More signed requests came in a short time than can be remembered.',
    help: 'Try again in a minute. Give the option burn a store that holds more.',
  },
  SIGNING_KEYS_UNAVAILABLE: {
    status: 503,
    title: 'The keys that prove identities can not be fetched.',
    help: 'Try again in a moment. Check that the application reaches Custodia.',
  },
  CUSTODIA_UNREACHABLE: {
    status: 503,
    title: 'Custodia can not be reached.',
    help: 'Check that it runs, and the address in the option url.',
  },
  CUSTODIA_TIMEOUT: {
    status: 503,
    title: 'Custodia did not answer in time.',
    help: 'Try again in a moment.',
  },
  CUSTODIA_REFUSED: {
    status: 502,
    title: 'Custodia declined the call.',
    help: 'Its own code is in details.problem: look it up in the error reference.',
  },
  CUSTODIA_REPLY_INVALID: {
    status: 502,
    title: 'The reply is not one that Custodia gives.',
    help: 'Check that the option url leads to Custodia, and that both sides have the same version.',
  },
  KEY_SHREDDED: {
    status: 410,
    title: 'The key of this data was destroyed, and the data with it.',
    help: 'Nobody can open it again. Remove the record.',
  },
  DATA_KEY_UNKNOWN: {
    status: 502,
    title: 'Custodia has no such data key for this application.',
    help: 'Check that the record was sealed by this application, in this organisation and collection.',
  },
  ENVELOPE_INVALID: {
    status: 500,
    title: 'A sealed field does not open at this place.',
    help: 'It was changed, cut short, or moved from another subject, record, field or schema version.',
  },
  INPUT_INVALID: {
    status: 500,
    title: 'A value that was passed in has the wrong shape.',
    help: 'See details.field.',
  },
  CONFIGURATION_INVALID: {
    status: 500,
    title: 'An option is wrong.',
    help: 'See details.field.',
  },
} as const

export type CustodiaErrorCode = keyof typeof errorTable

/** Facts about one occurrence. Never a secret, never personal data: they may be logged. */
export type CustodiaErrorDetails = Readonly<Record<string, string | number | boolean>>

/** What this package throws. Switch on `code`; it is stable. */
export class CustodiaError extends Error {
  readonly code: CustodiaErrorCode
  /** The HTTP status that fits when the request that led here must be answered. */
  readonly status: number
  readonly help: string
  readonly details: CustodiaErrorDetails

  constructor(code: CustodiaErrorCode, details: CustodiaErrorDetails = {}) {
    super(`${code}: ${errorTable[code].title}`)
    this.name = 'CustodiaError'
    this.code = code
    this.status = errorTable[code].status
    this.help = errorTable[code].help
    this.details = details
  }
}

/** True where `error` comes from this package, with that code if one is given. */
export function isCustodiaError(error: unknown, code?: CustodiaErrorCode): error is CustodiaError {
  return error instanceof CustodiaError && (code === undefined || error.code === code)
}
