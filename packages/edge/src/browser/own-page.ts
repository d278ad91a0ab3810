import { createHash } from 'node:crypto'

/** The look of the few pages that stand in the place of an application's, with nothing from elsewhere. */
export const ownPageStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;display:grid;min-height:100vh;place-items:center}
main{max-width:28rem;padding:2rem}h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem;opacity:.85}small{opacity:.6}a{color:inherit}`

/** For a policy's `style-src`. */
export const ownPageStyleSource = `'sha256-${createHash('sha256').update(ownPageStyle).digest('base64')}'`

/**
 * Whether a person is going there: browsers say so; where one does not, a page is what it accepts first.
 */
export function isNavigation(
  method: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? String(headers.accept ?? '').startsWith('text/html') : mode === 'navigate'
}
