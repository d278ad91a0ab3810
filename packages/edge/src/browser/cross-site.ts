/** What is looked at of a request: Node's own headers fit, and so does any other mapping with names in lower case. */
export type BrowserHead = {
  readonly method: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Who may send requests that change something. */
export type CrossSiteRules = {
  /** The application's own origins, as in `https://inbox.example`. */
  readonly origins: ReadonlySet<string>
  /** Origins of others that a CORS policy lets send this request. None unless said. */
  readonly admitted?: ReadonlySet<string>
  /** Whether the token that came along is the session's own: asked only of a request that says in no other way where it comes from. */
  readonly hasToken?: () => boolean
}

/** RFC 9110 §9.2.1; CONNECT and TRACE reach nobody here. */
export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Cross-site request forgery: Fetch Metadata first, then Origin, then a token. A request with none of them that carries a cookie did not
 * come from a page of a browser of this decade, and is refused when it would change something.
 *
 * @returns the header that gives it away; null where the request may pass.
 */
export function crossSite(head: BrowserHead, rules: CrossSiteRules): 'sec-fetch-site' | 'origin' | null {
  if (safeMethods.has(head.method)) return null
  const { 'sec-fetch-site': site, origin, cookie } = head.headers
  if (origin !== undefined && rules.admitted?.has(String(origin)) === true) return null
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? null : 'sec-fetch-site'
  if (origin !== undefined) return rules.origins.has(String(origin)) ? null : 'origin'
  if (cookie === undefined) return null
  return rules.hasToken?.() === true ? null : 'origin'
}
