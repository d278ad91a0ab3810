import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { beforeCommit } from '../platform/database/after-commit.ts'
import { openTestDatabase, testServers } from '../platform/database/testing.ts'
import { newId, systemRandom } from '../platform/random.ts'
import { makeEntry } from './entry.ts'
import { identifyLog } from './log-identity.ts'
import { insertEntries } from './store.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'

for (const server of testServers)
  describe(server.name, { skip: server.missing }, () => {
    let ledger: TestLedger
    before(async () => {
      ledger = await openTestLedger(server.name)
    })
    after(() => ledger.close())

    const fill = async (count: number) => {
      const entries = await Promise.all(
        Array.from({ length: count }, (_, number) =>
          makeEntry(ledger.keyring, testEvent({ data: { number } }), newId('evt', systemRandom), ledger.clock.nowMs()),
        ),
      )
      await insertEntries(ledger.database.queries, entries)
    }

    test('two sequencers at once place every entry once', async () => {
      const other = await ledger.another()
      for (let round = 0; round < 5; round++) {
        await Promise.all([fill(40), fill(40), ledger.record(testEvent()), ledger.audit.settle(), other.audit.settle()])
      }
      const [one, two] = await Promise.all([ledger.audit.settle(), other.audit.settle()])
      const [{ count } = { count: 0 }] = await ledger.asOwner('select count(*)::int as count from audit.entry')
      assert.equal(one.size, count)
      assert.equal(two.size, count)
      const placed = await ledger.asOwner(
        'select count(*)::int as leaves, count(distinct entry)::int as entries, max(index)::int as last from audit.node where level = 0',
      )
      assert.deepEqual({ ...placed[0] }, { leaves: count, entries: count, last: Number(count) - 1 })
      assert.deepEqual((await other.audit.verify()).findings, [])
    })

    test('processes that begin a ledger at once, each under its own address, are one log with one name', async () => {
      const folder = new URL('migrations/', import.meta.url)
      const opened = await openTestDatabase([{ module: 'audit', folder }], { server: server.name })
      try {
        const { keyring, clock } = ledger
        const names = Array.from({ length: 8 }, (_, i) => `process-${i}.example/ledger`)
        const { queries } = opened.database
        const begun = await Promise.all(names.map((name) => identifyLog({ queries, keyring, clock }, name)))
        const checkpoints = await opened.asOwner(`select split_part(note, E'\\n', 1) as name from audit.checkpoint`)
        assert.equal(checkpoints.length, 1)
        assert.ok(names.includes(String(checkpoints[0]?.name)))
        assert.deepEqual([...new Set(begun.map(({ origin }) => origin))], [checkpoints[0]?.name])
        const late = await identifyLog({ queries, keyring, clock }, 'moved.example/ledger')
        assert.equal(late.verifierKey, begun[0]?.verifierKey)
      } finally {
        await opened.close()
      }
    })

    test('a ledger that lost all of its checkpoints is not begun anew by who knew it', async () => {
      const other = await openTestLedger(server.name)
      try {
        await other.record(testEvent())
        await other.audit.settle()
        await other.tamper('delete from audit.checkpoint')
        await assert.rejects(other.audit.settle(), /lost all of its checkpoints/)
      } finally {
        await other.close()
      }
    })

    test('what is placed while the stored ledger is verified is no finding', async () => {
      await ledger.audit.settle()
      let verified = false
      const recording = (async () => {
        while (!verified) {
          await ledger.record(testEvent())
          await ledger.audit.settle()
        }
      })()
      for (let round = 0; round < 8; round++) assert.deepEqual((await ledger.audit.verify()).findings, [])
      verified = true
      await recording
    })

    test('entries of a transaction that stays open are never skipped, and never overtaken', async () => {
      const { size } = await ledger.audit.settle()
      let letGo = () => {}
      const open = new Promise<void>((resolve) => {
        letGo = resolve
      })
      let begun = () => {}
      const recorded = new Promise<void>((resolve) => {
        begun = resolve
      })
      // Not by `Database.transaction`: there an entry is written right before its commit.
      const slow = ledger.database.aside.transaction().execute(async (tx) => {
        await ledger.audit.record(tx, testEvent({ type: 'slow.one' }))
        begun()
        await open
        await ledger.audit.record(tx, testEvent({ type: 'slow.two' }))
      })
      await recorded
      await ledger.record(testEvent({ type: 'quick.one' }))
      const settled = ledger.audit.settle()
      // The quick one is committed, yet has no place: the slow one may still come before it.
      const [{ size: now } = { size: 0 }] = await ledger.asOwner('select max(size)::int as size from audit.checkpoint')
      assert.equal(now, size)
      letGo()
      await slow
      await settled
      await ledger.audit.settle()
      const types = await ledger.asOwner(`select entry.type from audit.node join audit.entry on entry.id = node.entry
    where node.index >= ${size} order by node.index`)
      assert.deepEqual(
        types.map(({ type }) => type),
        ['slow.one', 'slow.two', 'quick.one'],
      )
      assert.deepEqual((await ledger.audit.verify()).findings, [])
    })

    test('what one transaction records keeps its order, also what is recorded when the first is being written', async () => {
      const { size } = await ledger.audit.settle()
      const failing = ledger.database.transaction(async (tx) => {
        await ledger.audit.record(tx, testEvent({ type: 'never.one' }))
        beforeCommit(tx, () => Promise.reject(new Error('no')))
      })
      await assert.rejects(failing, /no/)
      await ledger.database.transaction(async (tx) => {
        for (const type of ['kept.one', 'kept.two', 'kept.three']) await ledger.audit.record(tx, testEvent({ type }))
        beforeCommit(tx, () => ledger.audit.record(tx, testEvent({ type: 'kept.last' })))
      })
      await ledger.audit.settle()
      const types = await ledger.asOwner(`select entry.type from audit.node join audit.entry on entry.id = node.entry
    where node.index >= ${size} order by node.index`)
      assert.deepEqual(
        types.map(({ type }) => type),
        ['kept.one', 'kept.two', 'kept.three', 'kept.last'],
      )
    })

    test('more entries than one batch are placed in several, across the borders of tiles', async () => {
      await fill(6_000)
      const { size } = await ledger.audit.settle()
      const [{ count } = { count: 0 }] = await ledger.asOwner('select count(*)::int as count from audit.entry')
      assert.equal(size, count)
      const levels = await ledger.asOwner(
        'select level, count(*)::int as count from audit.node group by level order by level',
      )
      assert.deepEqual(
        levels.map(({ count }) => count),
        [size, Math.floor(size / 256)],
      )
      assert.deepEqual((await ledger.audit.verify()).findings, [])
    })

    test('a checkpoint taken back under a running server is not built upon', async () => {
      await ledger.tamper('delete from audit.checkpoint where size = (select max(size) from audit.checkpoint)')
      await ledger.record(testEvent())
      await assert.rejects(ledger.audit.settle(), /rolled back/)
    })

    test('a tree whose hashes are not the signed ones is not built upon', async () => {
      const other = await openTestLedger(server.name)
      try {
        await other.record(testEvent(), testEvent())
        await other.audit.settle()
        await other.tamper(`update audit.node set hash = sha256('forged') where index = 1`)
        await other.record(testEvent())
        await assert.rejects(other.audit.settle(), /do not lead to the root/)
      } finally {
        await other.close()
      }
    })

    test('a ledger from another server is not mixed with the transactions of this one', async () => {
      const other = await openTestLedger(server.name)
      try {
        await other.record(testEvent())
        await other.audit.settle()
        await other.tamper(`update audit.checkpoint set last_xid = '4294967296000' where size = 1`)
        await other.record(testEvent())
        await assert.rejects(other.audit.settle(), /another server/)
      } finally {
        await other.close()
      }
    })

    test('a restore that numbers what is placed 0 and what is not 1 goes on where the ledger stood', async () => {
      const other = await openTestLedger(server.name)
      try {
        await other.record(testEvent(), testEvent())
        await other.audit.settle()
        await sql`select 1`.execute(other.database.queries)
        await other.tamper(`insert into audit.entry (entry_id, xid, at, type, actor_kind, body)
      select 'evt_late', '999999999', at, type, actor_kind, body from audit.entry limit 1;
      update audit.entry set xid = case when exists (select from audit.node where entry = entry.id) then '0' else '1' end::xid8;
      update audit.checkpoint set last_xid = '0'`)
        await other.record(testEvent())
        assert.deepEqual(await other.audit.settle(), { size: 4 })
      } finally {
        await other.close()
      }
    })
  })
