import type { EnrolledFactor, FactorKind } from '@custodia/wire/http/factors.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { fieldError } from '../api/field-error.ts'
import { problemOf } from '../api/problem.ts'
import { factorsQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { codesLeft, isLastSecond, numberEnd } from '../factors/ways.ts'
import { Badge } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Field } from '../parts/field.tsx'
import { KeyIcon, LedgerIcon, PasskeyIcon, PhoneIcon, WarningIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm, Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { phoneTexts } from '../texts-of-phones.ts'
import { securityTexts } from '../texts-of-security.ts'

const icons: Record<FactorKind, typeof KeyIcon> = {
  password: KeyIcon,
  totp: PhoneIcon,
  passkey: PasskeyIcon,
  'recovery-code': LedgerIcon,
  'mail-code': KeyIcon,
  'sms-code': PhoneIcon,
}

const nameOf = ({ name, factor }: EnrolledFactor) => name || texts.factors.names[factor]
const pathOf = ({ id }: EnrolledFactor) => `/v1/me/factors/${encodeURIComponent(id)}`

/** What somebody has enrolled, each with its facts and what can be done to it. */
export function FactorList(props: { items: readonly EnrolledFactor[]; onRemoved: (what: string) => void }) {
  const [renaming, rename] = useState<EnrolledFactor | null>(null)
  const [removing, remove] = useState<EnrolledFactor | null>(null)
  return (
    <>
      <ul className="divide-y divide-line rounded-lg border border-line">
        {props.items.map((item) => (
          <Row key={item.id} item={item} onRename={() => rename(item)} onRemove={() => remove(item)} />
        ))}
      </ul>
      {renaming !== null && <Rename item={renaming} onClose={() => rename(null)} />}
      {removing !== null && (
        <Remove
          item={removing}
          last={isLastSecond(props.items, removing)}
          onClose={() => remove(null)}
          onRemoved={() => props.onRemoved(securityTexts.security.removed(nameOf(removing)))}
        />
      )}
    </>
  )
}

function Row({ item, onRename, onRemove }: { item: EnrolledFactor; onRename: () => void; onRemove: () => void }) {
  const Icon = icons[item.factor]
  const name = nameOf(item)
  const kind = texts.factors.names[item.factor]
  const end = numberEnd(item)
  return (
    <li className="flex flex-wrap items-start gap-x-3.5 gap-y-3 px-4 py-3.5">
      <span className="mt-0.5 flex size-8 shrink-0 items-center justify-center rounded-md bg-hover text-muted">
        <Icon />
      </span>
      <div className="min-w-0 grow basis-44">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium break-words">{name}</span>
          <Facts item={item} />
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
          {name !== kind && <span>{kind}</span>}
          {end !== null && <span>{phoneTexts.endsIn(end)}</span>}
          <span>
            {securityTexts.security.added} <Moment at={item.createdAt} />
          </span>
          <span>
            {item.lastUsedAt === null ? (
              securityTexts.security.neverUsed
            ) : (
              <>
                {securityTexts.security.used} <Moment at={item.lastUsedAt} />
              </>
            )}
          </span>
        </p>
      </div>
      <div className="flex gap-2">
        {(item.factor === 'totp' || item.factor === 'passkey' || item.factor === 'sms-code') && (
          <Button size="small" aria-label={securityTexts.security.renameLabel(name)} onClick={onRename}>
            {securityTexts.security.rename}
          </Button>
        )}
        {securityTexts.security.removeWhat[item.factor] !== '' && (
          <Button size="small" look="grave" aria-label={securityTexts.security.removeLabel(name)} onClick={onRemove}>
            {securityTexts.security.remove}
          </Button>
        )}
      </div>
    </li>
  )
}

function Facts({ item }: { item: EnrolledFactor }) {
  const left = codesLeft(item)
  return (
    <>
      {left !== null && <Badge tone={left > 2 ? 'plain' : 'warn'}>{securityTexts.security.codesLeft(left)}</Badge>}
      {item.factor === 'sms-code' && <Badge tone="warn">{securityTexts.security.lessSafe}</Badge>}
      {item.facts.map((fact) => {
        if (!Object.hasOwn(securityTexts.security.facts, fact)) return null
        const cloned = fact === 'clone-suspected'
        return (
          <Badge
            key={fact}
            tone={cloned ? 'bad' : 'plain'}
            icon={cloned ? <WarningIcon className="size-3" /> : undefined}
          >
            {securityTexts.security.facts[fact]}
          </Badge>
        )
      })}
    </>
  )
}

function Rename({ item, onClose }: { item: EnrolledFactor; onClose: () => void }) {
  const queryClient = useQueryClient()
  const save = useMutation({
    mutationFn: (name: string) => request('PATCH', pathOf(item), { name }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey })
      onClose()
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    save.mutate(String(new FormData(event.currentTarget).get('name')).trim())
  }
  const problem = save.error === null ? null : problemOf(save.error)
  const wrong = fieldError(problem, 'name')
  return (
    <Window onClose={onClose} title={securityTexts.security.renameTitle}>
      <form onSubmit={submit} className="space-y-4">
        <Field
          label={securityTexts.enrol.name}
          hint={securityTexts.enrol.nameHint}
          name="name"
          defaultValue={item.name}
          required
          maxLength={60}
          autoComplete="off"
          error={wrong}
        />
        {problem !== null && wrong === null && <ProblemNotice problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{texts.common.cancel}</Button>
          <Button type="submit" look="primary" busy={save.isPending}>
            {texts.common.save}
          </Button>
        </div>
      </form>
    </Window>
  )
}

function Remove(props: { item: EnrolledFactor; last: boolean; onClose: () => void; onRemoved: () => void }) {
  const { item, last, onClose, onRemoved } = props
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: () => request('DELETE', pathOf(item)),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: factorsQuery.queryKey })
      onRemoved()
      onClose()
    },
  })
  return (
    <Confirm
      onClose={onClose}
      title={securityTexts.security.removeTitle(nameOf(item))}
      verb={securityTexts.security.removeVerb}
      act={{ ...remove, mutate: () => remove.mutate() }}
    >
      <p>{securityTexts.security.removeWhat[item.factor]}</p>
      {last && <p className="mt-1">{securityTexts.security.removeLast}</p>}
    </Confirm>
  )
}
