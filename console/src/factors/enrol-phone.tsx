import type { EnrolledWithCodes, PhoneConfirmation, PhoneOffer } from '@custodia/wire/http/factors.ts'
import { useMutation } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useEffect, useRef, useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { phoneTexts } from '../texts-of-phones.ts'
import { securityTexts } from '../texts-of-security.ts'
import { CodeField, codeOf, selectCode } from './code-field.tsx'
import type { Enrolled } from './enrol-desk.ts'
import { enrolledBy } from './enrol-desk.ts'
import { e164Of } from './phone-number.ts'

type Done = (enrolled: Enrolled) => Promise<void> | void

/** A new phone: what it is worth, its number, then the code that went there. */
export function EnrolPhone({ onDone }: { onDone: Done }) {
  const [offer, setOffer] = useState<PhoneOffer | null>(null)
  return offer === null ? (
    <NumberForm onOffer={setOffer} />
  ) : (
    <CodeForm key={offer.id} offer={offer} onDone={onDone} onAgain={() => setOffer(null)} />
  )
}

function NumberForm({ onOffer }: { onOffer: (offer: PhoneOffer) => void }) {
  const [unread, setUnread] = useState(false)
  const send = useMutation({
    mutationFn: (number: string) => request<PhoneOffer>('POST', '/v1/me/factors/phone', { number }),
    onSuccess: onOffer,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const number = e164Of(String(new FormData(event.currentTarget).get('number')))
    setUnread(number === null)
    if (number !== null) send.mutate(number)
  }
  const problem = send.error === null ? null : problemOf(send.error)
  const refused = fieldError(problem, 'number')
  return (
    <form onSubmit={submit} className="space-y-4">
      <Notice kind="warn" title={phoneTexts.lessSafe}>
        {phoneTexts.risk}
      </Notice>
      <Field
        label={phoneTexts.number}
        hint={phoneTexts.numberHint}
        name="number"
        type="tel"
        autoComplete="tel"
        required
        maxLength={40}
        autoFocus
        error={unread ? phoneTexts.numberWrong : refused}
      />
      <Button type="submit" look="primary" className="w-full" busy={send.isPending}>
        {phoneTexts.send}
      </Button>
      {problem !== null && refused === null && <ProblemNotice problem={problem} />}
    </form>
  )
}

function CodeForm({ offer, onDone, onAgain }: { offer: PhoneOffer; onDone: Done; onAgain: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const confirm = useMutation({
    mutationFn: async (body: Omit<PhoneConfirmation, 'id'>) =>
      enrolledBy(await request<EnrolledWithCodes>('POST', '/v1/me/factors/phone/confirm', { id: offer.id, ...body })),
    onSuccess: onDone,
  })
  const problem = confirm.error === null ? null : problemOf(confirm.error)
  const wrong = problem?.code === 'IDENTITY_FACTOR_WRONG' || problem?.status === 400 ? phoneTexts.codeWrong : null
  useEffect(() => {
    if (wrong !== null) selectCode(form.current)
  }, [wrong])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name')).trim()
    confirm.mutate({ code: codeOf(event.currentTarget), name: name === '' ? phoneTexts.name : name })
  }
  return (
    <form ref={form} onSubmit={submit} className="space-y-4">
      <p role="status">{phoneTexts.sentTo(offer.sentTo)}</p>
      <CodeField factor="sms-code" label={phoneTexts.code} hint={phoneTexts.codeHint} error={wrong} />
      <Field
        label={securityTexts.enrol.name}
        hint={securityTexts.enrol.nameHint}
        name="name"
        defaultValue={phoneTexts.name}
        maxLength={60}
        autoComplete="off"
      />
      <Button type="submit" look="primary" className="w-full" busy={confirm.isPending}>
        {phoneTexts.confirm}
      </Button>
      {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
      <p className="text-[13px] text-muted">{phoneTexts.nothingCame}</p>
      <Button look="quiet" onClick={onAgain}>
        {phoneTexts.otherNumber}
      </Button>
    </form>
  )
}
