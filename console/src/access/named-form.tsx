import type { FormEvent } from 'react'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { accessTexts } from '../texts-of-access.ts'
import { told, wrongAt } from './told.ts'

/** Asks for a name and a description, of a group or a service account. @param before what it has now. */
export function NamedWindow(props: {
  title: string
  description?: string
  before?: { readonly name: string; readonly description: string }
  act: { isPending: boolean; error: unknown; mutate: (said: { name: string; description: string }) => void }
  onClose: () => void
}) {
  const { act, before, onClose } = props
  const problem = told(act.error)
  const wrong = {
    name: wrongAt(problem, 'name', ['ACCESS_NAME_TAKEN']),
    description: wrongAt(problem, 'description'),
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name)).trim()
    act.mutate({ name: text('name'), description: text('description') })
  }
  return (
    <Window
      onClose={onClose}
      title={props.title}
      {...(props.description !== undefined && { description: props.description })}
    >
      <form onSubmit={submit} className="space-y-3">
        <Field
          label={accessTexts.name}
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          defaultValue={before?.name}
          error={wrong.name}
        />
        <Field
          label={accessTexts.description}
          name="description"
          maxLength={500}
          autoComplete="off"
          defaultValue={before?.description}
          error={wrong.description}
        />
        {problem !== null && wrong.name === null && wrong.description === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={act.isPending}>
            {before === undefined ? props.title : texts.common.save}
          </Button>
        </div>
      </form>
    </Window>
  )
}
