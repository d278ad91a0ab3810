import pg from 'pg'
import { applicationRole } from '../open.ts'

/** The one database, and the role that owns it: no superuser, so that nothing said over SQL can reach the machine. */
export const owner = 'custodia'

/**
 * Makes them where they are missing, and the application's role, which may sign in by itself: a session that began as the
 * owner could become the owner again (RESET ROLE).
 *
 * @param adminUrl a connection as the superuser.
 */
export async function ensureOwner(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query('select from pg_database where datname = $1', [owner])
    if (rows.length > 0) return
    for (const role of [owner, applicationRole])
      await client.query(`do $$ begin create role ${role} login; exception when duplicate_object then null; end $$`)
    await client.query(`grant ${applicationRole} to ${owner}`)
    // Last: where it stands, all of this is done.
    await client.query(`create database ${owner} owner ${owner}`)
  } finally {
    await client.end()
  }
}
