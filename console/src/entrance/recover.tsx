import type { RecoveryRequest } from '@custodia/wire/http/recovery.ts'
import { useMutation } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { NewPasswordField } from '../parts/strength-meter.tsx'
import { waitingTime } from '../parts/time.ts'
import { texts } from '../texts.ts'
import { Gate } from './gate.tsx'
import { OneTimeLink } from './one-time-link.tsx'
import { useEntry } from './use-entry.ts'

/** A forgotten password: without a link the page sends one, with a link it takes the new password. */
export function RecoverPage() {
  const linked = useRouterState({ select: (state) => state.location.hash !== '' })
  if (!linked) return <AskForLink />
  return (
    <OneTimeLink purposes={['recovery', 'delegated-recovery']} page={texts.recover.title}>
      {(token, { email }) => <NewPassword token={token} email={email} />}
    </OneTimeLink>
  )
}

/** Whether the address has an account is said to nobody. */
function AskForLink() {
  const ask = useMutation({ mutationFn: (body: RecoveryRequest) => request('POST', '/v1/recovery', body) })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    ask.mutate({ email: String(new FormData(event.currentTarget).get('email')).trim() })
  }
  const back = (
    <p className="mt-6">
      <Link to="/sign-in" className="font-medium text-link underline-offset-2 hover:underline">
        {texts.recover.back}
      </Link>
    </p>
  )
  if (ask.isSuccess) {
    return (
      <Gate page={texts.recover.title} heading={texts.recover.sentTitle} note={texts.recover.sentNote}>
        {back}
      </Gate>
    )
  }
  const problem = ask.error === null ? null : problemOf(ask.error)
  const wrong = problem?.status === 429 ? waitFor(problem.retryAfterSeconds) : fieldError(problem, 'email')
  return (
    <Gate page={texts.recover.title} heading={texts.recover.heading} note={texts.recover.note}>
      <form onSubmit={submit} className="space-y-4">
        <Field
          label={texts.form.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          maxLength={254}
          autoFocus
          autoCapitalize="off"
          spellCheck={false}
          error={wrong}
        />
        <Button type="submit" look="primary" className="w-full" busy={ask.isPending}>
          {texts.recover.submit}
        </Button>
        {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
      </form>
      {back}
    </Gate>
  )
}

const waitFor = (seconds: number | null): string =>
  seconds === null ? texts.signIn.waitSome : texts.signIn.wait(waitingTime(seconds))

function NewPassword({ token, email }: { token: string; email: string | null }) {
  const { submit, busy, errorOf, problem } = useEntry('/v1/recovery/complete', token, ['password'])
  return (
    <Gate page={texts.recover.title} heading={texts.recover.newTitle} note={texts.recover.newNote}>
      <form onSubmit={submit} className="space-y-4">
        {/* Tells a password manager whose password this is. */}
        {email !== null && (
          <Field label={texts.form.email} type="email" autoComplete="username" readOnly value={email} />
        )}
        <NewPasswordField
          label={texts.form.newPassword}
          hint={texts.form.newPasswordHint}
          name="password"
          own={[email ?? '']}
          required
          autoFocus
          error={errorOf('password')}
        />
        <Button type="submit" look="primary" className="w-full" busy={busy}>
          {texts.recover.submitNew}
        </Button>
        {problem !== null && <ProblemNotice problem={problem} />}
      </form>
    </Gate>
  )
}
