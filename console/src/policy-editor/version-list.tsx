import type { PolicyVersion } from '@custodia/wire/http/policies.ts'
import { Link } from '@tanstack/react-router'
import { useNames } from '../api/use-names.ts'
import { Badge } from '../parts/badge.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { policyTexts } from '../texts-of-policies.ts'

const tones = { draft: 'plain', tested: 'plain', shadowed: 'accent', live: 'good', retired: 'plain' } as const

/** Versions, newest first, each with its state, who wrote it, when and why. */
export function VersionList({ versions }: { versions: readonly PolicyVersion[] }) {
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
      {versions.map((version) => (
        <li key={version.number}>
          <Link to="/policies" search={{ version: String(version.number) }} className="block px-4 py-3 hover:bg-hover">
            <span className="flex flex-wrap items-center gap-2">
              <span className="font-medium">{policyTexts.version(version.number)}</span>
              <StateBadge state={version.state} />
            </span>
            <span className="mt-0.5 block break-words">{version.reason}</span>
            <Written version={version} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

export const StateBadge = ({ state }: { state: PolicyVersion['state'] }) => (
  <Badge tone={tones[state]} icon={state === 'live' && <CheckIcon />}>
    {policyTexts.states[state]}
  </Badge>
)

/** Who wrote a version, when, and how much it holds. */
export function Written({ version }: { version: PolicyVersion }) {
  const { kind, id } = version.author
  const names = useNames()
  const author = id === null ? (policyTexts.nobody[kind] ?? kind) : (names.get(id) ?? id)
  return (
    <span className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
      <span className="break-all">
        {policyTexts.by} {author}
      </span>
      <Moment at={version.createdAt} />
      <span>{policyTexts.contents(version.policies, version.tests)}</span>
    </span>
  )
}
