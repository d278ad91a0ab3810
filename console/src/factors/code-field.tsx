import type { FactorKind } from '@custodia/wire/http/factors.ts'
import type { ReactNode } from 'react'
import { Field } from '../parts/field.tsx'

/** A code as the API takes it: letters, digits, spaces and dashes. */
export const codePattern = '[A-Za-z0-9 \\-]{6,40}'

/** One field for one code: it can be pasted, filled in by the device, and read back by a screen reader as one thing. */
export function CodeField(props: {
  factor: FactorKind
  label: string
  hint?: ReactNode
  error: string | null
  autoFocus?: boolean
}) {
  const digits = props.factor !== 'recovery-code'
  return (
    <Field
      label={props.label}
      hint={props.hint}
      error={props.error}
      name="code"
      // RFC 6238 codes and those that are sent: phones offer to fill them in.
      autoComplete={digits ? 'one-time-code' : 'off'}
      inputMode={digits ? 'numeric' : 'text'}
      pattern={codePattern}
      required
      maxLength={40}
      autoCapitalize="off"
      autoCorrect="off"
      spellCheck={false}
      autoFocus={props.autoFocus ?? true}
    />
  )
}

/** Reads the code of a form that was sent. */
export const codeOf = (form: HTMLFormElement): string => String(new FormData(form).get('code')).trim()

/** Marks the code, so that the next one typed replaces it. */
export function selectCode(form: HTMLFormElement | null): void {
  const field = form?.elements.namedItem('code')
  if (field instanceof HTMLInputElement) field.select()
}
