import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { permissionsPolicy } from '@custodia/edge/browser/headers.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'

export type Pages = {
  /** Answers a request for a page or an asset. @returns false where it is neither. */
  serve(request: FastifyRequest, reply: FastifyReply): boolean
}

type Page = {
  readonly type: string
  readonly plain: Buffer
  readonly etag: string
  readonly brotli: Buffer | undefined
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
}

/** Where browsers say what they refused on our own pages; the module `browser` listens. */
export const reportPath = '/v1/browser-reports'

/** Nothing inline, nothing from elsewhere, no string becomes script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]

/**
 * @param secure whether browsers come by https: Chromium takes `report-to` there alone, and where it stands passes over `report-uri`, which
 * the others take.
 */
const pageHeaders = (secure: boolean) => ({
  ...(secure ? { 'reporting-endpoints': `custodia="${reportPath}"` } : {}),
  'content-security-policy': [...policy, `report-uri ${reportPath}`, ...(secure ? ['report-to custodia'] : [])].join(
    '; ',
  ),
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': permissionsPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
})

/**
 * Reads the built pages into memory once, and beside each what the build packed with Brotli. Requests are looked up by their exact path, so no path can lead out of the folder;
 * an address that is no file and that a browser opens as a page gets `index.html`, and the page's own router does the rest.
 */
export function loadPages(folder: string, { secure = false }: { readonly secure?: boolean } = {}): Pages {
  const common = pageHeaders(secure)
  const pages = new Map<string, Page>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const type = types[extname(file)]
    if (type === undefined) continue
    const plain = readFileSync(file)
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    const brotli = existsSync(`${file}.br`) ? readFileSync(`${file}.br`) : undefined
    pages.set(`/${relative(folder, file).replaceAll('\\', '/')}`, { type, plain, etag, brotli })
  }
  const index = pages.get('/index.html')
  if (index === undefined) throw new Error(`There are no pages in ${folder}. Build them: npx vite build console`)

  return {
    serve(request, reply) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      const path = request.url.split('?')[0] as string
      const asset = path === '/' ? index : pages.get(path)
      const page = asset ?? (wantsPage(request, path) ? index : undefined)
      if (page === undefined) return false
      const immutable = page !== index && path.startsWith('/assets/')
      void reply.headers({
        ...common,
        'content-type': page.type,
        'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag: page.etag,
        vary: 'accept-encoding',
      })
      if (request.headers['if-none-match'] === page.etag) void reply.code(304).send()
      else if (page.brotli !== undefined && unpacks.test(String(request.headers['accept-encoding'] ?? '')))
        void reply.code(200).header('content-encoding', 'br').send(page.brotli)
      else void reply.code(200).send(page.plain)
      return true
    },
  }
}

/** RFC 9110 §12.5.3: whoever names Brotli, unless by a weight of nothing. */
const unpacks = /(?:^|,)[ \t]*br[ \t]*(?:,|$|;[ \t]*q=(?:1|0\.0{0,2}[1-9]))/i

/** A navigation, as opposed to a call: browsers say so. */
function wantsPage(request: FastifyRequest, path: string): boolean {
  if (/^\/(?:v\d|ledger\/|\.well-known\/)/.test(path) && path !== '/ledger') return false
  const mode = request.headers['sec-fetch-mode']
  return mode === undefined ? (request.headers.accept ?? '').includes('text/html') : mode === 'navigate'
}
