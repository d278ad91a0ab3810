import type { FormEvent } from 'react'
import { told } from '../access/told.ts'
import { texts } from '../texts.ts'
import { Button } from './button.tsx'
import { Select } from './field.tsx'
import { ProblemNotice } from './notice.tsx'
import { Window } from './overlay.tsx'

const day = 86_400
const choices = [0, 3_600, day, 7 * day] as const

/** Asks how long an old secret holds beside the new one. */
export function OverlapWindow(props: {
  title: string
  description: string
  label: string
  /** By seconds. */
  overlaps: Readonly<Record<(typeof choices)[number], string>>
  verb: string
  act: { isPending: boolean; error: unknown; mutate: (overlapSeconds: number) => void }
  onClose: () => void
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    props.act.mutate(Number(new FormData(event.currentTarget).get('overlap')))
  }
  const problem = told(props.act.error)
  return (
    <Window onClose={props.onClose} title={props.title} description={props.description}>
      <form onSubmit={submit} className="space-y-4">
        <Select label={props.label} name="overlap" defaultValue={day}>
          {choices.map((seconds) => (
            <option key={seconds} value={seconds}>
              {props.overlaps[seconds]}
            </option>
          ))}
        </Select>
        {problem !== null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={props.act.isPending}>
            {props.verb}
          </Button>
        </div>
      </form>
    </Window>
  )
}
