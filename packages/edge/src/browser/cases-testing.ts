/** One request, what the application says to it, and what its browser gets: at the gateway and in every middleware the same. */
export type BrowserCase = {
  readonly what: string
  /** GET unless said. */
  readonly method?: string
  /** `/shared/page` unless said. */
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The header fields of the application's reply, a page unless said; null where it must not be asked. */
  readonly says?: Readonly<Record<string, string>> | null
  /** Of the application's reply; 200 unless said. */
  readonly status?: number
  /** 403 with this field where it is refused as another site's. */
  readonly refused?: string
  /** Header fields of the reply: as they must be, as they must not be, or null for none. */
  readonly gets?: Readonly<Record<string, string | RegExp | null>>
  readonly never?: RegExp
}

export const casesPartner = 'https://partner.example'
const evil = 'https://evil.example'

/** As in `edge.browser` of an application, and as in the settings of the middleware. */
export const casesSettings = {
  nonces: true,
  sources: { 'img-src': ['https://images.example'] },
  cors: [
    {
      path: '/shared/**',
      origins: [casesPartner],
      methods: ['GET', 'PUT'],
      headers: ['x-note'],
      exposed: ['etag'],
      credentials: true,
    },
    { path: '/feed.json', origins: ['*'] },
  ],
} as const

const strict = /^default-src 'none'; script-src 'nonce-[A-Za-z0-9_-]{24}' 'strict-dynamic';/
const noCors = {
  'access-control-allow-origin': null,
  'access-control-allow-credentials': null,
  vary: /\bOrigin\b/,
} as const
const fromPartner = { origin: casesPartner, 'sec-fetch-site': 'cross-site' } as const
const preflight = (what: string, origin: string, method: string, more: Partial<BrowserCase> = {}): BrowserCase => ({
  what: `a preflight ${what}`,
  method: 'OPTIONS',
  gets: noCors,
  ...more,
  headers: { origin, 'access-control-request-method': method, ...more.headers },
})
const post = (what: string, headers: Readonly<Record<string, string>>, refused?: string): BrowserCase => ({
  what: `a form of ${what}`,
  method: 'POST',
  target: '/note',
  headers: { cookie: 'theme=dark', ...headers },
  ...(refused === undefined ? {} : { refused, says: null }),
})

/** Attacks by way of a browser, and a few honest pages. @param own the application's origin. */
export const browserCases = (own: string): readonly BrowserCase[] => [
  {
    what: 'a page of which nothing is said',
    gets: {
      'content-security-policy': strict,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'permissions-policy': /camera=\(\)/,
      'cache-control': 'private, no-cache',
    },
  },
  {
    what: 'a policy that lets everything run, which holds beside ours alone',
    says: { 'content-security-policy': "script-src * 'unsafe-inline'" },
    gets: { 'content-security-policy': /^script-src \* 'unsafe-inline', default-src 'none'; script-src 'nonce-/ },
  },
  {
    what: 'a sound policy, which stands',
    says: {
      'content-security-policy':
        "default-src 'none'; script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; base-uri 'none'; frame-ancestors 'none'",
    },
    gets: { 'content-security-policy': /^default-src 'none'; script-src 'sha256-47/ },
    never: /nonce-/,
  },
  {
    what: 'a reply that every cache may keep, with a nonce in it',
    says: { 'cache-control': 'public, max-age=60, s-maxage=600' },
    gets: { 'cache-control': 'private, max-age=60' },
  },
  {
    what: 'the answer that something is unchanged, whose policy would take the place of the one that was kept',
    status: 304,
    says: { etag: '"a"' },
    gets: { 'content-security-policy': null },
  },
  {
    what: 'a nonce that the client sends',
    headers: { 'custodia-csp-nonce': 'AAAAAAAAAAAAAAAAAAAAAAAA' },
    gets: { 'content-security-policy': strict },
    never: /AAAAAAAA/,
  },

  {
    what: 'an application that reflects whatever origin asks',
    target: '/page',
    headers: { origin: evil },
    says: { 'access-control-allow-origin': evil, 'access-control-allow-credentials': 'true' },
    gets: noCors,
    never: /evil/,
  },
  {
    what: 'an application that lets everybody in',
    headers: { origin: evil },
    says: { 'Access-Control-Allow-Origin': '*', 'access-control-expose-headers': '*' },
    gets: { ...noCors, 'access-control-expose-headers': null },
  },
  { what: 'the origin null', headers: { origin: 'null' }, gets: noCors },
  { what: 'an origin that begins as the partner’s', headers: { origin: `${casesPartner}.evil.example` }, gets: noCors },
  { what: 'an origin that ends as the partner’s', headers: { origin: 'https://evilpartner.example' }, gets: noCors },
  { what: 'the partner in other letters', headers: { origin: 'https://PARTNER.example' }, gets: noCors },
  { what: 'the partner without TLS', headers: { origin: 'http://partner.example' }, gets: noCors },
  {
    what: 'the partner',
    headers: { origin: casesPartner },
    says: { vary: 'Accept', 'access-control-allow-origin': evil },
    gets: {
      'access-control-allow-origin': casesPartner,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'etag',
      vary: 'Accept, Origin',
    },
  },
  {
    what: 'the partner where no policy speaks',
    target: '/other/page',
    headers: { origin: casesPartner },
    gets: noCors,
  },
  {
    what: 'anybody, where anybody may read, without credentials',
    target: '/feed.json',
    headers: { origin: evil },
    gets: { 'access-control-allow-origin': '*', 'access-control-allow-credentials': null },
  },

  preflight('of the partner, answered in the application’s place', casesPartner, 'PUT', {
    headers: { 'access-control-request-headers': 'x-note' },
    says: null,
    status: 204,
    gets: {
      'access-control-allow-origin': casesPartner,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-note',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
    },
  }),
  preflight('for a method that is not let', casesPartner, 'DELETE'),
  preflight('for a header that is not let', casesPartner, 'PUT', {
    headers: { 'access-control-request-headers': 'x-note, authorization' },
  }),
  preflight('of somebody else', evil, 'PUT'),
  preflight('of the origin null', 'null', 'PUT'),
  preflight('with a line end in it', `${casesPartner}%0d%0aaccess-control-allow-origin: *`, 'PUT'),

  post('the application itself', { 'sec-fetch-site': 'same-origin', origin: own }),
  post('a person by hand', { 'sec-fetch-site': 'none' }),
  post('the application, in an older browser', { origin: own }),
  post('another site', { 'sec-fetch-site': 'cross-site', origin: evil }, 'header.sec-fetch-site'),
  post('another site that claims our origin', { 'sec-fetch-site': 'cross-site', origin: own }, 'header.sec-fetch-site'),
  post('a site beside ours', { 'sec-fetch-site': 'same-site', origin: own }, 'header.sec-fetch-site'),
  post('another site, in an older browser', { origin: evil }, 'header.origin'),
  post('a sandbox', { origin: 'null' }, 'header.origin'),
  post('who does not say', {}, 'header.origin'),
  post('who does not say, with a token of their own', { 'x-csrf-token': 'A'.repeat(64) }, 'header.origin'),
  { ...post('the partner, where a policy lets them', fromPartner), method: 'PUT', target: '/shared/note' },
  { ...post('the partner by a method that none lets', fromPartner, 'header.sec-fetch-site'), target: '/shared/note' },
  post('the partner, where no policy lets them', { origin: casesPartner }, 'header.origin'),
]

type Answered = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }

/**
 * What is wrong with an answer; empty where nothing is.
 *
 * @param asked how often the application was asked.
 */
export function wrongWith(one: BrowserCase, got: Answered, asked: number): readonly string[] {
  const wrong: string[] = []
  const status = one.refused === undefined ? (one.status ?? 200) : 403
  if (got.status !== status) wrong.push(`${got.status} instead of ${status}`)
  if (asked !== (one.says === null ? 0 : 1)) wrong.push(`the application was asked ${asked} times`)
  if (one.refused !== undefined) {
    const { code, field } = JSON.parse(got.body) as { code: string; field: string }
    if (code !== 'CROSS_SITE_REFUSED' || field !== one.refused) wrong.push(`${code} for ${field}`)
    if (!/default-src 'none'/.test(String(got.headers['content-security-policy']))) wrong.push('a bare refusal')
  }
  for (const [name, wanted] of Object.entries(one.gets ?? {})) {
    const value = got.headers[name]
    const text = [value ?? []].flat().join(', ')
    const fits = wanted === null ? value === undefined : wanted instanceof RegExp ? wanted.test(text) : wanted === text
    if (!fits) wrong.push(`${name}: ${text}`)
  }
  if (one.never?.test(JSON.stringify(got.headers)) === true)
    wrong.push(`${one.never} in ${JSON.stringify(got.headers)}`)
  return wrong
}
