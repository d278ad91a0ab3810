import { useId, useState } from 'react'
import { Button } from '../parts/button.tsx'
import { organisationTexts } from '../texts-of-organisation.ts'
import type { Picture } from './fit-picture.ts'
import { fitPicture } from './fit-picture.ts'

/** A picture from this device, or none. @param onChange told null where the logo is to go. */
export function LogoChoice(props: {
  has: boolean
  disabled: boolean
  error: string | null
  onChange: (logo: Picture | null) => void
}) {
  const id = useId()
  const [wrong, setWrong] = useState<string | null>(null)
  const choose = async (file: File | undefined) => {
    if (file === undefined) return
    const picture = await fitPicture(file)
    if (typeof picture !== 'string') props.onChange(picture)
    setWrong(
      picture === 'unreadable'
        ? organisationTexts.unreadable
        : picture === 'too-large'
          ? organisationTexts.tooLarge
          : null,
    )
  }
  const said = wrong ?? props.error
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {organisationTexts.logo}
      </label>
      <div className="flex flex-wrap items-center gap-3">
        <input
          id={id}
          type="file"
          accept="image/png,image/jpeg,image/webp"
          disabled={props.disabled}
          aria-invalid={said !== null}
          aria-describedby={`${id}-note`}
          onChange={(event) => void choose(event.target.files?.[0])}
          className="min-w-0 max-w-full text-muted file:mr-3 file:h-9 file:rounded-md file:border file:border-edge file:bg-raised file:px-3.5 file:font-medium file:text-ink"
        />
        {props.has && (
          <Button
            disabled={props.disabled}
            onClick={() => {
              setWrong(null)
              props.onChange(null)
            }}
          >
            {organisationTexts.remove}
          </Button>
        )}
      </div>
      <p
        id={`${id}-note`}
        className={`mt-1 min-h-5 text-[13px] ${said === null ? 'text-muted' : 'text-bad'}`}
        aria-live="polite"
      >
        {said ?? organisationTexts.logoHint}
      </p>
    </div>
  )
}
