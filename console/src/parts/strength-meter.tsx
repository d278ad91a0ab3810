import { passwordStrength } from '@custodia/wire/password-strength.ts'
import type { ComponentProps } from 'react'
import { useEffect, useRef, useState } from 'react'
import { texts } from '../texts.ts'
import { PasswordField } from './field.tsx'

const segments = [1, 2, 3, 4] as const
const colours = ['bg-line', 'bg-bad', 'bg-warn', 'bg-good', 'bg-good'] as const

type Own = { own?: readonly string[] }

/**
 * How well what was typed withstands guessing, as a bar and in words. An estimate made here: the server knows more, and decides.
 *
 * @param own what the person could be expected to use: address, name, organisation.
 */
function StrengthMeter({ password, own = [] }: Own & { password: string }) {
  const { score, advice } = passwordStrength(password, { own })
  const empty = advice === 'empty'
  const words = empty ? '' : `${texts.strength.scores[score]} ${texts.strength.advice[advice]}`.trim()
  return (
    <div className="mt-1">
      <meter
        className="sr-only"
        aria-label={texts.strength.label}
        aria-valuetext={words}
        min={0}
        max={4}
        value={score}
      />
      <div className="flex gap-1" aria-hidden="true">
        {segments.map((segment) => (
          <span
            key={segment}
            className={`h-1 grow rounded-full ${!empty && segment <= Math.max(score, 1) ? colours[Math.max(score, 1)] : colours[0]}`}
          />
        ))}
      </div>
      {/* As high as two lines from the start: words that come move nothing. */}
      <p className="mt-1 min-h-10 text-[13px] text-muted" aria-live="polite">
        {words}
      </p>
    </div>
  )
}

/** A password that is chosen here, with its strength while it is typed. */
export function NewPasswordField({
  own = [],
  ...field
}: Omit<ComponentProps<typeof PasswordField>, 'autoComplete'> & Own) {
  const [typed, setTyped] = useState('')
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const form = place.current?.closest('form')
    const empty = () => setTyped('')
    form?.addEventListener('reset', empty)
    return () => form?.removeEventListener('reset', empty)
  }, [])
  return (
    <div ref={place}>
      <PasswordField {...field} autoComplete="new-password" onChange={(event) => setTyped(event.target.value)} />
      <StrengthMeter password={typed} own={own} />
    </div>
  )
}
