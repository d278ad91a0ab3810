import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { PasskeyIcon } from '../parts/icons.tsx'
import { securityTexts } from '../texts-of-security.ts'
import type { EnrolDesk, Enrolled } from './enrol-desk.ts'
import { PasskeyTrouble } from './passkey-trouble.tsx'
import { platformName } from './platform-name.ts'
import { newPasskey } from './webauthn.ts'

/** A new passkey, with a name by which its owner knows it again. */
export function EnrolPasskey(props: {
  desk: EnrolDesk
  onDone: (enrolled: Enrolled) => Promise<void> | void
  onOver?: (() => void) | undefined
}) {
  const { desk, onDone, onOver } = props
  const create = useMutation({
    mutationFn: async (name: string) => {
      const { options } = await desk.offerPasskey()
      return await desk.createPasskey({ credential: await newPasskey(options), name })
    },
    onSuccess: onDone,
    onError: (error) => {
      if (problemOf(error).code === 'IDENTITY_ATTEMPT_OVER') onOver?.()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    create.mutate(name === '' ? securityTexts.enrol.passkeyName('') : name)
  }
  const problem = create.error === null ? null : problemOf(create.error)
  const wrong = fieldError(problem, 'name')
  return (
    <form onSubmit={submit} className="space-y-4">
      <p className="text-muted">{securityTexts.enrol.passkeyNote}</p>
      <Field
        label={securityTexts.enrol.name}
        hint={securityTexts.enrol.nameHint}
        name="name"
        defaultValue={securityTexts.enrol.passkeyName(platformName(navigator.userAgent))}
        required
        maxLength={60}
        autoComplete="off"
        error={wrong}
      />
      <Button type="submit" look="primary" className="w-full" busy={create.isPending}>
        <PasskeyIcon />
        {securityTexts.enrol.createPasskey}
      </Button>
      {problem !== null && wrong === null && <PasskeyTrouble problem={problem} />}
    </form>
  )
}
