import type { EndpointSecret, NewEndpoint } from '@custodia/wire/http/webhooks.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { told, wrongAt } from '../access/told.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, TextArea, Tick } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { webhookTexts } from '../texts-of-webhooks.ts'
import { allWebhooks } from './queries.ts'
import { SecretOnce } from './secret-once.tsx'

/** Adds an endpoint, and shows its secret once. @param props.personal whether the person could give it sealed fields. */
export function AddEndpoint(props: { personal: boolean; onClose: () => void }) {
  const queryClient = useQueryClient()
  const add = useMutation({
    mutationFn: (body: NewEndpoint) => request<EndpointSecret>('POST', '/v1/webhooks/endpoints', body),
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries(allWebhooks),
  })
  if (add.data !== undefined) return <SecretOnce secret={add.data.secret} onClose={props.onClose} />
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const events = text('events').split(/\s+/).filter(Boolean)
    add.mutate({
      url: text('url'),
      ...(text('description') === '' ? {} : { description: text('description') }),
      ...(events.length === 0 ? {} : { events }),
      ...(form.has('personal') ? { personal: true } : {}),
    })
  }
  const problem = told(add.error)
  const wrong = {
    url: wrongAt(problem, 'url', ['WEBHOOKS_URL_REFUSED']),
    events: wrongAt(problem, 'events', ['WEBHOOKS_EVENT_UNKNOWN']),
  }
  return (
    <Window onClose={props.onClose} title={webhookTexts.add} description={webhookTexts.addWhat}>
      <form onSubmit={submit} className="space-y-3">
        <Field
          label={webhookTexts.url}
          name="url"
          type="url"
          required
          maxLength={2_000}
          pattern="https://.*"
          spellCheck={false}
          autoComplete="off"
          hint={webhookTexts.urlHint}
          error={wrong.url}
        />
        <Field label={webhookTexts.description} name="description" maxLength={200} />
        <TextArea
          label={webhookTexts.events}
          name="events"
          rows={3}
          hint={webhookTexts.eventsHint}
          error={wrong.events}
        />
        {props.personal && <Tick name="personal" label={webhookTexts.personal} help={webhookTexts.personalWhat} />}
        {problem !== null && wrong.url === null && wrong.events === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2 pt-3 max-sm:flex-col-reverse">
          <Button onClick={props.onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={add.isPending}>
            {webhookTexts.add}
          </Button>
        </div>
      </form>
    </Window>
  )
}
