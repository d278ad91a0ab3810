import type { LimitEntry, NewLimitEntry } from '@custodia/wire/http/limits.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told, wrongAt } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { limitTexts } from '../texts-of-limits.ts'
import { allLimits } from './queries.ts'
import { ScopeChoice, scopeOf } from './scope-choice.tsx'

const words = limitTexts.entries

/** Lets somebody in without a limit, or not at all. @param props.whom what stands in the field at first. */
export function AddEntry(props: { mayAll: boolean; whom: string; onClose: () => void }) {
  const queryClient = useQueryClient()
  const add = useMutation({
    mutationFn: (body: NewLimitEntry) => request<LimitEntry>('POST', '/v1/limits/entries', body),
    onSuccess: async () => {
      props.onClose()
      await queryClient.invalidateQueries(allLimits)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const whom = text('whom')
    add.mutate({
      scope: scopeOf(form),
      list: text('list') === 'allow' ? 'allow' : 'deny',
      // An address has a dot or a colon, and no identifier has.
      ...(/[.:]/.test(whom) ? { network: whom } : { account: whom }),
      reason: text('reason'),
      seconds: Number(form.get('seconds')),
    })
  }
  const problem = told(add.error)
  const wrong = wrongAt(problem, 'network', ['LIMITS_NETWORK_INVALID']) ?? wrongAt(problem, 'account')
  return (
    <Window onClose={props.onClose} title={words.add} description={words.addWhat}>
      <form onSubmit={submit} className="space-y-3">
        <Select label={words.list} name="list">
          {(['deny', 'allow'] as const).map((list) => (
            <option key={list} value={list}>
              {words.lists[list]}
            </option>
          ))}
        </Select>
        <Field
          label={words.whom}
          name="whom"
          required
          maxLength={61}
          defaultValue={props.whom}
          spellCheck={false}
          autoComplete="off"
          hint={words.whomHint}
          error={wrong}
        />
        <Field label={words.reason} name="reason" required maxLength={200} />
        <Select label={words.time} name="seconds">
          {Object.entries(words.times).map(([seconds, name]) => (
            <option key={seconds} value={seconds}>
              {name}
            </option>
          ))}
        </Select>
        <ScopeChoice mayAll={props.mayAll} />
        {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            {words.add}
          </Button>
        </div>
      </form>
    </Window>
  )
}
