import type { FormEvent } from 'react'
import { useId } from 'react'
import { Button } from './button.tsx'
import { inputClass } from './field.tsx'
import { SearchIcon } from './icons.tsx'

/** Searches on Enter, not while typing: each search is a question to the server that is counted. */
export function SearchBox(props: {
  label: string
  hint: string
  clear: string
  value: string
  onSearch: (text: string) => void
}) {
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    props.onSearch(String(new FormData(event.currentTarget).get('text')).trim())
  }
  return (
    <search>
      <form onSubmit={submit}>
        <div className="flex gap-2">
          <div className="relative grow sm:max-w-sm">
            <SearchIcon className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-faint" />
            <input
              name="text"
              type="search"
              inputMode="email"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              maxLength={254}
              aria-label={props.label}
              aria-describedby={id}
              placeholder={props.label}
              defaultValue={props.value}
              className={`${inputClass} pl-9`}
            />
          </div>
          {props.value !== '' && (
            <Button look="quiet" onClick={() => props.onSearch('')}>
              {props.clear}
            </Button>
          )}
        </div>
        <p id={id} className="mt-1.5 text-[13px] text-muted">
          {props.hint}
        </p>
      </form>
    </search>
  )
}
