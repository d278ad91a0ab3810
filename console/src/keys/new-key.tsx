import type { IssuedKey, NewKey } from '@custodia/wire/http/keys.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { told } from '../access/told.ts'
import { fieldError } from '../api/field-error.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Field, Select, TextArea, Tick } from '../parts/field.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Window } from '../parts/overlay.tsx'
import { texts } from '../texts.ts'
import { keyTexts } from '../texts-of-keys.ts'
import { keysAtQuery } from './queries.ts'
import { ShownOnce } from './shown-once.tsx'
import type { Signing } from './wanted.ts'
import { wantedKey } from './wanted.ts'

const maxScopes = 50

/**
 * Makes a key, and shows it once.
 *
 * @param props.path where it is made.
 * @param props.what there is to know before.
 * @param props.permissions what the person may do: no key that they make does more.
 */
export function NewKeyWindow(props: {
  path: string
  what: string
  permissions: readonly string[]
  maxDays: number
  onClose: () => void
}) {
  const queryClient = useQueryClient()
  const make = useMutation({
    mutationFn: (body: NewKey) => request<IssuedKey>('POST', props.path, body),
    gcTime: 0,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: keysAtQuery(props.path).queryKey }),
  })
  if (make.data !== undefined) return <ShownOnce issued={make.data} onClose={props.onClose} />
  return (
    <Window onClose={props.onClose} title={keyTexts.make} description={props.what}>
      <KeyForm {...props} send={(body) => make.mutate(body)} busy={make.isPending} error={make.error} />
    </Window>
  )
}

function KeyForm(props: {
  permissions: readonly string[]
  maxDays: number
  send: (body: NewKey) => void
  busy: boolean
  error: unknown
  onClose: () => void
}) {
  const [scopes, setScopes] = useState<readonly string[]>([])
  const [signing, setSigning] = useState<Signing>('none')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    const typed = { name: text('name'), days: text('days'), networks: text('networks'), rate: text('rate') }
    props.send(wantedKey({ ...typed, scopes, signing, publicKey: text('publicKey'), only: form.has('only') }))
  }
  const problem = told(props.error)
  const wrong = { name: fieldError(problem, 'name'), days: fieldError(problem, 'days') }
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field label={keyTexts.name} name="name" required maxLength={80} hint={keyTexts.nameHint} error={wrong.name} />
      <ScopeChoice permissions={props.permissions} chosen={scopes} onChange={setScopes} />
      <Field
        label={keyTexts.days}
        name="days"
        type="number"
        min={1}
        max={props.maxDays}
        defaultValue={Math.min(30, props.maxDays)}
        required
        hint={keyTexts.daysHint(props.maxDays)}
        error={wrong.days}
      />
      <details className="rounded-md border border-line px-3 py-2">
        <summary className="cursor-pointer font-medium">{keyTexts.more}</summary>
        <div className="mt-3 space-y-3">
          <TextArea label={keyTexts.networks} name="networks" rows={3} hint={keyTexts.networksHint} error={null} />
          <Field label={keyTexts.rate} name="rate" type="number" min={1} max={100_000} hint={keyTexts.rateHint} />
          <Select
            label={keyTexts.signing}
            value={signing}
            onChange={(event) => setSigning(event.target.value as Signing)}
          >
            {Object.entries(keyTexts.signings).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
          {signing === 'ed25519' && (
            <Field
              label={keyTexts.publicKey}
              name="publicKey"
              required
              maxLength={43}
              autoComplete="off"
              spellCheck={false}
              hint={keyTexts.publicKeyHint}
            />
          )}
          {signing !== 'none' && <Tick name="only" defaultChecked label={keyTexts.only} help={keyTexts.onlyWhat} />}
        </div>
      </details>
      {problem !== null && wrong.name === null && wrong.days === null && <ProblemNotice problem={problem} />}
      <div className="flex justify-end gap-2 pt-3">
        <Button onClick={props.onClose}>{texts.common.cancel}</Button>
        <Button type="submit" look="primary" busy={props.busy} disabled={scopes.length === 0}>
          {keyTexts.make}
        </Button>
      </div>
    </form>
  )
}

function ScopeChoice(props: {
  permissions: readonly string[]
  chosen: readonly string[]
  onChange: (scopes: readonly string[]) => void
}) {
  if (props.permissions.length === 0) return <Notice kind="warn" title={keyTexts.noScopes} />
  const full = props.chosen.length >= maxScopes
  const toggle = (name: string, on: boolean) =>
    props.onChange(on ? [...props.chosen, name] : props.chosen.filter((one) => one !== name))
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">{keyTexts.scopes}</legend>
      <ul className="max-h-52 divide-y divide-line overflow-y-auto rounded-md border border-line">
        {props.permissions.map((name) => (
          <li key={name}>
            <label className="flex gap-3 px-3 py-2 hover:bg-hover">
              <input
                type="checkbox"
                className="mt-0.5 size-4 shrink-0 accent-accent"
                checked={props.chosen.includes(name)}
                disabled={full && !props.chosen.includes(name)}
                onChange={(event) => toggle(name, event.target.checked)}
              />
              <span className="min-w-0 font-mono text-[12.5px] break-all">{name}</span>
            </label>
          </li>
        ))}
      </ul>
      <p className="mt-1 min-h-5 text-[13px] text-muted" aria-live="polite">
        {props.chosen.length === 0 ? keyTexts.pickScope : ''}
      </p>
    </fieldset>
  )
}
