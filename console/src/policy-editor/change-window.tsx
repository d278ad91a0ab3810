import type { ReactNode } from 'react'
import { useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { policyTexts } from '../texts-of-policies.ts'

/** The question before other policies decide. `children` say what changes; a reason is asked for. */
export function ChangeWindow(props: {
  title: string
  verb: string
  act: { isPending: boolean; error: unknown; mutate: (reason: string) => void }
  onClose: () => void
  children: ReactNode
}) {
  const [reason, setReason] = useState('')
  const { act } = props
  const problem = act.error === null ? null : problemOf(act.error)
  return (
    <Window title={props.title} onClose={props.onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate(reason.trim())
        }}
      >
        {props.children}
        <Field
          label={policyTexts.reason}
          hint={policyTexts.reasonHint}
          required
          maxLength={500}
          autoComplete="off"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          error={fieldError(problem, 'reason')}
        />
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={act.isPending} disabled={reason.trim() === ''}>
            {props.verb}
          </Button>
        </div>
      </form>
    </Window>
  )
}
