import type { ReactNode } from 'react'
import type { Problem } from '../api/problem.ts'
import { texts } from '../texts.ts'
import { Button } from './button.tsx'
import { CheckIcon, InfoIcon, StopIcon, WarningIcon } from './icons.tsx'

const kinds = {
  info: { colour: 'bg-accent-soft text-link', Icon: InfoIcon },
  good: { colour: 'bg-good-soft text-good', Icon: CheckIcon },
  warn: { colour: 'bg-warn-soft text-warn', Icon: WarningIcon },
  bad: { colour: 'bg-bad-soft text-bad', Icon: StopIcon },
} as const

export type NoticeKind = keyof typeof kinds

/** Something to know, in place: an icon, a sentence, at most one more. */
export function Notice(props: { kind: NoticeKind; title: string; children?: ReactNode; action?: ReactNode }) {
  const { colour, Icon } = kinds[props.kind]
  return (
    <div
      role={props.kind === 'bad' ? 'alert' : 'status'}
      className={`flex items-start gap-2.5 rounded-md px-3.5 py-3 ${colour}`}
    >
      <Icon className="mt-0.5" />
      <div className="min-w-0 grow">
        <p className="font-medium">{props.title}</p>
        {props.children !== undefined && <div className="mt-0.5 text-ink/85">{props.children}</div>}
      </div>
      {props.action}
    </div>
  )
}

/** A refusal in the server's own words, with what can be done about it. */
export function ProblemNotice({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <Notice
      kind="bad"
      title={problem.title}
      action={
        retry !== undefined && (
          <Button size="small" onClick={retry}>
            {texts.common.tryAgain}
          </Button>
        )
      }
    >
      {problem.help}
      {problem.requestId !== null && problem.status >= 500 && (
        <span className="mt-1 block font-mono text-xs text-muted">{texts.common.requestId(problem.requestId)}</span>
      )}
    </Notice>
  )
}
