import type { FormEvent, InputHTMLAttributes } from 'react'
import { useId } from 'react'
import { Button } from '../parts/button.tsx'
import { inputClass } from '../parts/field.tsx'
import { texts } from '../texts.ts'
import type { AddressFilter } from './filter.ts'
import { filterNames } from './filter.ts'

/** What of the ledger to show. Nothing is asked before 'Apply': each look is recorded. */
export function Filters(props: {
  filter: AddressFilter
  mayOpenPersonal: boolean
  types: readonly string[]
  onApply: (filter: AddressFilter) => void
}) {
  const { filter, mayOpenPersonal, types, onApply } = props
  const listId = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const typed = filterNames.map((name) => [name, String(form.get(name) ?? '').trim()] as const)
    onApply(Object.fromEntries(typed.filter(([, value]) => value !== '')))
  }
  return (
    <search aria-label={texts.ledger.filter}>
      <form
        onSubmit={submit}
        className="grid grid-cols-2 items-end gap-3 lg:grid-cols-[1.3fr_1.3fr_1.3fr_1fr_1fr_auto]"
      >
        <Choice
          label={texts.ledger.type}
          name="type"
          placeholder={texts.ledger.typeHint}
          list={listId}
          defaultValue={filter.type}
        />
        <datalist id={listId}>
          {types.map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
        <Choice
          label={texts.ledger.actor}
          name="actor"
          placeholder={texts.ledger.actorHint}
          defaultValue={filter.actor}
        />
        <Choice
          label={texts.ledger.subject}
          name="subject"
          placeholder={texts.ledger.subjectHint}
          defaultValue={filter.subject}
          wide
        />
        <Choice label={texts.ledger.since} name="since" type="date" defaultValue={filter.since} />
        <Choice label={texts.ledger.until} name="until" type="date" defaultValue={filter.until} />
        <div className="flex gap-2 max-lg:col-span-2">
          <Button type="submit">{texts.ledger.apply}</Button>
          {Object.keys(filter).length > 0 && (
            <Button look="quiet" onClick={() => onApply({})}>
              {texts.ledger.clear}
            </Button>
          )}
        </div>
        {mayOpenPersonal && (
          <label className="col-span-full flex w-fit items-center gap-2 text-[13px] text-muted">
            <input
              type="checkbox"
              name="personal"
              value="yes"
              defaultChecked={filter.personal === 'yes'}
              className="size-4 accent-accent"
            />
            {texts.ledger.openPersonal}
          </label>
        )}
      </form>
    </search>
  )
}

function Choice({
  label,
  wide = false,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { label: string; wide?: boolean }) {
  return (
    <label className={`block min-w-0 ${wide ? 'max-lg:col-span-2' : ''}`}>
      <span className="mb-1 block text-[13px] text-muted">{label}</span>
      <input className={inputClass} autoComplete="off" spellCheck={false} maxLength={200} {...input} />
    </label>
  )
}
