import type { ComponentProps, InputHTMLAttributes, ReactNode } from 'react'
import { useId, useState } from 'react'
import { texts } from '../texts.ts'
import { EyeIcon, EyeOffIcon, WarningIcon } from './icons.tsx'

export const inputClass = `h-9 w-full rounded-md border border-control/70 bg-raised px-3 text-ink shadow-control
  transition-colors hover:border-control focus-visible:outline-offset-0 aria-invalid:border-bad
  read-only:bg-sunken read-only:text-muted read-only:shadow-none max-sm:h-10 max-sm:text-base`

type Input = Omit<InputHTMLAttributes<HTMLInputElement>, 'id' | 'className'>
type Props = Input & { label: string; hint?: ReactNode; error?: string | null | undefined }

/**
 * A labelled input. With a hint or an `error`, be it null, the line below is always there: a message moves nothing.
 */
export function Field({ label, hint, error, trailing, ...input }: Props & { trailing?: ReactNode }) {
  const id = useId()
  const wrong = error !== null && error !== undefined
  const noted = hint !== undefined || error !== undefined
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          className={`${inputClass} ${trailing === undefined ? '' : 'pr-11'}`}
          aria-invalid={wrong}
          aria-describedby={noted ? `${id}-note` : undefined}
          {...input}
        />
        {trailing}
      </div>
      {noted && (
        <div id={`${id}-note`} className="mt-1 min-h-5 text-[13px]" aria-live="polite">
          {wrong ? (
            <span className="flex gap-1.5 text-bad">
              <WarningIcon className="mt-0.5" />
              {error}
            </span>
          ) : (
            <span className="text-muted">{hint}</span>
          )}
        </div>
      )}
    </div>
  )
}

/** A password, hidden until its owner asks to see it. */
export function PasswordField(props: Props & { autoComplete: 'current-password' | 'new-password' }) {
  const [shown, show] = useState(false)
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      autoCapitalize="off"
      autoCorrect="off"
      spellCheck={false}
      maxLength={1024}
      trailing={
        <button
          type="button"
          aria-pressed={shown}
          aria-label={texts.form.showPassword}
          title={shown ? texts.form.hidePassword : texts.form.showPassword}
          onClick={() => show(!shown)}
          className="absolute inset-y-0 right-0 flex w-10 items-center justify-center rounded-md text-muted hover:text-ink"
        >
          {shown ? <EyeOffIcon /> : <EyeIcon />}
        </button>
      }
    />
  )
}

/** A choice among a few, by the browser's own list. */
export function Select({ label, ...select }: Omit<ComponentProps<'select'>, 'id' | 'className'> & { label: string }) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium break-words">
        {label}
      </label>
      <select id={id} className={inputClass} {...select} />
    </div>
  )
}

/** Several lines, for lists that are pasted. */
export function TextArea({
  label,
  hint,
  error,
  ...area
}: Omit<ComponentProps<'textarea'>, 'id' | 'className'> & { label: string; hint: string; error: string | null }) {
  const id = useId()
  const wrong = error !== null
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {label}
      </label>
      <textarea
        id={id}
        className={`${inputClass} h-auto py-2 font-mono text-[12.5px]`}
        aria-invalid={wrong}
        aria-describedby={`${id}-note`}
        {...area}
      />
      <p
        id={`${id}-note`}
        className={`mt-1 min-h-5 text-[13px] ${wrong ? 'text-bad' : 'text-muted'}`}
        aria-live="polite"
      >
        {wrong ? error : hint}
      </p>
    </div>
  )
}

/** Something to switch on, with what that means. */
export function Tick({
  label,
  help,
  ...input
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'type' | 'className'> & { label: string; help: string }) {
  return (
    <label className="flex gap-3">
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-accent" {...input} />
      <span className="min-w-0">
        <span className="block font-medium">{label}</span>
        <span className="block text-[13px] text-muted">{help}</span>
      </span>
    </label>
  )
}
