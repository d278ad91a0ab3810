import type { LinkFacts } from '@custodia/wire/http/identity.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { NewPasswordField } from '../parts/strength-meter.tsx'
import { texts } from '../texts.ts'
import { Gate } from './gate.tsx'
import { OneTimeLink } from './one-time-link.tsx'
import { useEntry } from './use-entry.ts'

/** Somebody who was invited chooses a password. */
export function InvitationPage() {
  return (
    <OneTimeLink purposes={['invitation']} page={texts.invitation.title}>
      {(token, facts) => <InvitationForm token={token} facts={facts} />}
    </OneTimeLink>
  )
}

function InvitationForm({ token, facts }: { token: string; facts: LinkFacts }) {
  const { submit, busy, errorOf, problem } = useEntry('/v1/invitations/accept', token, ['name', 'password'])
  const { organisation } = facts
  return (
    <Gate
      page={texts.invitation.title}
      heading={organisation === null ? texts.invitation.title : texts.invitation.join(organisation)}
      note={texts.invitation.note}
    >
      <form onSubmit={submit} className="space-y-4">
        <Field
          label={texts.form.email}
          type="email"
          autoComplete="username"
          readOnly
          value={facts.email ?? ''}
          hint={
            <>
              {texts.invitation.validUntil} <Moment at={facts.expiresAt} />.
            </>
          }
        />
        <Field
          label={texts.form.yourName}
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          defaultValue={facts.name ?? ''}
          error={errorOf('name')}
        />
        <NewPasswordField
          label={texts.form.newPassword}
          hint={texts.form.newPasswordHint}
          name="password"
          own={[facts.email ?? '', facts.name ?? '', organisation ?? '']}
          required
          autoFocus
          error={errorOf('password')}
        />
        <Button type="submit" look="primary" className="w-full" busy={busy}>
          {texts.invitation.submit}
        </Button>
        {problem !== null && <ProblemNotice problem={problem} />}
      </form>
    </Gate>
  )
}
