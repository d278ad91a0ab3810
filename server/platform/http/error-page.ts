import { createHash } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { asHtml } from '@custodia/edge/browser/as-html.ts'
import type { ErrorTable } from '../errors.ts'

/** The errors of one module, as `app.ts` folds them together. */
export type DocumentedErrors = { readonly module: string; readonly errors: ErrorTable }

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}main{max-width:44rem;margin:0 auto;padding:2rem 1rem}
h2{margin-top:2.5rem}h3{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 0}p{margin:0}section:target{outline:2px solid;outline-offset:.5rem}`

const styleHash = createHash('sha256').update(style).digest('base64')

/** No script, no form, no frame, and no style but the one above. */
export const errorPageHeaders = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'public, max-age=300',
} as const

/** All codes by module, each with a link to its own page. */
export function errorPage(tables: readonly DocumentedErrors[]): string {
  const parts = tables
    .filter(({ errors }) => Object.keys(errors).length > 0)
    .map(({ module, errors }) => {
      const sections = Object.entries(errors).map(
        ([code, { status, title, help }]) =>
          `<section id="${asHtml(code)}"><h3><a href="/docs/errors/${asHtml(code)}">${asHtml(code)}</a> · ${status}</h3><p>${asHtml(title)}</p><p>${asHtml(help)}</p></section>`,
      )
      return `<h2>${asHtml(module)}</h2>\n${sections.join('\n')}`
    })
  return page(
    'Errors of Custodia',
    `<h1>Errors</h1>
<p>A problem names one of these codes. They are stable: programs may rely on them.</p>
${parts.join('\n')}`,
  )
}

/**
 * The page that the `type` of a problem names (RFC 9457 §3.1.1: it should lead to documentation for people): what happened, and what to
 * do.
 *
 * @returns each page by its code.
 */
export function codePages(tables: readonly DocumentedErrors[]): ReadonlyMap<string, string> {
  return new Map(
    tables.flatMap(({ module, errors }) =>
      Object.entries(errors).map(([code, { status, title, help }]) => [
        code,
        page(
          code,
          `<h1>${asHtml(code)}</h1><p>Status ${status} (${asHtml(STATUS_CODES[status] ?? '')}), from ${asHtml(module)}</p>
<h2>What happened</h2><p>${asHtml(title)}</p><h2>What to do</h2><p>${asHtml(help)}</p>
<p><a href="/docs/errors">All codes</a></p>`,
        ),
      ]),
    ),
  )
}

const page = (title: string, main: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${asHtml(title)}</title>
<style>${style}</style></head><body><main>${main}
</main></body></html>`
