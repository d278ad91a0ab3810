import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import type { Log } from '../telemetry/log.ts'
import { applicationRole } from './open.ts'

/** One module's migrations, as its manifest names them: a folder (ending with a slash) of `0001_name.sql` files. */
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
const oldestVersion = 15

/**
 * Brings the database to what the code needs. Two processes that start at once take turns; each file runs in a
 * transaction of its own, once, in the order of the modules and of the names. The module's schema is there before its first
 * file runs, and the application's role may use it; what it may do with a table, the file grants.
 *
 * @param options.url a connection as the role that owns the schemas, or may create them.
 * @throws MigrationError where database and code do not fit; nothing of the file that failed is left.
 */
export async function migrate(options: {
  url: string
  migrations: readonly MigrationSource[]
  log: Log
}): Promise<void> {
  const known = options.migrations.flatMap(read)
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: 10_000,
    application_name: 'custodia migrate',
  })
  // What is waiting for the connection is rejected; without a listener the event would end the process as well.
  client.on('error', () => {})
  await client.connect()
  try {
    await refuseUnfitServer(client)
    // However long another process migrates; then never long for a table that a running version uses.
    await client.query('set statement_timeout = 0')
    await client.query('set lock_timeout = 0')
    await client.query(`select pg_advisory_lock(${lockKey})`)
    await client.query(`set lock_timeout = '10s'`)
    await ensureRole(client)
    await client.query(`
      create schema if not exists platform;
      create table if not exists platform.migration (
        module text not null, name text not null, sha256 text not null, applied_at timestamptz not null default now(),
        primary key (module, name))`)
    const applied = await readApplied(client)
    refuseMisfit(known, applied)
    for (const migration of known) {
      if (applied.has(key(migration))) continue
      await apply(client, migration)
      options.log.info({ module: migration.module, migration: migration.name }, 'migration applied')
    }
  } finally {
    await client.end().catch(() => {})
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

async function refuseUnfitServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('server_encoding') as encoding`,
  )
  const { version = 0, encoding = '' } = rows[0] ?? {}
  if (version < oldestVersion)
    throw new MigrationError(`The database server is PostgreSQL ${version}. Custodia needs ${oldestVersion} or newer.`)
  if (encoding !== 'UTF8')
    throw new MigrationError(
      `The database stores text as ${encoding}. Make one with UTF8: CREATE DATABASE custodia ENCODING 'UTF8' TEMPLATE template0.`,
    )
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
  const schema = client.escapeIdentifier(module)
  try {
    await client.query('begin')
    await client.query(`create schema if not exists ${schema}`)
    await client.query(text)
    // 'T': inside a transaction that has not failed (PostgreSQL, "ReadyForQuery").
    if (client.getTransactionStatus() !== 'T') throw new Error('it ends the transaction that it runs in')
    await client.query(`grant usage on schema ${schema} to ${applicationRole}`)
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
  const { rows } = await client.query<{ owner: string }>('select quote_ident(current_user) as owner')
  const owner = rows[0]?.owner ?? ''
  let reason = ''
  // Roles are the whole server's: installations on its other databases may be doing the same at this moment.
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await mayBecome(client)) return
    try {
      await client.query(
        `do $$ begin create role ${applicationRole} nologin; exception when duplicate_object or unique_violation then null; end $$`,
      )
      await client.query(`grant ${applicationRole} to ${owner}`)
    } catch (error) {
      reason = (error as Error).message
    }
  }
  throw new MigrationError(
    `The database role ${applicationRole} is missing, or ${owner} may not work as it (${reason}). Ask a database administrator to run: CREATE ROLE ${applicationRole} NOLOGIN; GRANT ${applicationRole} TO ${owner};`,
  )
}

function mayBecome(client: pg.Client): Promise<boolean> {
  return client.query(`set role ${applicationRole}; reset role`).then(
    () => true,
    () => false,
  )
}
