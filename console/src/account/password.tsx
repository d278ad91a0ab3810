import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useRef, useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { meQuery, sessionsQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { PasswordField } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { NewPasswordField } from '../parts/strength-meter.tsx'
import { texts } from '../texts.ts'

/** A new password for myself. */
export function PasswordPage() {
  const { data: me } = useSuspenseQuery(meQuery)
  const queryClient = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [same, setSame] = useState(false)
  const change = useMutation({
    mutationFn: (body: { current: string; next: string }) => request('PUT', '/v1/me/password', body),
    onSuccess: () => {
      form.current?.reset()
      return queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const [current, next] = [String(fields.get('current')), String(fields.get('next'))]
    setSame(current === next)
    if (current !== next) change.mutate({ current, next })
  }
  const problem = change.error === null ? null : problemOf(change.error)
  const wrongNow =
    problem?.code === 'IDENTITY_CREDENTIALS_WRONG' ? texts.password.currentWrong : fieldError(problem, 'current')
  const wrongNext = fieldError(problem, 'next')
  return (
    <Page title={texts.password.title} answer={texts.password.answer} note={texts.password.note}>
      <form ref={form} onSubmit={submit} className="max-w-sm space-y-3">
        {change.isSuccess && (
          <Notice kind="good" title={texts.password.done}>
            {texts.password.doneNote}
          </Notice>
        )}
        {/* Tells a password manager whose password this is. */}
        <input type="email" autoComplete="username" value={me.user.email} readOnly hidden />
        <PasswordField
          label={texts.password.current}
          name="current"
          autoComplete="current-password"
          required
          error={wrongNow}
        />
        <NewPasswordField
          label={texts.form.newPassword}
          hint={texts.form.newPasswordHint}
          name="next"
          own={[me.user.email, me.user.name]}
          required
          error={same ? texts.password.same : wrongNext}
        />
        <Button type="submit" look="primary" busy={change.isPending}>
          {texts.password.submit}
        </Button>
        {problem !== null && wrongNow === null && wrongNext === null && <ProblemNotice problem={problem} />}
      </form>
    </Page>
  )
}
