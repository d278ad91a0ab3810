import type { Theme, ThemeChange } from '@custodia/wire/http/theme.ts'
import { tonesOf } from '../theme/tones.ts'
import type { Picture } from './fit-picture.ts'

/** What stands in the form. Of the logo: undefined leaves it, null takes it away. */
export type Draft = { readonly name: string; readonly colour: string; readonly logo?: Picture | null | undefined }

/** @returns null where nothing is typed; undefined where it is no colour. */
export function readColour(typed: string): string | null | undefined {
  const text = typed.trim().toLowerCase()
  if (text === '') return null
  const found = /^#?([0-9a-f]{6})$/.exec(text)?.[1]
  return found === undefined ? undefined : `#${found}`
}

/** What has to be sent for the draft to hold: nothing that is so already. */
export function changeOf(saved: Theme, { name, colour, logo }: Draft): ThemeChange {
  const wanted = { name: name.trim() === '' ? null : name.trim(), accent: readColour(colour) }
  return {
    ...(wanted.name !== saved.name && { name: wanted.name }),
    ...(wanted.accent !== undefined && wanted.accent !== saved.accent && { accent: wanted.accent }),
    ...(logo === null && saved.logo !== null && { logo }),
    ...(logo !== null && logo !== undefined && { logo: logo.upload }),
  }
}

/** In which scheme the colour is not shown as it was chosen. */
export function adjustedIn(accent: string): 'light' | 'dark' | 'both' | null {
  const [light, dark] = (['light', 'dark'] as const).map((scheme) => tonesOf(accent, scheme).accent !== accent)
  if (light && dark) return 'both'
  if (light) return 'light'
  return dark ? 'dark' : null
}
