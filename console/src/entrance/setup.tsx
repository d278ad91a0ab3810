import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { NewPasswordField } from '../parts/strength-meter.tsx'
import { texts } from '../texts.ts'
import { Gate } from './gate.tsx'
import { OneTimeLink } from './one-time-link.tsx'
import { useEntry } from './use-entry.ts'

/** The first administrator, with the link from the server's own log. */
export function SetupPage() {
  return (
    <OneTimeLink purposes={['setup']} page={texts.setup.title}>
      {(token) => <SetupForm token={token} />}
    </OneTimeLink>
  )
}

function SetupForm({ token }: { token: string }) {
  const { submit, busy, errorOf, problem } = useEntry('/v1/setup', token, ['organisation', 'name', 'email', 'password'])
  return (
    <Gate page={texts.setup.title} heading={texts.setup.title} note={texts.setup.note}>
      <form onSubmit={submit} className="space-y-4">
        <Field
          label={texts.setup.organisation}
          hint={texts.setup.organisationHint}
          name="organisation"
          autoComplete="organization"
          required
          maxLength={100}
          autoFocus
          error={errorOf('organisation')}
        />
        <Field
          label={texts.form.yourName}
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          error={errorOf('name')}
        />
        <Field
          label={texts.form.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          maxLength={254}
          error={errorOf('email')}
        />
        <NewPasswordField
          label={texts.form.password}
          hint={texts.form.newPasswordHint}
          name="password"
          required
          error={errorOf('password')}
        />
        <Button type="submit" look="primary" className="w-full" busy={busy}>
          {texts.setup.submit}
        </Button>
        {problem !== null && <ProblemNotice problem={problem} />}
      </form>
    </Gate>
  )
}
