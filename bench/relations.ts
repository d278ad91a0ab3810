import { sql } from 'kysely'
import { createRelations } from '../server/access/relations/relations.ts'
import { nothing, subjectOf, tuple, typesOf } from '../server/access/relations/testing.ts'
import { openTestDatabase } from '../server/platform/database/testing.ts'
import { testContext } from '../server/platform/testing.ts'
import { inTurn, median, spread } from './measure/in-turn.ts'
import type { Bench, Row } from './measure/row.ts'
import { less } from './measure/row.ts'

const rounds = 7
const checksOfRound = 300
/** Ten times as many takes a minute more to write: `CUSTODIA_BENCH_SHARES=1000000`. */
const most = Number(process.env.CUSTODIA_BENCH_SHARES ?? 100_000)
const sizes = [100, 1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= most)
const listed = 1_000
const listLimitMs = 1_000
const organisationId = 'org_01hzy8k3v9c2m4n6p8q0r2s4t6'

const types = typesOf('inbox', {
  folder: { relations: { reader: { is: { direct: ['user', 'group'] } } } },
  mailbox: {
    relations: {
      owner: { is: { direct: ['user'] } },
      parent: { is: { direct: ['folder'] } },
      reader: {
        is: { any: [{ direct: ['user', 'group'] }, { relation: 'owner' }, { relation: 'reader', from: 'parent' }] },
      },
    },
  },
})

/** Somebody in twenty groups, of which none or one has it. */
const standing = {
  roles: ['member'],
  groups: Array.from({ length: 20 }, (_one, n) => `grp_${n}`),
  untilMs: Number.POSITIVE_INFINITY,
}

/**
 * What a check costs that nobody remembers, by how many a mailbox is shared with: three questions in turn (a person named, one by a
 * group, a stranger), each through to the database. And a page of a list out of all that somebody is shared.
 */
export const relations: Bench = {
  name: 'relations',
  async run() {
    const folder = new URL('../server/access/migrations/', import.meta.url)
    const opened = await openTestDatabase([{ module: 'access', folder }])
    try {
      const context = testContext({ config: {}, database: opened.database })
      const engine = createRelations({ ...context, types, cursorKeys: () => new Uint8Array(32) })
      for (const size of sizes) {
        await opened.asOwner(sharesOf(`m${size}`, size))
        await opened.database.transaction((tx) =>
          engine.write(tx, {
            organisationId,
            by: null,
            actor: { kind: 'system' },
            add: [`inbox:mailbox/m${size}#parent@inbox:folder/f`, `inbox:mailbox/m${size}#reader@group:grp_7`].map(
              (text) => tuple(text),
            ),
          }),
        )
      }
      await opened.asOwner(manyMailboxes(most))
      await opened.asOwner('vacuum analyze access.relation')
      const circumstances = { nowMs: context.clock.nowMs(), network: null, assurance: 1 }
      const question = (id: string, whom: string, groups: readonly string[]) => ({
        organisationId,
        subject: subjectOf(whom),
        standing: { ...standing, groups },
        resource: { type: 'inbox:mailbox', id },
        relation: 'reader',
        circumstances,
      })
      const others = standing.groups.map((id) => `${id}x`)
      const microseconds = async (size: number): Promise<number> => {
        const questions = [
          question(`m${size}`, `user:u${size >> 1}`, others),
          question(`m${size}`, 'user:stranger', standing.groups),
          question(`m${size}`, 'user:stranger', others),
        ]
        const startedMs = performance.now()
        let held = 0
        for (let check = 0; check < checksOfRound; check++)
          held += Number((await engine.explain(questions[check % 3] as (typeof questions)[number])).holds)
        if (held !== (checksOfRound / 3) * 2) throw new Error(`of ${checksOfRound} checks ${held} hold`)
        return ((performance.now() - startedMs) * 1_000) / checksOfRound
      }
      const [fewest, largest] = [sizes[0] as number, sizes.at(-1) as number]
      const pair = await inTurn(
        rounds,
        () => microseconds(largest),
        () => microseconds(fewest),
      )
      const remarks = [spread(pair)]
      for (const size of sizes) {
        const figures: number[] = []
        for (let round = 0; round < 3; round++) figures.push(await microseconds(size))
        remarks.push(`${size.toLocaleString('en')} shares: ${median(figures).toFixed(0)} µs`)
      }
      const name = `check of a mailbox with ${largest.toLocaleString('en')} shares, beside one with ${fewest}`
      const { count } = (
        await sql<{ count: number }>`select count(*)::int as count from access.relation`.execute(
          opened.database.queries,
        )
      ).rows[0] as { count: number }
      remarks.push(`${count.toLocaleString('en')} tuples in the table`)
      const check = less({ name, ours: pair.ours, other: pair.other, unit: 'µs', goal: 0.8, remarks })
      return [check, await list()]

      async function list(): Promise<Row> {
        const search = { organisationId, subject: subjectOf('user:lister'), standing: nothing, circumstances }
        const wanted = { relation: 'reader' }
        const tookMs: number[] = []
        for (let round = 0; round < rounds; round++) {
          const startedMs = performance.now()
          const page = await engine.listResources({ ...search, type: 'inbox:mailbox', wanted, limit: listed })
          tookMs.push(performance.now() - startedMs)
          if (page.items.length !== listed) throw new Error(`a page has ${page.items.length}`)
        }
        return less({
          name: `list of ${listed.toLocaleString('en')} out of ${most.toLocaleString('en')} mailboxes`,
          ours: median(tookMs),
          other: listLimitMs,
          unit: 'ms',
          goal: 1,
          remarks: ['each checked', `${rounds} times the first page, the slowest ${Math.max(...tookMs).toFixed(0)} ms`],
        })
      }
    } finally {
      await opened.close()
    }
  },
}

const columns =
  'organisation_id, resource_type, resource_id, relation, subject_type, subject_id, subject_relation, written_at'

const sharesOf = (id: string, size: number) => `insert into access.relation (${columns})
  select '${organisationId}', 'inbox:mailbox', '${id}', 'reader', 'user', 'u' || n, '', now() from generate_series(1, ${size}) n`

const manyMailboxes = (size: number) => `insert into access.relation (${columns})
  select '${organisationId}', 'inbox:mailbox', 'l' || n, 'reader', 'user', 'lister', '', now() from generate_series(1, ${size}) n`
