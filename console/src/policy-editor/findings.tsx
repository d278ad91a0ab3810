import type { TestedPolicies } from '@custodia/wire/http/policies.ts'
import type { ReactNode } from 'react'
import { Badge } from '../parts/badge.tsx'
import { CheckIcon, StopIcon, WarningIcon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { policyTexts } from '../texts-of-policies.ts'

/** What validating and testing said. Each finding leads to its line. */
export function Findings({ tested, onLine }: { tested: TestedPolicies; onLine: (line: number) => void }) {
  const { errors, warnings, tests } = tested
  const found = [
    ...errors.map((finding) => ({ ...finding, kind: 'error' as const })),
    ...warnings.map((finding) => ({ ...finding, kind: 'warning' as const })),
  ]
  return (
    <div className="space-y-4">
      <Summary tested={tested} />
      {found.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {found.map(({ kind, line, policy, message, help }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two findings may be alike in everything, and none moves
            <Row key={i} line={line} onLine={onLine} badge={<Kind kind={kind} />}>
              <span className="break-words">{message}</span>{' '}
              {policy !== null && <span className="font-mono text-[12px] break-words text-muted">{policy}</span>}
              {help !== null && <span className="block text-[13px] text-muted">{help}</span>}
            </Row>
          ))}
        </ul>
      )}
      {tests.length > 0 && (
        <ul aria-label={policyTexts.tests} className="divide-y divide-line rounded-lg border border-line">
          {tests.map((test) => (
            <Row key={test.name} line={test.line} onLine={onLine} badge={<Passed passed={test.passed} />}>
              <span className="font-medium break-words">{test.name}</span>
              <span className="block text-[13px] break-words text-muted">
                {policyTexts.outcome(test.expect, test.decision)} {test.decision && policyTexts.decidedBy(test.by)}
              </span>
              {test.problem !== null && <span className="block text-[13px] break-words text-bad">{test.problem}</span>}
            </Row>
          ))}
        </ul>
      )}
    </div>
  )
}

function Summary({ tested: { errors, tests } }: { tested: TestedPolicies }) {
  const failed = tests.filter(({ passed }) => !passed).length
  if (errors.length > 0) return <Notice kind="bad" title={policyTexts.errors(errors.length)} />
  if (failed > 0) return <Notice kind="bad" title={policyTexts.failed(failed, tests.length)} />
  return <Notice kind="good" title={policyTexts.green(tests.length)} />
}

function Row(props: { line: number | null; onLine: (line: number) => void; badge: ReactNode; children: ReactNode }) {
  const { line } = props
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-2.5">
      <span className="w-24 shrink-0">{props.badge}</span>
      {line === null ? (
        <span className="w-16 shrink-0 text-[13px] text-muted">{policyTexts.noLine}</span>
      ) : (
        <button
          type="button"
          onClick={() => props.onLine(line)}
          className="w-16 shrink-0 rounded text-left text-[13px] text-link underline-offset-2 hover:underline"
        >
          {policyTexts.line(line)}
        </button>
      )}
      <div className="min-w-0 grow basis-64">{props.children}</div>
    </li>
  )
}

const Kind = ({ kind }: { kind: 'error' | 'warning' }) =>
  kind === 'error' ? (
    <Badge tone="bad" icon={<StopIcon />}>
      {policyTexts.error}
    </Badge>
  ) : (
    <Badge tone="warn" icon={<WarningIcon />}>
      {policyTexts.warning}
    </Badge>
  )

const Passed = ({ passed }: { passed: boolean }) =>
  passed ? (
    <Badge tone="good" icon={<CheckIcon />}>
      {policyTexts.passed}
    </Badge>
  ) : (
    <Badge tone="bad" icon={<StopIcon />}>
      {policyTexts.notPassed}
    </Badge>
  )
