import { useId } from 'react'
import { Field, Select } from '../parts/field.tsx'
import { accessTexts } from '../texts-of-access.ts'
import type { Lasting, LastingChoice } from './until.ts'

/** How long something shall last. @param error what is wrong with it, shown at the field. */
export function ExpiryField(props: { value: Lasting; onChange: (value: Lasting) => void; error: string | null }) {
  const { value, onChange, error } = props
  const id = useId()
  const { label, choices, at } = accessTexts.expiry
  return (
    <div className="space-y-2">
      <Select
        label={label}
        value={value.choice}
        aria-invalid={error !== null}
        aria-describedby={id}
        onChange={(event) => onChange({ ...value, choice: event.target.value as LastingChoice })}
      >
        {Object.entries(choices).map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </Select>
      {value.choice === 'at' && (
        <Field
          label={at}
          aria-invalid={error !== null}
          aria-describedby={id}
          type="datetime-local"
          required
          value={value.at}
          onChange={(event) => onChange({ ...value, at: event.target.value })}
        />
      )}
      <p id={id} className="min-h-5 text-[13px] text-bad" aria-live="polite">
        {error}
      </p>
    </div>
  )
}
