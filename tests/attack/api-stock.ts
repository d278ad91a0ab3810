import type { Account } from '../../tools/demo/accounts.ts'
import { headerText } from './header-inputs.ts'
import type { Description } from './inputs.ts'
import { sampleRequest } from './inputs.ts'
import { readKinds } from './payloads.ts'
import type { Known } from './schema-samples.ts'
import { sendUntilTaken } from './send.ts'
import type { Target } from './target.ts'

let names = 0
/** A name that nothing has yet. */
export function nextName(): string {
  names += 1
  return `n${names}`
}

/** Fields that no pattern says enough of. */
const sensible: Known = {
  text: '@id("a") permit(principal, action == Custodia::Action::"identity:users:read", resource);',
  url: 'https://nobody.invalid.example/hook',
  dueAt: () => new Date(Date.now() + 30 * 86_400_000).toISOString(),
  network: '203.0.113.9/32',
  application: 'app',
  permission: 'identity:users:read',
  accent: '#3355aa',
}

/**
 * Makes one of each thing that the API makes, so that a request about one of them comes further than a lookup: where a description
 * has `POST /v1/groups` and `/v1/groups/{groupId}`, the first is sent what it allows, and what it answers with is `groupId`.
 *
 * @returns `known` with what was made.
 */
export async function stock(
  { server }: Target,
  cookie: string,
  description: Description,
  known: Known,
): Promise<Known> {
  const made: Record<string, Known[string]> = { ...sensible, ...known }
  const routes = Object.keys(description.paths)
  // Shortest first: what another thing belongs to is there before it.
  for (const route of routes.toSorted((a, b) => a.length - b.length)) {
    const named = routes.map(
      (one) => one.startsWith(`${route}/{`) && /^\{(\w+)\}/.exec(one.slice(route.length + 1))?.[1],
    )
    const name = named.find((one) => typeof one === 'string')
    if (typeof name !== 'string' || made[name] !== undefined || description.paths[route]?.post === undefined) continue
    const answer = await sendUntilTaken(server, 'POST', sampleRequest(description, 'POST', route, made), { cookie })
    const found = answer.status < 300 && answer.text.startsWith('{') ? idIn(JSON.parse(answer.text), name) : undefined
    if (found !== undefined) made[name] = found
  }
  return made
}

/** Its identifier, wherever it stands: of a new key it is beside the secret. */
function idIn(value: Record<string, unknown>, name: string): string | undefined {
  const own = value.id ?? value[name]
  if (typeof own === 'string' || typeof own === 'number') return String(own)
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) {
      const found = idIn(inner as Record<string, unknown>, name)
      if (found !== undefined) return found
    }
  return undefined
}

/** Stores what takes more than one request: names of people, browsers of sessions, what browsers report. */
export async function storeMore(target: Target, cookie: string): Promise<void> {
  const { server } = target
  const payloads = [...readKinds().values()].flatMap((kind) =>
    kind.filter((text) => !/^\s|\s$|\p{Cc}/u.test(text)).slice(0, 2),
  )
  const call = async (path: string, body: unknown, headers: Record<string, string>) =>
    await sendUntilTaken(server, 'POST', { path, body }, headers)
  for (const [i, payload] of payloads.entries()) {
    const line = payload.slice(0, 80).trim()
    const from = { 'x-forwarded-for': `10.200.${i >> 8}.${i & 255}` }
    const email = `stored-${i}@brightwater.example`
    const invited = await call('/v1/invitations', { email, name: line, roles: ['member'] }, { cookie })
    const token = /#([a-z2-7]{52})/.exec(invited.text)?.[1]
    const password = 'a fine long passphrase'
    if (token !== undefined) await call('/v1/invitations/accept', { token, name: line, password }, from)
    const browser = { 'user-agent': headerText(payload), 'sec-ch-ua-platform': headerText(payload), ...from }
    await call('/v1/sign-in', { email, password }, browser)
    await call('/v1/keys', { name: line, scopes: ['identity:users:read'] }, { cookie })
    const entry = { list: 'deny', network: `203.0.${i >> 8}.${i & 255}/32`, reason: line, seconds: 3_600 }
    await call('/v1/limits/entries', entry, { cookie })
    const url = `${server.publicUrl}/${encodeURIComponent(payload.toWellFormed())}`
    const told = { 'document-uri': url, 'effective-directive': 'img-src', 'blocked-uri': payload, disposition: payload }
    const text = JSON.stringify({ 'csp-report': { ...told, 'script-sample': payload, 'source-file': payload } })
    const headers = { 'content-type': 'application/csp-report' }
    await sendUntilTaken(server, 'POST', { path: '/v1/browser-reports', text, headers }, from)
    const report = { documentURL: url, effectiveDirective: 'script-src', blockedURL: payload, sample: payload }
    const modern = JSON.stringify([{ type: 'csp-violation', url, body: report, user_agent: payload }])
    const type = { 'content-type': 'application/reports+json' }
    await sendUntilTaken(server, 'POST', { path: '/v1/browser-reports', text: modern, headers: type }, from)
  }
  // The administrator's own browsers, which their own pages show.
  const { email, password } = target.accounts[0] as Account
  for (const [i, payload] of payloads.slice(0, 20).entries())
    await call(
      '/v1/sign-in',
      { email, password },
      { 'user-agent': headerText(payload), 'x-forwarded-for': `10.201.0.${i}` },
    )
}
