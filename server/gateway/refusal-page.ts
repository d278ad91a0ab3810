import { createHash } from 'node:crypto'
import type { ProblemReply } from '../platform/http/problem.ts'

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;display:grid;min-height:100vh;place-items:center}
main{max-width:28rem;padding:2rem}h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem;opacity:.85}small{opacity:.6}a{color:inherit}`

const styleHash = createHash('sha256').update(style).digest('base64')

export const refusalPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** What a person sees where a program would get the problem's JSON. All of it is our own text. */
export function refusalPage(problem: ProblemReply, consoleUrl: string): string {
  const { title, help, code, requestId } = problem.body as Record<'title' | 'help' | 'code' | 'requestId', string>
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${style}</style><main><h1>${title}</h1><p>${help}</p><p><a href="/">Open the application</a> · <a href="${consoleUrl}">Your account</a></p><small>${code} · ${requestId}</small></main></html>`
}
