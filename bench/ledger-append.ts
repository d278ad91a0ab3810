import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import type { Ledger } from '../server/audit/api.ts'
import { audit } from '../server/audit/module.ts'
import { configuration, startInstance } from '../server/instance.ts'
import { runningEmbedded } from '../server/platform/database/embedded/running.ts'
import type { Event } from '../server/platform/events/event.ts'
import { keepingLog } from '../server/platform/telemetry/testing.ts'
import { inheritedEnvironment, serverScript } from '../tests/harness.ts'
import { runCommand } from '../tools/demo/processes.ts'
import { inTurn, spread } from './measure/in-turn.ts'
import type { Bench } from './measure/row.ts'
import { more } from './measure/row.ts'

const writers = 32
const rounds = 9
const roundMs = 1_500

/** What a change of somebody's roles records: about what most entries hold. */
const event: Event = {
  type: 'identity.user.roles-changed',
  organisationId: 'org_01hzy8k3v9c2m4n6p8q0r2s4t6',
  actor: { kind: 'user', id: 'usr_01hzy8k3v9c2m4n6p8q0r2s4t7' },
  subjectId: 'usr_01hzy8k3v9c2m4n6p8q0r2s4t8',
  data: { before: ['member'], after: ['member', 'auditor'] },
}
const entryId = 'evt_01hzy8k3v9c2m4n6p8q0r2s4t9'
const body = Buffer.from(JSON.stringify({ v: 1, id: entryId, at: new Date(0), ...event }))

/** The columns of the ledger, without what makes it one: no order of transactions, no index but the primary key. */
const plainTable = `
  create schema bench;
  create table bench.plain (id bigint generated always as identity primary key, entry_id text not null, at timestamptz not null,
    type text not null, organisation_id text, actor_kind text not null, actor_id text, subject_id text, body bytea not null);
  grant usage on schema bench to custodia_app;
  grant insert on bench.plain to custodia_app`

/**
 * Appends by 32 writers, each event in a transaction of its own, while the sequencer places them in the tree and signs checkpoints;
 * against inserts of rows as wide into a plain table, each in a transaction of its own, through the same pool into the same database.
 */
export const ledgerAppend: Bench = {
  name: 'ledger-append',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-bench-'))
    const environment = { ...inheritedEnvironment(), CUSTODIA_DATA: folder, CUSTODIA_LISTEN: '127.0.0.1:0' }
    runCommand(serverScript, ['keyring', 'init'], environment)
    const instance = await startInstance(configuration(environment), keepingLog().log, 'server')
    try {
      await asOwner(runningEmbedded(folder) as string, plainTable)
      const { database, app } = instance
      const ledger = app.api<Ledger>(audit)
      const append = () => database.transaction((tx) => ledger.record(tx, event))
      const { type, organisationId, actor, subjectId } = event
      const insert = () =>
        database.transaction((tx) =>
          sql`insert into bench.plain (entry_id, at, type, organisation_id, actor_kind, actor_id, subject_id, body)
            values (${entryId}, ${new Date()}, ${type}, ${organisationId}, ${actor.kind}, ${actor.kind === 'user' ? actor.id : null},
              ${subjectId}, ${body})`.execute(tx),
        )
      const pair = await inTurn(
        rounds,
        () => writing(append),
        () => writing(insert),
      )
      const { placed, committed } = await settled(ledger, database.queries)
      if (placed !== committed) throw new Error(`of ${committed} entries ${placed} have a place in the tree`)
      const remarks = [spread(pair), `${placed} entries, each in the tree under a signed checkpoint`]
      const name = 'ledger appends by 32, beside plain inserts'
      return [more({ name, ours: pair.ours, other: pair.other, unit: '/s', goal: 0.7, remarks })]
    } finally {
      await instance.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    }
  },
}

/** Commits in a second, with all writers at work. */
async function writing(one: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  let commits = 0
  const writer = async () => {
    while (performance.now() - started < roundMs) {
      await one()
      commits += 1
    }
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return (commits * 1_000) / (performance.now() - started)
}

/** A ledger that kept up only on paper would not count. */
async function settled(ledger: Ledger, queries: Parameters<ReturnType<typeof sql>['execute']>[0]) {
  const { size } = await ledger.settle()
  const { rows } = await sql<{ count: number }>`select count(*) from audit.entry`.execute(queries)
  return { placed: size, committed: rows[0]?.count ?? 0 }
}

async function asOwner(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
