import type { Theme } from '@custodia/wire/http/theme.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { readAttemptToken } from '../attempts/attempt-cookie.ts'
import { hashAttempt } from '../attempts/begin-attempt.ts'
import { readAttempt } from '../attempts/store.ts'
import type { Parts } from '../parts.ts'
import { nowOf } from '../parts.ts'
import type { ThemeRow } from './store.ts'
import { readOnlyTheme, readTheme } from './store.ts'

/** As Custodia looks. */
export const plain: Theme = { name: null, accent: null, logo: null }

/** A theme as the pages get it. */
export function showTheme(row: ThemeRow | null): Theme {
  if (row === null) return plain
  const { name, accent, logo_hash: hash, logo_width: width, logo_height: height } = row
  const logo =
    hash === null || width === null || height === null ? null : { path: `/v1/theme/logos/${hash}`, width, height }
  return { name, accent, logo }
}

export async function themeOf({ context }: Parts, organisationId: string): Promise<Theme> {
  return showTheme(await readTheme(context.database.queries, organisationId))
}

/**
 * How the pages look for whoever asks: as the organisation of the session says, else of the sign-in under way, else the one that is
 * named, else the only one. An organisation that is unknown looks as one that has set nothing.
 */
export async function readThemeFor(
  parts: Parts,
  asking: { principal: Principal | null; head: RequestHead; named: string | null },
): Promise<Theme> {
  const { queries } = parts.context.database
  const known = asking.principal?.organisationId ?? (await organisationOfAttempt(parts, asking.head)) ?? asking.named
  return known === null ? showTheme(await readOnlyTheme(queries)) : await themeOf(parts, known)
}

async function organisationOfAttempt(parts: Parts, head: RequestHead): Promise<string | null> {
  const token = readAttemptToken(head.headers.cookie)
  if (token === null) return null
  const { queries } = parts.context.database
  return (await readAttempt(queries, hashAttempt(parts, token), nowOf(parts)))?.organisation_id ?? null
}
