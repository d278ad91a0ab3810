import type { Theme, ThemeChange } from '@custodia/wire/http/theme.ts'
import type { Asking } from '../../platform/http/operator.ts'
import { actorFor } from '../../platform/http/operator.ts'
import { event } from '../events.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import { readLogo } from './read-logo.ts'
import { showTheme } from './read-theme.ts'
import { holdTheme, readTheme, writeLogo, writeNameAndAccent } from './store.ts'

/**
 * Changes how the pages of the caller's organisation look: what the change leaves out stays as it is.
 *
 * @throws Refusal IDENTITY_LOGO_UNFIT, and nothing is changed.
 */
export async function changeTheme(parts: Parts, change: ThemeChange, by: Asking): Promise<Theme> {
  const { database, recorder } = parts.context
  const { organisationId } = by
  const logo = change.logo === undefined || change.logo === null ? change.logo : readLogo(change.logo)
  return await database.transaction(async (tx) => {
    const before = await holdTheme(tx, organisationId, nowOf(parts))
    const next = {
      name: change.name === undefined ? before.name : (change.name?.normalize('NFC') ?? null),
      accent: change.accent === undefined ? before.accent : change.accent,
      logo: logo === undefined ? before.logo_hash : (logo?.hash ?? null),
    }
    const was = { name: before.name, accent: before.accent, logo: before.logo_hash }
    const changed = (['name', 'accent', 'logo'] as const).filter((part) => next[part] !== was[part])
    if (changed.length === 0) return showTheme(before)
    await writeNameAndAccent(tx, organisationId, next, nowOf(parts))
    if (logo !== undefined && changed.includes('logo')) await writeLogo(tx, organisationId, logo)
    const data = { changed, ...next }
    await recorder.record(tx, event('organisation.theme-changed', { organisationId, actor: actorFor(by), data }))
    return showTheme(await readTheme(tx, organisationId))
  })
}
