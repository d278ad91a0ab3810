import { asHtml } from '../browser/as-html.ts'
import { ownPageStyle, ownPageStyleSource } from '../browser/own-page.ts'
import { pageScript, workerScript } from './page-scripts.ts'

/** Below what an application leaves to Custodia on its host. */
const folder = '/.custodia/challenge/'

/** Both scripts, by their paths. Policies that challenge do not hold for them: whoever is asked has to get them. */
export const challengeScripts: ReadonlyMap<string, string> = new Map([
  [`${folder}page.js`, pageScript],
  [`${folder}worker.js`, workerScript],
])

export const isChallengeScript = (path: string): boolean => path.startsWith(folder) && challengeScripts.has(path)

export const challengeScriptHeaders = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
  'content-security-policy': "default-src 'none'; connect-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const

/** Two scripts of ours and one request to the address itself; nothing else, and from nowhere else. */
export const challengePageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "connect-src 'self'",
    `style-src ${ownPageStyleSource}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types custodia-challenge',
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

export type ChallengePage = {
  /** As JSON. */
  readonly challenge: string
  /** The request header that takes the proof. */
  readonly proofHeader: string
  /** When there may be room without work. */
  readonly retryAfterSeconds: number
  /** What stands below, as in a code and the request's identifier. */
  readonly note: string
}

/** What a person sees where a program would get the challenge: their browser works, and then opens what they asked for. */
export function challengePage({ challenge, proofHeader, retryAfterSeconds, note }: ChallengePage): string {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds))
  const wait = seconds === 1 ? 'a second' : `${seconds} seconds`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>One moment</title>
<style>${ownPageStyle}</style></head><body><main><h1>One moment</h1>
<p>More is asked of this address than it answers. Your browser shows by some arithmetic that it means it; then the page opens by itself.</p>
<p id="state" role="status">This needs JavaScript.</p>
<p id="without">Your browser runs none here. Allow it for this address, or wait ${wait} and load the page again: it opens when there is room.</p>
<p id="again" hidden><a href="">Try again</a></p><small>${asHtml(note)}</small></main>
<script src="${folder}page.js" data-worker="${folder}worker.js" data-header="${asHtml(proofHeader)}" data-challenge="${asHtml(challenge)}"></script></body></html>`
}
