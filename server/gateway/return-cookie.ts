const name = '__Host-custodia-return'
const maxAgeSeconds = 600

/** Where a browser was going when it had to sign in, kept by the browser itself on the application's host. */
export type Return = { readonly state: string; readonly path: string }

/** The Set-Cookie header that keeps it. */
export function returnCookie({ state, path }: Return): string {
  const value = `${state}.${Buffer.from(path).toString('base64url')}`
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`
}

export const clearReturnCookie = `${name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`

/** @returns null where there is none, or it is not of the form that we set. */
export function readReturnCookie(header: string | undefined): Return | null {
  const match = /(?:^|; )__Host-custodia-return=([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{0,2048})(?:;|$)/.exec(header ?? '')
  if (match === null) return null
  const path = Buffer.from(match[2] as string, 'base64url').toString()
  return { state: match[1] as string, path: safePath(path) }
}

/** A path on this host, or the root: never another origin (`//host`, `/\host`). */
export function safePath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && path.length <= 1500 ? path : '/'
}
