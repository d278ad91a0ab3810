import type { PolicyVersion, PolicyVersions, TestedPolicies, WholePolicyVersion } from '@custodia/wire/http/policies.ts'
import { refuse } from '../errors.ts'
import type { PolicyDiff } from './diff.ts'
import { diffOf } from './diff.ts'
import { textsOf } from './outline.ts'
import type { PolicyParts } from './parts.ts'
import { reasonPlace } from './parts.ts'
import type { VersionRow } from './store.ts'
import { readVersions } from './store.ts'
import { requireVersion } from './study-version.ts'
import type { Tested } from './test-version.ts'

/** Versions of the organisation, newest first. @throws Refusal ACCESS_CURSOR_INVALID */
export async function listVersions(
  parts: PolicyParts,
  organisationId: string,
  { cursor, limit = 50 }: { readonly cursor?: string; readonly limit?: number },
): Promise<PolicyVersions> {
  const before = cursor === undefined ? null : readCursor(cursor)
  const rows = await readVersions(parts.context.database.queries, organisationId, before, limit + 1)
  const page = rows.slice(0, limit)
  const last = rows.length > limit ? page.at(-1) : undefined
  return {
    items: await Promise.all(page.map((row) => showVersion(parts, organisationId, row))),
    next: last === undefined ? null : writeCursor(last.number),
  }
}

/** @throws Refusal ACCESS_POLICY_VERSION_UNKNOWN */
export async function showWhole(
  parts: PolicyParts,
  organisationId: string,
  number: number,
): Promise<WholePolicyVersion> {
  const row = await requireVersion(parts, organisationId, number)
  return {
    ...(await showVersion(parts, organisationId, row)),
    text: row.text,
    shadow: row.shadow === null ? null : JSON.parse(row.shadow),
  }
}

/** What differs between two versions; 0 is that of no policies. @throws Refusal ACCESS_POLICY_VERSION_UNKNOWN */
export async function showDiff(
  parts: PolicyParts,
  organisationId: string,
  from: number,
  to: number,
): Promise<readonly PolicyDiff[]> {
  const texts = async (number: number) =>
    number === 0 ? new Map<string, string>() : textsOf(await requireVersion(parts, organisationId, number))
  return diffOf(await texts(from), await texts(to))
}

async function showVersion(parts: PolicyParts, organisationId: string, row: VersionRow): Promise<PolicyVersion> {
  const reason = await parts.keyring.open(reasonPlace(organisationId, row.number), row.reason_sealed)
  return {
    number: row.number,
    state: row.state,
    hash: row.hash.toString('hex'),
    policies: row.policies,
    tests: row.tests,
    author: { kind: row.author_kind, id: row.author_id },
    reason: reason.toString(),
    createdAt: row.created_at.toISOString(),
    testedAt: row.tested_at?.toISOString() ?? null,
    shadowedAt: row.shadowed_at?.toISOString() ?? null,
    shadowedAgainst: row.shadowed_against,
    liveAt: row.live_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null,
  }
}

export function showTested({ study, results, green }: Tested): TestedPolicies {
  return {
    green,
    policies: study.policies.map(({ id, effect, actions, line }) => ({
      id,
      effect,
      actions: actions === null ? null : [...actions],
      line,
    })),
    errors: [...study.errors],
    warnings: [...study.warnings],
    tests: results.map((result) => ({ ...result, by: [...result.by] })),
  }
}

const writeCursor = (number: number): string => Buffer.from(String(number)).toString('base64url')

function readCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!/^[1-9]\d{0,8}$/.test(text) || writeCursor(Number(text)) !== cursor) throw refuse('ACCESS_CURSOR_INVALID')
  return Number(text)
}
