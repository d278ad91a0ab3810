/**
 * The library of the ceremonies (WebAuthn level 3). The first of them loads it: its parsers of certificates are a tenth of what a start would
 * read, and a server where nobody has a passkey needs none of them.
 */
export const webauthn = () => import('@simplewebauthn/server')
