import type { FormEvent, InputHTMLAttributes } from 'react'
import { useId } from 'react'
import { Button } from '../parts/button.tsx'
import { inputClass } from '../parts/field.tsx'
import { decisionTexts } from '../texts-of-decisions.ts'
import type { AddressFilter } from './filter.ts'
import { filterNames } from './filter.ts'

/** Which decisions to show. Nothing is asked before 'Apply': each look is recorded. */
export function Filters(props: {
  filter: AddressFilter
  people: ReadonlyMap<string, string>
  actions: readonly string[]
  onApply: (filter: AddressFilter) => void
}) {
  const { filter, people, actions, onApply } = props
  const [peopleId, actionsId] = [useId(), useId()]
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const typed = filterNames.map((name) => [name, String(form.get(name) ?? '').trim()] as const)
    onApply(Object.fromEntries(typed.filter(([, value]) => value !== '')))
  }
  return (
    <search aria-label={decisionTexts.filter}>
      <form
        onSubmit={submit}
        className="grid grid-cols-2 items-end gap-3 lg:grid-cols-[1fr_1fr_1.3fr_1.3fr_1.2fr_auto]"
      >
        <Choice label={decisionTexts.since} name="since" type="date" defaultValue={filter.since} />
        <Choice label={decisionTexts.until} name="until" type="date" defaultValue={filter.until} />
        <Choice
          label={decisionTexts.principal}
          name="principal"
          placeholder={decisionTexts.principalHint}
          list={peopleId}
          defaultValue={filter.principal}
        />
        <datalist id={peopleId}>
          {[...people].map(([id, name]) => (
            <option key={id} value={id} label={name} />
          ))}
        </datalist>
        <Choice
          label={decisionTexts.action}
          name="action"
          placeholder={decisionTexts.actionHint}
          list={actionsId}
          defaultValue={filter.action}
        />
        <datalist id={actionsId}>
          {actions.map((action) => (
            <option key={action} value={action} />
          ))}
        </datalist>
        <label className="block min-w-0 max-lg:col-span-2">
          <span className="mb-1 block text-[13px] text-muted">{decisionTexts.decision}</span>
          <select name="decision" className={inputClass} defaultValue={filter.decision ?? ''}>
            <option value="">{decisionTexts.both}</option>
            <option value="deny">{decisionTexts.decided.deny}</option>
            <option value="allow">{decisionTexts.decided.allow}</option>
          </select>
        </label>
        <div className="flex gap-2 max-lg:col-span-2">
          <Button type="submit">{decisionTexts.apply}</Button>
          {Object.keys(filter).length > 0 && (
            <Button look="quiet" onClick={() => onApply({})}>
              {decisionTexts.clear}
            </Button>
          )}
        </div>
      </form>
    </search>
  )
}

function Choice({ label, ...input }: InputHTMLAttributes<HTMLInputElement> & { label: string }) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block text-[13px] text-muted">{label}</span>
      <input className={inputClass} autoComplete="off" spellCheck={false} maxLength={200} {...input} />
    </label>
  )
}
