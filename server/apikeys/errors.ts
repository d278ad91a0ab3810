import { refuser } from '../platform/errors.ts'

export const errors = {
  APIKEY_INVALID: {
    status: 401,
    title: 'The API key does not hold.',
    help: 'Check that it was copied whole, and that it was not revoked; make a new one on the page “API keys”, or with `custodia applications key NAME`.',
  },
  APIKEY_EXPIRED: {
    status: 401,
    title: 'The API key has expired.',
    help: 'Make a new one; to change without a gap, rotate the next one before its expiry.',
  },
  APIKEY_ELSEWHERE: {
    status: 403,
    title: 'The API key may not be used from this address.',
    help: 'Call from one of the networks that the key names, or make one for the network that you call from.',
  },
  APIKEY_RATE: {
    status: 429,
    title: 'The API key was used too often.',
    help: 'Wait as long as the Retry-After header says.',
  },
  APIKEY_SIGNATURE_REQUIRED: {
    status: 401,
    title: 'This API key takes signed requests only.',
    help: 'Sign the request (RFC 9421) as the Accept-Signature header says, and send no bearer token.',
  },
  APIKEY_SIGNATURE_INVALID: {
    status: 401,
    title: 'The signature on this request does not hold.',
    help: 'Check the clock, the key and its algorithm, and that nothing on the way changes what is signed; sign each request anew.',
  },
  APIKEY_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'Use one of the roles in the configuration (access.roles).',
  },
  APIKEY_SCOPE_UNKNOWN: {
    status: 422,
    title: 'There is no such permission.',
    help: 'Name permissions that exist, or all below a prefix as in `mail:*`.',
  },
  APIKEY_SCOPE_NOT_YOURS: {
    status: 403,
    title: 'A key can’t do what its owner may not.',
    help: 'Leave the scope out that is named.',
  },
  APIKEY_OWNER_ABOVE_YOU: {
    status: 403,
    title: 'The service account may do more than you may.',
    help: 'Ask somebody who has the permission that is named: whoever has the key may do what the account may.',
  },
  APIKEY_EXPIRY_TOO_LATE: {
    status: 422,
    title: 'Keys may not live as long as that here.',
    help: 'Ask for at most as many days as maxDays says.',
  },
  APIKEY_NETWORK_INVALID: {
    status: 422,
    title: 'A network has no form that is known.',
    help: 'Name addresses or ranges, as in 192.0.2.7, 198.51.100.0/24 or 2001:db8::/48.',
  },
  APIKEY_PUBLIC_KEY_INVALID: {
    status: 422,
    title: 'The public key can’t be used.',
    help: 'Send the 32 bytes of an Ed25519 public key as base64url or as a JWK; never a private one.',
  },
  APIKEY_SIGNING_NEEDED: {
    status: 422,
    title: 'A key that takes signed requests only needs something to sign with.',
    help: 'Choose hmac-sha256, or ed25519 with your public key.',
  },
  APIKEY_TOO_MANY: {
    status: 409,
    title: 'There are as many keys as there may be.',
    help: 'Revoke those that are not used any more.',
  },
  APIKEY_UNKNOWN: {
    status: 404,
    title: 'There is no such key.',
    help: 'List the keys: it may have been revoked, or have expired.',
  },
  APIKEY_ROTATED_MEANWHILE: {
    status: 409,
    title: 'The key was rotated by somebody else just now.',
    help: 'List the keys, and rotate again only where that is still wanted: it would end the secret that was made just now.',
  },
  APIKEY_OWNER_UNKNOWN: {
    status: 404,
    title: 'Nobody by this name can have a key.',
    help: 'Name somebody who may sign in, or an application.',
  },
  APIKEY_BUSY: {
    status: 503,
    title: 'This can’t be done right now.',
    help: 'Try again in a moment.',
  },
} as const

export const refuse = refuser(errors)
