import type { LimitPolicy, SetLimitPolicy } from '@custodia/wire/http/limits.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told, wrongAt } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select, Tick } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { limitTexts } from '../texts-of-limits.ts'
import { allLimits } from './queries.ts'
import { ScopeChoice, scopeOf } from './scope-choice.tsx'

const words = limitTexts.policies
const kinds = ['sign-in', 'read', 'write', 'expensive'] as const

/** Says how often something may be done. */
export function SetPolicy(props: { mayAll: boolean; onClose: () => void }) {
  const queryClient = useQueryClient()
  const set = useMutation({
    mutationFn: ({ name, body }: { name: string; body: SetLimitPolicy }) =>
      request<LimitPolicy>('PUT', `/v1/limits/policies/${encodeURIComponent(name)}`, body),
    onSuccess: async () => {
      props.onClose()
      await queryClient.invalidateQueries(allLimits)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const kind = kinds.find((one) => one === text('kind'))
    const body: SetLimitPolicy = {
      scope: scopeOf(form),
      by: text('by') as SetLimitPolicy['by'],
      burst: Number(text('burst')),
      perSeconds: Number(text('perSeconds')),
      dryRun: form.has('dryRun'),
      exceeded: text('exceeded') === 'challenge' ? 'challenge' : 'refuse',
      ...(kind === undefined ? {} : { classes: [kind] }),
      ...(text('path') === '' ? {} : { path: text('path') }),
      ...(text('application') === '' ? {} : { application: text('application') }),
    }
    set.mutate({ name: text('name'), body })
  }
  const problem = told(set.error)
  const wrong = {
    burst: wrongAt(problem, 'burst', ['LIMITS_LOCKS_YOU_OUT']),
    path: wrongAt(problem, 'path'),
    application: wrongAt(problem, 'application'),
  }
  const said = Object.values(wrong).some((one) => one !== null)
  return (
    <Window onClose={props.onClose} title={words.add} description={words.addWhat}>
      <form onSubmit={submit} className="space-y-3">
        <Field
          label={words.name}
          name="name"
          required
          maxLength={40}
          pattern="[a-z][a-z0-9\-]*"
          spellCheck={false}
          autoComplete="off"
          hint={words.nameHint}
        />
        <Select label={words.by} name="by">
          {Object.entries(limitTexts.by).map(([by, name]) => (
            <option key={by} value={by}>
              {name}
            </option>
          ))}
        </Select>
        <Field
          label={words.burst}
          name="burst"
          type="number"
          required
          min={1}
          max={1_000_000}
          defaultValue="100"
          error={wrong.burst}
        />
        <Field
          label={words.perSeconds}
          name="perSeconds"
          type="number"
          required
          min={1}
          max={86_400}
          defaultValue="60"
        />
        <Select label={words.kind} name="kind">
          <option value="">{words.everyKind}</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </Select>
        <Field label={words.path} name="path" maxLength={200} hint={words.pathHint} error={wrong.path} />
        <Field
          label={words.application}
          name="application"
          maxLength={31}
          hint={words.applicationHint}
          error={wrong.application}
        />
        <ScopeChoice mayAll={props.mayAll} />
        <Select label={words.exceeded} name="exceeded">
          {(['refuse', 'challenge'] as const).map((one) => (
            <option key={one} value={one}>
              {words.exceededAs[one]}
            </option>
          ))}
        </Select>
        <Tick name="dryRun" label={words.dryRun} help={words.dryRunWhat} />
        {problem !== null && !said && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={set.isPending}>
            {words.add}
          </Button>
        </div>
      </form>
    </Window>
  )
}
