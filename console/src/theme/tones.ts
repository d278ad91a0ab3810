import type { Oklch } from './colour.ts'
import { contrast, oklchOf, screenColour } from './colour.ts'

/** The colours that come of an accent, each as in `#1f6feb`. Named as in `styles.css`, without `--color-`. */
export type Tones = Readonly<Record<'accent' | 'accent-hover' | 'on-accent' | 'link' | 'accent-soft', string>>

export type Scheme = 'light' | 'dark'

type Ground = {
  /** What stands behind texts and controls: canvas, sunken, raised, hover. As in `styles.css`; a test compares. */
  readonly surfaces: readonly string[]
  readonly ink: string
  readonly soft: { readonly lightness: number; readonly chroma: number }
}

export const schemes: Readonly<Record<Scheme, Ground>> = {
  light: { surfaces: ['#ffffff', '#f8f9fb', '#f2f4f7'], ink: '#11161f', soft: { lightness: 0.96, chroma: 0.018 } },
  dark: {
    surfaces: ['#0d0f14', '#080a0f', '#14171d', '#1b1e25'],
    ink: '#eef0f4',
    soft: { lightness: 0.26, chroma: 0.055 },
  },
}

/** WCAG 2.2: 1.4.3 for texts, 1.4.11 for what a control is seen by. */
const forText = 4.5
const forControls = 3
const forBlack = 7
const white = '#ffffff'
const black = '#000000'

/**
 * The tones of an organisation's colour in one scheme. The colour is kept where it can be read and seen, and otherwise made darker or
 * lighter by as little as needed: contrast is promised, not asked for. Whoever chooses white or black gets greys.
 *
 * @param accent as in `#1f6feb`.
 */
export function tonesOf(accent: string, scheme: Scheme): Tones {
  const { surfaces, soft } = schemes[scheme]
  const base = oklchOf(accent)
  const seen = (colour: string) => surfaces.every((surface) => contrast(colour, surface) >= forControls)
  // Between the two stand colours on which black could be read, but looks as if it could not: they become a little darker or lighter.
  const carries = (colour: string) => contrast(white, colour) >= forText || contrast(black, colour) >= forBlack
  const fits = (colour: string) => seen(colour) && carries(colour)
  const button = fits(accent) ? accent : nearest(base, fits)
  const onAccent = contrast(white, button) >= forText ? white : black
  const legible = (colour: string) => seen(colour) && contrast(onAccent, colour) >= forText
  const softly = screenColour({ ...soft, chroma: Math.min(base.chroma, soft.chroma), hue: base.hue })
  const behind = [...surfaces, softly]
  return {
    accent: button,
    'accent-hover': hovered(oklchOf(button), legible) ?? button,
    'on-accent': onAccent,
    link: nearest(base, (colour) => behind.every((surface) => contrast(colour, surface) >= forText)),
    'accent-soft': softly,
  }
}

/** The rules of CSS by which all pages have an organisation's colour, in both schemes. @param accent as in `#1f6feb`. */
export function rulesOf(accent: string): string {
  const rules = (scheme: Scheme) =>
    Object.entries(tonesOf(accent, scheme))
      .map(([name, colour]) => `--color-${name}:${colour};`)
      .join('')
  return `:root{${rules('light')}}@media (prefers-color-scheme:dark){:root{${rules('dark')}}}`
}

/** The colour that passes whose lightness is nearest. White or black passes every test that is asked here. */
function nearest(base: Oklch, passes: (colour: string) => boolean): string {
  for (let away = 0; away <= 1; away += 0.005)
    for (const lightness of [base.lightness - away, base.lightness + away]) {
      const colour = screenColour({ ...base, lightness: Math.min(1, Math.max(0, lightness)) })
      if (passes(colour)) return colour
    }
  return passes(white) ? white : black
}

/** A little darker, or else a little lighter; null where neither can be read. */
function hovered(button: Oklch, passes: (colour: string) => boolean): string | null {
  const steps = [-0.05, -0.035, 0.05, 0.035, -0.02, 0.02].map((step) => button.lightness + step)
  const colours = steps.map((lightness) => screenColour({ ...button, lightness: Math.min(1, Math.max(0, lightness)) }))
  return colours.find(passes) ?? null
}
