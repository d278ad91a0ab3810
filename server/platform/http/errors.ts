import { refuser } from '../errors.ts'

/** What any route may answer with, whichever module it belongs to. */
export const httpErrors = {
  REQUEST_INVALID: {
    status: 400,
    title: 'The request does not have the required form.',
    help: 'Correct the field that is named; the OpenAPI document shows its schema.',
  },
  REQUEST_HEADER_INVALID: {
    status: 400,
    title: 'A header is repeated or malformed.',
    help: 'Send the header that is named once, in the form that its specification gives.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    title: 'The request body is larger than this route takes.',
    help: 'Send at most as many bytes as limitBytes says.',
  },
  REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: 'The request headers are too large.',
    help: 'Send fewer or shorter headers; old cookies are the usual cause.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: 'The request did not arrive in time.',
    help: 'Send it again over a better connection.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body is in a form that this route does not take.',
    help: 'Send UTF-8 JSON with content-type application/json.',
  },
  ROUTE_UNKNOWN: {
    status: 404,
    title: 'There is nothing at this address.',
    help: 'See /openapi.json for what there is.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'This address does not take that method.',
    help: 'Use one of the methods in the Allow header.',
  },
  API_VERSION_CLOSED: {
    status: 410,
    title: 'This version of the API was closed.',
    help: 'Use the version that takes its place; the reason says why, where the operator gave one.',
  },
  TLS_REQUIRED: {
    status: 426,
    title: 'This is taken over https alone.',
    help: 'Send it to the https address. What came with this request was readable on its way: replace keys and passwords that were in it.',
  },
  HOST_UNKNOWN: {
    status: 421,
    title: 'This server does not answer for that host name.',
    help: 'Use the public address of Custodia or of an application in its configuration.',
  },
  CONNECTION_MISDIRECTED: {
    status: 421,
    title: 'This host takes requests on connections of its own alone.',
    help: 'Open a connection with the name of this host in its handshake (SNI), with the client certificate that the host asks for, if any.',
  },
  CLIENT_CERTIFICATE_REQUIRED: {
    status: 403,
    title: 'This needs a client certificate.',
    help: 'Connect anew with a certificate of an authority that this host believes; the reason says what is wrong with the one that was shown.',
  },
  AUTHENTICATION_REQUIRED: {
    status: 401,
    title: 'This needs to know who is asking.',
    help: 'Sign in, or send an API key as a bearer token.',
  },
  SIGNATURE_REQUIRED: {
    status: 401,
    title: 'This needs a request that is signed.',
    help: 'Sign it (RFC 9421) with a key that has a signing key, as the Accept-Signature header says.',
  },
  KEY_NOT_ENOUGH: {
    status: 403,
    title: 'This is for a person who is there, not for a key.',
    help: 'Sign in, and do it in the console or in your session.',
  },
  ACCESS_DENIED: {
    status: 403,
    title: 'You may not do this.',
    help: 'Ask an administrator of your organisation for the permission that is named.',
  },
  FRESH_FACTOR_REQUIRED: {
    status: 403,
    title: 'This needs a sign-in that is more recent.',
    help: 'Confirm that it is you: ask GET /v1/me/fresh by what, prove it with POST /v1/me/fresh, then repeat the request.',
  },
  CROSS_SITE_REFUSED: {
    status: 403,
    title: 'Another site may not make this request in your name.',
    help: 'Use the page on its own address.',
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
  SERVER_BUSY: {
    status: 503,
    title: 'The server could not answer in time.',
    help: 'Try again in a moment.',
  },
  SERVER_FAULT: {
    status: 500,
    title: 'Something went wrong on our side.',
    help: 'Try again; if it stays, give the request id to whoever runs this server.',
  },
} as const

export const refuseRequest = refuser(httpErrors)
