import { useId, useState } from 'react'
import { Field } from '../parts/field.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { byModule } from './by-module.ts'

/**
 * Permissions to tick, by the part that they belong to, with a search.
 *
 * @param mine what whoever chooses has: nothing else can be added, what is chosen already can be taken away.
 */
export function PermissionChoice(props: {
  mine: readonly string[]
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
  error: string | null
}) {
  const { mine, chosen, onChange, error } = props
  const [search, setSearch] = useState('')
  const errorId = useId()
  // What was there at first stays in the list when it is unticked.
  const [first] = useState(chosen)
  const modules = byModule([...mine, ...first], search)
  const shown = modules.reduce((sum, { permissions }) => sum + permissions.length, 0)
  const toggle = (name: string, on: boolean) => onChange(on ? [...chosen, name] : chosen.filter((one) => one !== name))
  return (
    <fieldset aria-describedby={errorId}>
      <legend className="font-medium">{accessTexts.roles.pick}</legend>
      <p className="mb-2 text-[13px] text-muted">{accessTexts.roles.pickNote}</p>
      <Field
        label={accessTexts.roles.pickSearch}
        type="search"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        maxLength={100}
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        // Enter searches: it must not send the form.
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <div className="mt-2 max-h-64 overflow-y-auto rounded-md border border-line">
        {modules.map(({ name, permissions }) => (
          <fieldset key={name}>
            <legend className="w-full bg-sunken px-3 py-1 text-xs font-medium text-muted">{name}</legend>
            {permissions.map((permission) => (
              <label key={permission} className="flex gap-3 px-3 py-1.5 hover:bg-hover">
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 shrink-0 accent-accent"
                  checked={chosen.includes(permission)}
                  disabled={!mine.includes(permission) && !chosen.includes(permission)}
                  onChange={(event) => toggle(permission, event.target.checked)}
                />
                <span className="min-w-0 font-mono text-[12.5px] break-all">{permission}</span>
              </label>
            ))}
          </fieldset>
        ))}
      </div>
      <p className="mt-1 min-h-5 text-[13px] text-muted" role="status">
        {accessTexts.roles.picked(chosen.length, shown)}
      </p>
      <p id={errorId} className="text-[13px] text-bad" aria-live="polite">
        {error}
      </p>
    </fieldset>
  )
}
