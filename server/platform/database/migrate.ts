import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import { applicationRole } from './open.ts'

/** One module's migrations, as its manifest names them. */
export type MigrationSource = { readonly module: string; readonly folder: URL }

/** The start is refused: the database and the code do not fit. The message says what to do. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MigrationError'
  }
}

type Migration = { readonly module: string; readonly name: string; readonly text: string; readonly sha256: string }

// Any constant of our own: all processes that migrate take the same one.
const lockKey = 7_163_384_052

/**
 * Brings the database to what the code needs. Two processes that start at once take turns; each file runs in a
 * transaction of its own, once, in the order of the modules and of the names.
 *
 * @param url a connection as the role that owns the schemas, or may create them.
 */
export async function migrate(options: {
  url: string
  migrations: readonly MigrationSource[]
  log: Log
}): Promise<void> {
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: 10_000,
    application_name: 'custodia migrate',
  })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(${lockKey})`)
    await ensureRole(client)
    await client.query(`
      create schema if not exists platform;
      create table if not exists platform.migration (
        module text not null, name text not null, sha256 text not null, applied_at timestamptz not null default now(),
        primary key (module, name));
      grant usage on schema platform to ${applicationRole}`)
    const known = options.migrations.flatMap(read)
    const applied = await readApplied(client)
    refuseMisfit(known, applied)
    for (const migration of known) {
      if (applied.has(key(migration))) continue
      await apply(client, migration)
      options.log.info({ module: migration.module, migration: migration.name }, 'migration applied')
    }
  } finally {
    await client.end()
  }
}

const key = ({ module, name }: { module: string; name: string }) => `${module}/${name}`

function read({ module, folder }: MigrationSource): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8')
      return { module, name: file.slice(0, -4), text, sha256: createHash('sha256').update(text).digest('hex') }
    })
}

async function readApplied(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ module: string; name: string; sha256: string }>(
    'select module, name, sha256 from platform.migration',
  )
  return new Map(rows.map((row) => [key(row), row.sha256]))
}

function refuseMisfit(known: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const byKey = new Map(known.map((migration) => [key(migration), migration]))
  for (const [name, sha256] of applied) {
    const migration = byKey.get(name)
    if (migration === undefined)
      throw new MigrationError(
        `The database knows the migration ${name}, this version of Custodia does not. Start the version that made it, or a newer one.`,
      )
    if (migration.sha256 !== sha256)
      throw new MigrationError(
        `The migration ${name} was changed after it had been applied. Put the file back as it was, and add a new one for the change.`,
      )
  }
}

async function apply(client: pg.Client, { module, name, text, sha256 }: Migration): Promise<void> {
  try {
    await client.query('begin')
    if (module !== 'platform')
      await client.query(`create schema if not exists ${module}; grant usage on schema ${module} to ${applicationRole}`)
    await client.query(text)
    await client.query('insert into platform.migration (module, name, sha256) values ($1, $2, $3)', [
      module,
      name,
      sha256,
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw new MigrationError(`The migration ${module}/${name} failed: ${(error as Error).message}`)
  }
}

/** The role that the server works as. Where it may not be made here, the message says what a database administrator runs. */
async function ensureRole(client: pg.Client): Promise<void> {
  const usable = () =>
    client.query(`set role ${applicationRole}; reset role`).then(
      () => true,
      () => false,
    )
  if (await usable()) return
  const { rows } = await client.query<{ owner: string }>('select quote_ident(current_user) as owner')
  const owner = rows[0]?.owner ?? ''
  try {
    await client.query(
      `do $$ begin create role ${applicationRole} nologin; exception when duplicate_object then null; end $$`,
    )
    await client.query(`grant ${applicationRole} to ${owner}`)
  } catch (error) {
    throw new MigrationError(
      `The database role ${applicationRole} is missing and could not be made (${(error as Error).message}). Ask a database administrator to run: CREATE ROLE ${applicationRole} NOLOGIN; GRANT ${applicationRole} TO ${owner};`,
    )
  }
}
