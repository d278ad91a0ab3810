import { sql } from 'kysely'
import type { Queries } from '../../platform/database/database.ts'
import type { Logo, LogoType } from './read-logo.ts'

/** A theme without the bytes of its logo. */
export type ThemeRow = {
  readonly name: string | null
  readonly accent: string | null
  readonly logo_hash: string | null
  readonly logo_width: number | null
  readonly logo_height: number | null
}

const columns = sql`name, accent, logo_hash, logo_width, logo_height`

/** @returns null where the organisation has set nothing, or there is none. */
export async function readTheme(queries: Queries, organisationId: string): Promise<ThemeRow | null> {
  const { rows } = await sql<ThemeRow>`select ${columns} from identity.theme
    where organisation_id = ${organisationId}`.execute(queries)
  return rows[0] ?? null
}

/** The theme of the only organisation. @returns null where it has set none, and where there are several or none. */
export async function readOnlyTheme(queries: Queries): Promise<ThemeRow | null> {
  const { rows } = await sql<ThemeRow>`select ${columns} from identity.theme
    where organisation_id = (select min(id) from (select id from identity.organisation limit 2) as first_two
      having count(*) = 1)`.execute(queries)
  return rows[0] ?? null
}

/** Makes the organisation's row where there is none, and holds it: changes take turns. */
export async function holdTheme(tx: Queries, organisationId: string, now: Date): Promise<ThemeRow> {
  await sql`insert into identity.theme (organisation_id, changed_at) values (${organisationId}, ${now})
    on conflict (organisation_id) do nothing`.execute(tx)
  const { rows } = await sql<ThemeRow>`select ${columns} from identity.theme
    where organisation_id = ${organisationId} for update`.execute(tx)
  return rows[0] as ThemeRow
}

export async function writeNameAndAccent(
  tx: Queries,
  organisationId: string,
  { name, accent }: Pick<ThemeRow, 'name' | 'accent'>,
  now: Date,
): Promise<void> {
  await sql`update identity.theme set name = ${name}, accent = ${accent}, changed_at = ${now}
    where organisation_id = ${organisationId}`.execute(tx)
}

export async function writeLogo(tx: Queries, organisationId: string, logo: Logo | null): Promise<void> {
  await sql`update identity.theme set logo = ${logo?.bytes ?? null}, logo_type = ${logo?.type ?? null},
      logo_hash = ${logo?.hash ?? null}, logo_width = ${logo?.width ?? null}, logo_height = ${logo?.height ?? null}
    where organisation_id = ${organisationId}`.execute(tx)
}

/** A logo by the hash of its bytes. @returns null where no organisation shows it (any more). */
export async function readLogoBytes(queries: Queries, hash: string): Promise<{ bytes: Buffer; type: LogoType } | null> {
  const { rows } = await sql<{ bytes: Buffer; type: LogoType }>`select logo as bytes, logo_type as type
    from identity.theme where logo_hash = ${hash} limit 1`.execute(queries)
  return rows[0] ?? null
}
