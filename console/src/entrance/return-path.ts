const entrance = ['/sign-in', '/setup', '/invitation', '/recovery', '/recovery-cancel', '/not-me']

/**
 * Where to go after signing in: a path on this very host, whatever the address says.
 *
 * @param next from the address of the sign-in page: written by anybody.
 * @returns '/' for anything that leads elsewhere, or back to a page of the entrance.
 */
export function returnPath(next: string | undefined, origin: string): string {
  if (next === undefined || !next.startsWith('/') || !URL.canParse(next, origin)) return '/'
  const url = new URL(next, origin)
  // WHATWG URL: `//host`, `/\host` and `/<tab>/host` all name another host; the parser knows every such spelling.
  if (url.origin !== origin || url.pathname.startsWith('//')) return '/'
  if (entrance.includes(url.pathname)) return '/'
  return url.pathname + url.search + url.hash
}
