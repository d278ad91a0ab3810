/** What a browser refused, or would have refused, on a page. Nothing in it names a person: paths without identifiers, origins without paths. */
export type BrowserReport = {
  readonly kind: 'csp' | 'coep' | 'coop' | 'permissions'
  readonly disposition: 'enforce' | 'report'
  /** Path of the document, its identifiers as `*`. At most 200 characters. */
  readonly path: string
  /** The directive, or the feature. */
  readonly directive: string
  /** An origin, a scheme as in `data:`, `'self'`, or a word of ours: `inline`, `eval`, `trusted-types`, `other`. */
  readonly blocked: string
}

/** At most so many of one body are read. */
export const maxReports = 50
/** Bytes; a larger body is refused unread. */
export const maxReportBytes = 65_536

const cspDirective =
  /^(?:[a-z]{2,12}-src(?:-elem|-attr)?|base-uri|form-action|frame-ancestors|sandbox|require-trusted-types-for|trusted-types)$/
const words: Readonly<Record<string, string>> = {
  inline: 'inline',
  eval: 'eval',
  'wasm-eval': 'eval',
  'trusted-types-sink': 'trusted-types',
  'trusted-types-policy': 'trusted-types',
  self: "'self'",
}

/**
 * Reads what a browser sent: `application/reports+json` (Reporting API) or `application/csp-report` (CSP Level 2).
 *
 * @param origin the host that the report came to: a page of another one says nothing of it, whoever claims so.
 * @returns what can be read of it; of what can't, nothing.
 */
export function parseReports(body: Uint8Array, mediaType: string, origin: string): readonly BrowserReport[] {
  if (body.length > maxReportBytes) return []
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return []
  }
  const type = mediaType.split(';')[0]?.trim().toLowerCase()
  const found =
    type === 'application/reports+json'
      ? [parsed]
          .flat()
          .slice(0, maxReports)
          .map((one) => modern(one, origin))
      : type === 'application/csp-report' || type === 'application/json'
        ? [legacy(parsed, origin)]
        : []
  return found.filter((one) => one !== null)
}

function modern(value: unknown, origin: string): BrowserReport | null {
  const { type, url, body } = fieldsOf(value)
  const fields = fieldsOf(body)
  const kind = Object.hasOwn(kinds, String(type)) ? kinds[String(type)] : undefined
  if (kind === undefined) return null
  if (kind === 'csp')
    return csp(fields.documentURL ?? url, fields.effectiveDirective, fields.blockedURL, fields.disposition, origin)
  const path = pathOf(url, origin)
  if (path === null) return null
  const feature = String(fields.featureId ?? fields.policyId ?? fields.type ?? kind)
  return {
    kind,
    disposition: fields.disposition === 'reporting' || fields.disposition === 'report' ? 'report' : 'enforce',
    path,
    directive: /^[a-z-]{1,40}$/.test(feature) ? feature : kind,
    blocked: blockedOf(fields.blockedURL ?? '', origin),
  }
}

const kinds: Readonly<Record<string, BrowserReport['kind']>> = {
  'csp-violation': 'csp',
  coep: 'coep',
  coop: 'coop',
  'permissions-policy-violation': 'permissions',
}

function legacy(value: unknown, origin: string): BrowserReport | null {
  const fields = fieldsOf(fieldsOf(value)['csp-report'])
  const directive = fields['effective-directive'] ?? String(fields['violated-directive'] ?? '').split(' ')[0]
  return csp(fields['document-uri'], directive, fields['blocked-uri'], fields.disposition, origin)
}

function csp(url: unknown, directive: unknown, blocked: unknown, disposition: unknown, origin: string) {
  const path = pathOf(url, origin)
  if (path === null || typeof directive !== 'string' || !cspDirective.test(directive)) return null
  return {
    kind: 'csp',
    disposition: disposition === 'report' ? 'report' : 'enforce',
    path,
    directive,
    blocked: blockedOf(blocked, origin),
  } as const
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const urlOf = (value: unknown): URL | null =>
  typeof value === 'string' && value.length <= 4_096 ? URL.parse(value) : null

/** Of an address only where it leads in the application: queries, and segments that look like somebody's, are nobody's business here. */
function pathOf(value: unknown, origin: string): string | null {
  const url = urlOf(value)
  if (url === null || url.origin !== origin) return null
  const path = url.pathname
    .split('/')
    .map((one) => (isIdentifier(one) ? '*' : one))
    .join('/')
  return path.length > 200 ? `${path.slice(0, 199)}…` : path
}

/** Digits, long names, escapes, addresses: what stands for one thing or one person among many. */
const isIdentifier = (segment: string) => /\d{2}|[@%=~]|^.{25,}$|^\d$/.test(segment) && !/^v\d+$/.test(segment)

function blockedOf(value: unknown, origin: string): string {
  if (typeof value !== 'string') return 'other'
  const word = Object.hasOwn(words, value) ? words[value] : undefined
  if (word !== undefined) return word
  const scheme = /^(data|blob|filesystem|mediastream)(?::|$)/.exec(value)?.[1]
  if (scheme !== undefined) return `${scheme}:`
  const url = urlOf(value)
  if (url === null || !/^(?:https?|wss?):$/.test(url.protocol) || url.host.length > 200) return 'other'
  // `origin` of ws: is its own; of what the parser does not know it would be `null`.
  const from = `${url.protocol}//${url.host}`
  return from === origin ? "'self'" : from
}
