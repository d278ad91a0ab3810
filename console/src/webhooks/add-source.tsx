import type { NewSource, Senders, Sources } from '@custodia/wire/http/webhooks.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told, wrongAt } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { sourceTexts } from '../texts-of-webhooks.ts'
import { allWebhooks } from './queries.ts'

/** Adds a source: whose secret it is, and to which of the configured paths it leads. */
export function AddSource(props: { senders: Senders['items']; targets: Sources['targets']; onClose: () => void }) {
  const queryClient = useQueryClient()
  const add = useMutation({
    mutationFn: (body: NewSource) => request('POST', '/v1/webhooks/sources', body),
    gcTime: 0,
    onSuccess: async () => {
      props.onClose()
      await queryClient.invalidateQueries(allWebhooks)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const target = props.targets[Number(form.get('target'))]
    if (target === undefined) return
    const sender = text('sender') as NewSource['sender']
    add.mutate({ name: text('name'), sender, secret: text('secret'), ...target })
  }
  const problem = told(add.error)
  const wrong = wrongAt(problem, 'secret', ['WEBHOOKS_SENDER_SECRET'])
  return (
    <Window onClose={props.onClose} title={sourceTexts.add} description={sourceTexts.addWhat}>
      <form onSubmit={submit} className="space-y-3">
        <Field label={sourceTexts.name} name="name" required maxLength={80} />
        <Select label={sourceTexts.sender} name="sender">
          {props.senders.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </Select>
        <Select label={sourceTexts.target} name="target">
          {props.targets.map(({ application, path }, index) => (
            <option key={`${application} ${path}`} value={index}>
              {application} {path}
            </option>
          ))}
        </Select>
        <Field
          label={sourceTexts.secret}
          name="secret"
          type="password"
          required
          maxLength={1_024}
          autoComplete="off"
          hint={sourceTexts.secretHint}
          error={wrong}
        />
        {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            {sourceTexts.add}
          </Button>
        </div>
      </form>
    </Window>
  )
}
