import type { Invite, Invited } from '@custodia/wire/http/identity.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Field } from '../parts/field.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { RoleChoice } from './role-choice.tsx'

/** Invites somebody, and shows the one-time link once: it leaves memory when the window closes. */
export function InviteWindow({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const invite = useMutation({
    mutationFn: (body: Invite) => request<Invited>('POST', '/v1/invitations', body),
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['users'] }),
  })
  if (invite.data !== undefined) {
    const { user, link, expiresAt } = invite.data
    return (
      <Window onClose={onClose} title={texts.invite.doneTitle} description={texts.invite.done(user.name)}>
        <p className="mb-1.5 font-medium">{texts.invite.link}</p>
        <div className="rounded-md border border-line bg-sunken p-3">
          <Code text={link} label={texts.invite.copy} />
        </div>
        <p className="mt-2 text-[13px] text-muted">
          {texts.invite.expires} <Moment at={expiresAt} />.
        </p>
        <div className="mt-6 flex justify-end gap-2">
          <Button onClick={() => invite.reset()}>{texts.invite.another}</Button>
          <Button look="primary" onClick={onClose}>
            {texts.invite.finish}
          </Button>
        </div>
      </Window>
    )
  }
  return (
    <Window onClose={onClose} title={texts.invite.title} description={texts.invite.description}>
      <InviteForm send={(body) => invite.mutate(body)} busy={invite.isPending} error={invite.error} onClose={onClose} />
    </Window>
  )
}

function InviteForm(props: { send: (body: Invite) => void; busy: boolean; error: unknown; onClose: () => void }) {
  const [roles, setRoles] = useState<string[]>([])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    props.send({ email: String(form.get('email')).trim(), name: String(form.get('name')).trim(), roles })
  }
  const problem = props.error === null ? null : problemOf(props.error)
  const [wrongEmail, wrongName] = [fieldError(problem, 'email'), fieldError(problem, 'name')]
  return (
    <form onSubmit={submit} className="space-y-2">
      <Field
        label={texts.form.email}
        name="email"
        type="email"
        required
        maxLength={254}
        autoComplete="off"
        error={wrongEmail}
      />
      <Field label={texts.invite.name} name="name" required maxLength={100} autoComplete="off" error={wrongName} />
      <RoleChoice legend={texts.invite.roles} held={[]} chosen={roles} onChange={setRoles} />
      {problem !== null && wrongEmail === null && wrongName === null && <ProblemNotice problem={problem} />}
      <div className="flex justify-end gap-2 pt-4">
        <Button onClick={props.onClose}>{texts.common.cancel}</Button>
        <Button type="submit" look="primary" busy={props.busy}>
          {texts.invite.submit}
        </Button>
      </div>
    </form>
  )
}
