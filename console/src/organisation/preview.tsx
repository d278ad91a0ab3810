import type { Theme } from '@custodia/wire/http/theme.ts'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { buttonClass } from '../parts/button.tsx'
import { Mark } from '../parts/mark.tsx'
import { texts } from '../texts.ts'
import { organisationTexts } from '../texts-of-organisation.ts'
import { themeTexts } from '../texts-of-theme.ts'
import { Logo, logoClass } from '../theme/brand.tsx'
import { screenColour } from '../theme/colour.ts'
import type { Scheme } from '../theme/tones.ts'
import { schemes, tonesOf } from '../theme/tones.ts'

type Look = { name: string | null; accent: string | null; logo: Theme['logo'] | ImageBitmap }

/** As in `styles.css`: what an organisation without a colour has. */
const ownAccent = screenColour({ lightness: 0.5, chroma: 0.19, hue: 264 })

/** The sign-in page as it would be, on a light and on a dark page. Pictures for who sees: nothing in them can be used. */
export function Preview(look: Look) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Pane scheme="light" look={look} />
      <Pane scheme="dark" look={look} />
    </div>
  )
}

function Pane({ scheme, look: { name, accent, logo } }: { scheme: Scheme; look: Look }) {
  const pane = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    if (pane.current !== null) dressPane(pane.current, accent ?? ownAccent, scheme)
  }, [accent, scheme])
  const shown = scheme === 'dark' ? 'h-10 max-w-full p-1' : 'h-10 max-w-full'
  return (
    <div
      ref={pane}
      role="img"
      aria-label={organisationTexts.previews[scheme]}
      className={`${scheme === 'dark' ? 'scheme-dark' : 'scheme-light'} min-w-0 space-y-4 rounded-lg border border-line bg-canvas p-5 text-ink`}
    >
      {logo === null ? (
        <Mark className="size-10" />
      ) : 'path' in logo ? (
        <Logo logo={logo} alt="" className={shown} />
      ) : (
        <Drawn bitmap={logo} className={shown} />
      )}
      <p className="text-lg/6 font-semibold break-words">
        {name === null ? texts.signIn.toCustodia : themeTexts.signInTo(name)}
      </p>
      <p className="flex flex-wrap items-center gap-4">
        <span className={buttonClass({ look: 'primary' })}>{texts.signIn.submit}</span>
        <span className="font-medium text-link">{texts.step.forgotten}</span>
      </p>
    </div>
  )
}

/** Gives an element, and what is in it, the colours of a page of that scheme, whatever scheme it stands in itself. */
function dressPane({ style }: HTMLElement, accent: string, scheme: Scheme): void {
  const { surfaces, ink } = schemes[scheme]
  const plate = scheme === 'dark' ? '#ffffff' : 'transparent'
  const colours = { ...tonesOf(accent, scheme), canvas: surfaces[0] ?? '', ink, plate }
  for (const [name, colour] of Object.entries(colours)) style.setProperty(`--color-${name}`, colour)
}

/** A picture that is not on the server yet: the policy of the pages shows none from elsewhere, but draws what is at hand. */
function Drawn({ bitmap, className }: { bitmap: ImageBitmap; className: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => canvas.current?.getContext('2d')?.drawImage(bitmap, 0, 0), [bitmap])
  return <canvas ref={canvas} width={bitmap.width} height={bitmap.height} className={`${logoClass} ${className}`} />
}
