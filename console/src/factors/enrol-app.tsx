import type { TotpOffer } from '@custodia/wire/http/factors.ts'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useEffect, useRef } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Field } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/page.tsx'
import { securityTexts } from '../texts-of-security.ts'
import { CodeField, codeOf, selectCode } from './code-field.tsx'
import type { EnrolDesk, Enrolled } from './enrol-desk.ts'
import { keyGroups } from './key-groups.ts'
import { QrCode } from './qr-code.tsx'

type Props = {
  readonly desk: EnrolDesk
  readonly onDone: (enrolled: Enrolled) => Promise<void> | void
  readonly onOver?: (() => void) | undefined
}

/** A new authenticator app: its key as a picture and as text, then a code that shows that it arrived. */
export function EnrolApp(props: Props) {
  const offer = useQuery({
    queryKey: ['totp-offer', props.desk.name],
    queryFn: props.desk.offerApp,
    // Each asking makes another key: none may come while somebody scans this one, and none stays afterwards.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
  if (offer.error !== null) return <ProblemNotice problem={problemOf(offer.error)} retry={() => void offer.refetch()} />
  if (offer.data === undefined || offer.isFetching) return <Waiting rows={3} />
  return <ConfirmApp key={offer.data.id} {...props} offer={offer.data} renew={() => void offer.refetch()} />
}

function ConfirmApp({ desk, onDone, onOver, offer, renew }: Props & { offer: TotpOffer; renew: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const confirm = useMutation({
    mutationFn: (body: { code: string; name: string }) => desk.confirmApp({ id: offer.id, ...body }),
    onSuccess: onDone,
    onError: (error) => {
      if (problemOf(error).code === 'IDENTITY_ATTEMPT_OVER') onOver?.()
    },
  })
  const problem = confirm.error === null ? null : problemOf(confirm.error)
  const wrong = problem !== null && [400, 401, 422].includes(problem.status) ? securityTexts.enrol.wrongCode : null
  useEffect(() => {
    if (wrong !== null) selectCode(form.current)
  }, [wrong])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    confirm.mutate({ code: codeOf(event.currentTarget), name: name === '' ? securityTexts.enrol.appName : name })
  }
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      <p>{securityTexts.enrol.scan}</p>
      <QrCode text={offer.uri} />
      <div>
        <p className="font-medium">{securityTexts.enrol.key}</p>
        <Code text={keyGroups(offer.secret)} label={securityTexts.enrol.copyKey} copies={offer.secret} />
      </div>
      <Field
        label={securityTexts.enrol.name}
        hint={securityTexts.enrol.nameHint}
        name="name"
        defaultValue={securityTexts.enrol.appName}
        maxLength={60}
        autoComplete="off"
      />
      <CodeField
        factor="totp"
        label={securityTexts.enrol.code}
        hint={securityTexts.enrol.codeHint}
        error={wrong}
        autoFocus={false}
      />
      <Button type="submit" look="primary" className="w-full" busy={confirm.isPending}>
        {securityTexts.enrol.confirmApp}
      </Button>
      {problem !== null && wrong === null && <ProblemNotice problem={problem} retry={renew} />}
    </form>
  )
}
