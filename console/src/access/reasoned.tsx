import type { FormEvent, ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { told, wrongAt } from './told.ts'

/** Asks before an act that is done with a reason. @param children what will happen, and what else there is to say. */
export function Reasoned(props: {
  title: string
  verb: string
  grave?: boolean
  act: { isPending: boolean; error: unknown; mutate: (reason: string) => void }
  onClose: () => void
  children: ReactNode
}) {
  const { act, onClose } = props
  const problem = told(act.error)
  const wrong = wrongAt(problem, 'reason')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    act.mutate(String(new FormData(event.currentTarget).get('reason')).trim())
  }
  return (
    <Window title={props.title} onClose={onClose}>
      <form onSubmit={submit} className="space-y-4">
        <div className="text-muted">{props.children}</div>
        <ReasonField error={wrong} />
        {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 max-sm:flex-col-reverse">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look={props.grave === true ? 'danger' : 'primary'} busy={act.isPending}>
            {props.verb}
          </Button>
        </div>
      </form>
    </Window>
  )
}

/** Why something is given or taken. */
export function ReasonField({ error }: { error: string | null }) {
  return (
    <Field
      label={accessTexts.reason}
      name="reason"
      required
      maxLength={500}
      autoComplete="off"
      hint={accessTexts.reasonHint}
      error={error}
    />
  )
}
