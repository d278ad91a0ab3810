import { propose } from '@custodia/edge/browser/propose.ts'
import type {
  BrowserPolicies,
  BrowserPolicy,
  BrowserPolicyVersion,
  BrowserReports,
} from '@custodia/wire/http/browser.ts'
import type { Parts } from './parts.ts'
import { applicationOf } from './parts.ts'
import type { PolicyRow } from './store.ts'
import { listInlines, listLive, listPolicies, listReports, originOf, readBefore, summariseReports } from './store.ts'

const maxListed = 500
const maxVersions = 50
/** A policy with more hashes than that is none that somebody reads. */
const maxHashes = 20

export async function showReports({ context }: Parts, application: string | undefined): Promise<BrowserReports> {
  const rows = await listReports(context.database.queries, application, maxListed)
  return {
    items: rows.map(({ application: name, count, first_at, last_at, ...row }) => ({
      ...(row as Pick<BrowserReports['items'][number], 'kind' | 'disposition' | 'directive' | 'blocked' | 'path'>),
      application: name === '' ? null : name,
      count: Number(count),
      firstAt: first_at.toISOString(),
      lastAt: last_at.toISOString(),
    })),
  }
}

export async function showPolicies({ context, applications }: Parts): Promise<BrowserPolicies> {
  const live = new Map((await listLive(context.database.queries)).map((row) => [row.application, row]))
  return {
    items: [...applications.values()].map(({ name, title, profile }) => {
      const row = live.get(name)
      return { application: name, title, profile, live: row === undefined ? null : showVersion(row) }
    }),
  }
}

/** What is live, and what would have to be allowed for the reports since then to stop. */
export async function showPolicy(parts: Parts, name: string): Promise<BrowserPolicy> {
  const { title, profile } = applicationOf(parts, name)
  const { queries } = parts.context.database
  const versions = await listPolicies(queries, name, maxVersions)
  const live = versions.find((one) => one.retired_at === null) ?? null
  const before = live === null ? null : await readBefore(queries, live)
  const reported = await summariseReports(queries, name, live?.live_at ?? new Date(0))
  const inlines = await listInlines(queries, name, maxHashes)
  const { lines, unresolved } = propose(reported, inlines)
  return {
    application: name,
    title,
    profile,
    live: live === null ? null : showVersion(live),
    before: before === null ? null : originOf(before),
    proposal: { lines: [...lines], unresolved: [...unresolved] },
    versions: versions.map(showVersion),
  }
}

const showVersion = (row: PolicyRow): BrowserPolicyVersion => ({
  number: row.number,
  sources: Object.fromEntries(Object.entries(row.sources).map(([name, sources]) => [name, [...sources]])),
  trustedTypes: row.trusted_types,
  restores: row.restores,
  liveAt: row.live_at.toISOString(),
  retiredAt: row.retired_at?.toISOString() ?? null,
})
