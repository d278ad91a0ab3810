import type { Theme } from '@custodia/wire/http/theme.ts'
import { useSyncExternalStore } from 'react'
import { request, withQuery } from '../api/request.ts'

// By itself and not among the queries: it outlives the sign-in, which forgets all of those, and the first page carries little for it.

/** A page waits for its look, but not for long. */
const timeLimitMs = 3_000

/** As Custodia looks. */
let worn: Theme = { name: null, accent: null, logo: null }
let turn = 0
let sheet: CSSStyleSheet | null = null
const listeners = new Set<() => void>()

/** How the pages look for whoever is here. */
export const useTheme = (): Theme =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => worn,
  )

/**
 * Gives all pages this look, the colour first. By a style sheet of the object model, which the policy of the pages allows, and which holds
 * nothing but colours that were computed here. Of two at once the later one stays.
 */
export async function wear(theme: Theme): Promise<void> {
  const mine = ++turn
  // What computes colours comes only to who has one.
  const rules = theme.accent === null ? '' : (await import('./tones.ts')).rulesOf(theme.accent)
  if (mine !== turn || JSON.stringify(theme) === JSON.stringify(worn)) return
  if (sheet === null && rules !== '') {
    sheet = new CSSStyleSheet()
    document.adoptedStyleSheets.push(sheet)
  }
  sheet?.replaceSync(rules)
  worn = theme
  for (const listener of listeners) listener()
}

/**
 * Asks how the pages look for whoever is here now, and has them look so. Without an answer they stay as they are.
 *
 * @param organisation the one that the address names, where nobody is known yet; null where it names none.
 */
export async function loadTheme(organisation: string | null): Promise<void> {
  try {
    const path = withQuery('/v1/theme', { organisation })
    await wear(await request<Theme>('GET', path, undefined, AbortSignal.timeout(timeLimitMs)))
  } catch {
    // A page in Custodia's own look is better than none.
  }
}

/** The organisation that an address names. @param search as in `?organisation=org_…`. @returns null for what can't be one. */
export function namedOrganisation(search: string): string | null {
  const named = new URLSearchParams(search).getAll('organisation').at(-1) ?? ''
  return /^org_[a-z2-7]{26}$/.test(named) ? named : null
}
