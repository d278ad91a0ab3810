import type { ReactNode } from 'react'
import { CheckIcon, StopIcon, UnknownIcon } from '../parts/icons.tsx'
import { texts } from '../texts.ts'
import type { FindingCode } from './finding.ts'
import { verdicts } from './finding.ts'

export const verdictLooks = {
  holds: { Icon: CheckIcon, soft: 'bg-good-soft text-good' },
  fails: { Icon: StopIcon, soft: 'bg-bad-soft text-bad' },
  unknown: { Icon: UnknownIcon, soft: 'bg-hover text-muted' },
} as const

/** One step of a check: what was found, why that matters, and the figures. */
export function FindingLine({ code, children }: { code: FindingCode; children?: ReactNode }) {
  const verdict = verdicts[code]
  const { Icon, soft } = verdictLooks[verdict]
  const { title, explanation } = texts.ledger.findings[code]
  return (
    <li className="flex gap-3">
      <span className={`mt-px flex size-5 shrink-0 items-center justify-center rounded-full ${soft}`}>
        <Icon className="size-3" />
        <span className="sr-only">{texts.ledger.verdictWords[verdict]}</span>
      </span>
      <div className="min-w-0 grow pb-5">
        <p className="font-medium">{title}</p>
        <p className="mt-0.5 text-[13px] text-muted">{explanation}</p>
        {children !== undefined && <div className="mt-2">{children}</div>}
      </div>
    </li>
  )
}
