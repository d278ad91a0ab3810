import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { testServers } from '../platform/database/testing.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'

// What somebody who holds the disk could do, each undone after it was found.

const size = 600
for (const server of testServers)
  describe(server.name, { skip: server.missing }, () => {
    let ledger: TestLedger
    let note: string

    before(async () => {
      ledger = await openTestLedger(server.name)
      for (let batch = 0; batch < 6; batch++) {
        const numbers = Array.from({ length: size / 6 }, (_, i) => batch * 100 + i)
        await ledger.record(...numbers.map((number) => testEvent({ data: { number } })))
        await ledger.audit.settle()
      }
      note = String((await ledger.asOwner('select note from audit.checkpoint order by size desc limit 1'))[0]?.note)
      await ledger.asOwner(`create schema kept; create table kept.entry as table audit.entry;
    create table kept.node as table audit.node; create table kept.checkpoint as table audit.checkpoint`)
    })
    beforeEach(() =>
      ledger.tamper(`delete from audit.entry; delete from audit.node; delete from audit.checkpoint;
    insert into audit.entry overriding system value table kept.entry;
    insert into audit.node table kept.node; insert into audit.checkpoint table kept.checkpoint`),
    )
    after(() => ledger.close())

    const entryAt = (index: number) => `(select entry from audit.node where level = 0 and index = ${index})`
    async function found(earlier: string[] = []) {
      const { findings } = await ledger.audit.verify({ earlier })
      return findings.map(({ kind, index, count, other }) =>
        Object.fromEntries(Object.entries({ kind, index, count, other }).filter(([, value]) => value !== undefined)),
      )
    }

    test('untouched, it has no findings', async () => {
      assert.deepEqual(await found([note]), [])
    })

    test('a flipped byte in a body is found in that entry', async () => {
      await ledger.tamper(
        `update audit.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where id = ${entryAt(321)}`,
      )
      const findings = await found()
      assert.deepEqual(findings[0], { kind: 'entry-changed', index: 321 })
      assert.ok(findings.every(({ index }) => index === 321))
    })

    test('a flipped byte in a stored hash is found there, and no entry is blamed', async () => {
      for (const [level, index] of [
        [0, 300],
        [0, 599],
        [1, 1],
      ] as const) {
        await ledger.tamper(`update audit.node set hash = set_byte(hash, 0, get_byte(hash, 0) # 128)
      where level = ${level} and index = ${index}`)
        const [first, ...rest] = await found()
        assert.deepEqual([first?.kind, first?.index, rest], ['tile-changed', index * 256 ** level, []])
        await ledger.tamper(`update audit.node set hash = kept.node.hash from kept.node
      where kept.node.level = audit.node.level and kept.node.index = audit.node.index`)
      }
    })

    test('a column that says other than the body is found', async () => {
      for (const change of [
        `type = 'harmless'`,
        `organisation_id = 'org_b'`,
        `at = at + interval '1 ms'`,
        'subject_id = null',
        `actor_id = 'usr_x'`,
        `actor_kind = 'system'`,
        `entry_id = 'evt_x'`,
      ]) {
        await ledger.tamper(`update audit.entry set ${change} where id = ${entryAt(77)}`)
        assert.deepEqual(await found(), [{ kind: 'column-changed', index: 77 }], change)
        await ledger.tamper(`delete from audit.entry where id = ${entryAt(77)};
      insert into audit.entry overriding system value select * from kept.entry where id = ${entryAt(77)}`)
      }
    })

    test('an entry that was removed is named', async () => {
      await ledger.tamper(`delete from audit.entry where id = ${entryAt(256)}`)
      assert.deepEqual(await found(), [{ kind: 'entry-missing', index: 256 }])
    })

    test('two entries that were swapped are named, by body or by leaf', async () => {
      const swaps = [
        `update audit.entry a set body = b.body from kept.entry b where (a.id = ${entryAt(10)} and b.id = ${entryAt(500)})
      or (a.id = ${entryAt(500)} and b.id = ${entryAt(10)})`,
        `update audit.node set entry = -index where level = 0 and index in (10, 500);
      update audit.node set entry = (select entry from kept.node k where k.level = 0 and k.index = 510 - audit.node.index)
      where level = 0 and index in (10, 500)`,
      ]
      for (const swap of swaps) {
        await ledger.tamper(swap)
        const findings = await found()
        assert.ok(findings.some((one) => one.kind === 'entries-swapped' && one.index === 10 && one.other === 500))
        assert.ok(findings.every(({ kind }) => kind === 'entries-swapped' || kind === 'column-changed'))
        await ledger.tamper(`update audit.entry set body = k.body from kept.entry k where k.id = audit.entry.id`)
      }
    })

    test('entries slipped in behind the sequencer are found', async () => {
      await ledger.tamper(`insert into audit.entry (entry_id, xid, at, type, organisation_id, actor_kind, actor_id, subject_id, body)
    select 'evt_x', '3', at, type, organisation_id, actor_kind, actor_id, subject_id, body from audit.entry limit 1`)
      const findings = await found()
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        ['entry-unplaced', 'column-changed'],
      )
    })

    const cut = `delete from audit.entry where id in (select entry from audit.node where level = 0 and index >= 500);
  delete from audit.node where level = 0 and index >= 500`

    test('a tree cut off at its end, its checkpoints with it, is found by a checkpoint that was kept elsewhere', async () => {
      await ledger.tamper(`${cut}; delete from audit.checkpoint where size > 500`)
      assert.deepEqual(await found(), [], 'nothing inside the database can show it')
      assert.deepEqual(await found([note]), [{ kind: 'tree-truncated', index: 500, count: 100 }])
    })

    test('a tree cut off under its checkpoint is found, each lost entry named', async () => {
      await ledger.tamper(cut)
      const findings = await found()
      assert.deepEqual(
        findings.filter(({ kind }) => kind === 'entry-missing').map(({ index }) => index),
        Array.from({ length: 100 }, (_, i) => 500 + i),
      )
      assert.ok(findings.some(({ kind, index }) => kind === 'tile-missing' && index === 512))
      assert.ok(findings.some(({ kind }) => kind === 'root-mismatch'))
    })

    test('checkpoints removed above the leaves are found', async () => {
      await ledger.tamper('delete from audit.checkpoint where size > 400')
      assert.deepEqual(await found(), [{ kind: 'tree-truncated', index: 400, count: 200 }])
      await ledger.tamper('delete from audit.checkpoint')
      assert.deepEqual(await found(), [{ kind: 'tree-truncated', index: 0 }])
    })

    test('a checkpoint replaced by an older one, or by one of another key, is found', async () => {
      await ledger.tamper(
        `update audit.checkpoint set note = (select note from audit.checkpoint where size = 300) where size = 600`,
      )
      assert.ok((await found()).some(({ kind }) => kind === 'column-changed'))
      const forged = note.replace(
        / ([A-Za-z0-9+/]{12})[A-Za-z0-9+/]/,
        (all, head) => ` ${head}${all.endsWith('A') ? 'B' : 'A'}`,
      )
      assert.notEqual(forged, note)
      await ledger.tamper(`update audit.checkpoint set note = '${forged}' where size = 600`)
      const findings = await found()
      assert.deepEqual(findings, [{ kind: 'signature-invalid' }])
    })

    test('a ledger rewritten from some entry on, and signed anew with its own key, differs from the checkpoint that was kept', async () => {
      await ledger.tamper(`delete from audit.entry where id in (select entry from audit.node where level = 0 and index >= 400);
    delete from audit.node where index >= 400 or (level = 1 and index >= 1); delete from audit.checkpoint where size > 400`)
      const { audit, database } = await ledger.another()
      await database.transaction(async (tx) => {
        for (let number = 400; number < 650; number++) await audit.record(tx, testEvent({ data: { number } }))
      })
      assert.deepEqual(await audit.settle(), { size: 650 })
      assert.deepEqual(await found(), [], 'nothing inside the database can show it')
      assert.deepEqual(await found([note]), [{ kind: 'inconsistent-with-earlier', index: 400, count: 200 }])
    })
  })
