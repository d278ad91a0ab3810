import { ownPageStyle, ownPageStyleSource } from '@custodia/edge/browser/own-page.ts'
import type { ProblemReply } from '../platform/http/problem.ts'

export const refusalPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src ${ownPageStyleSource}; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** What a person sees where a program would get the problem's JSON. All of it is our own text. */
export function refusalPage(problem: ProblemReply, consoleUrl: string): string {
  const { title, help, code, requestId } = problem.body as Record<'title' | 'help' | 'code' | 'requestId', string>
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${ownPageStyle}</style><main><h1>${title}</h1><p>${help}</p><p><a href="/">Open the application</a> · <a href="${consoleUrl}">Your account</a></p><small>${code} · ${requestId}</small></main></html>`
}
