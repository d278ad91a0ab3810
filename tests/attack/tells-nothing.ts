import assert from 'node:assert/strict'
import type { Reply } from '../exchange.ts'

/** What an answer shows of the inside: stacks, files, statements, addresses of neighbours, names and versions of what it runs on. */
const inside: readonly RegExp[] = [
  /\bat \S+ \(|\bat (?:async )?(?:file|node):|\.[tj]s:\d+|node_modules|node:internal/,
  /\/(?:work|root|home|tmp|srv|usr|var|etc)\/[\w.-]+|file:\/\//,
  /\b(?:select|insert into|update|delete from)\b.{0,80}\b(?:from|set|values|where)\b/i,
  /\brelation "|\bcolumn "|syntax error at|SQLSTATE|duplicate key|violates |\bpg_\w+|kysely|postgres/i,
  /\bE(?:CONN\w+|NOENT|PIPE|ACCES|PERM)\b|127\.0\.0\.1:\d+|\.s\.PGSQL/,
  /\b(?:fastify|undici|ajv|nodejs|node|pino|cedar|redis)[/ @]v?\d|FST_|UND_ERR/i,
  /TypeError|ReferenceError|RangeError|Cannot read prop|is not a function|undefined is not/,
  /root\.key|\[object Object\]/,
]

/** Holds an answer to what a stranger may learn from it; a refusal is a problem of ours (RFC 9457), with a page. @returns its code. */
export function tellsNothing(what: string, { status, headers, text }: Reply): string | null {
  for (const name of ['server', 'x-powered-by', 'x-aspnet-version', 'via'])
    assert.equal(headers[name], undefined, `${what}: ${name}`)
  if (status < 400) return null
  for (const pattern of inside) assert.doesNotMatch(text, pattern, `${what}: ${status}`)
  if (text === '') return null
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json/, `${what}: ${text.slice(0, 200)}`)
  const problem = JSON.parse(text) as Record<string, unknown>
  assert.equal(problem.status, status, what)
  assert.ok(String(problem.type).endsWith(`/docs/errors/${problem.code}`), what)
  for (const fact of ['title', 'help', 'requestId']) assert.equal(typeof problem[fact], 'string', `${what}: ${fact}`)
  return String(problem.code)
}
