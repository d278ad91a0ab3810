import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { canonicalJson } from '../../packages/wire/src/canonical-json.ts'
import { testServers } from '../platform/database/testing.ts'
import { readBody } from './entry.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'

for (const server of testServers)
  describe(server.name, { skip: server.missing }, () => {
    let ledger: TestLedger
    before(async () => {
      ledger = await openTestLedger(server.name)
    })
    after(() => ledger.close())

    async function bodies(): Promise<Record<string, unknown>[]> {
      const rows = await ledger.asOwner('select body from audit.entry order by id')
      return rows.map(({ body }) => JSON.parse(String(body)))
    }

    test('an event that was recorded stands in a signed checkpoint, as canonical JSON', async () => {
      ledger.clock.advance(1234)
      await ledger.record(testEvent({ data: { b: 1, a: ['x', null, true] } }))
      const { size } = await ledger.audit.settle()
      assert.equal(size, 1)
      const [row] = await ledger.asOwner('select * from audit.entry')
      const body = readBody(row?.body as Buffer)
      assert.deepEqual(body, {
        v: 1,
        id: row?.entry_id,
        at: '2026-01-01T00:00:01.234Z',
        type: 'identity.user.invited',
        organisation: 'org_a',
        actor: { kind: 'user', id: 'usr_admin' },
        subject: 'usr_ann',
        data: { b: 1, a: ['x', null, true] },
      })
      assert.equal(String(row?.body), canonicalJson(body))
      assert.match(String(row?.entry_id), /^evt_[a-z2-7]{26}$/)
      assert.deepEqual((await ledger.audit.verify()).findings, [])
    })

    test('events of a transaction that is rolled back leave no trace', async () => {
      const { size } = await ledger.audit.settle()
      const failing = ledger.database.transaction(async (tx) => {
        await ledger.audit.record(tx, testEvent({ type: 'never.was' }))
        throw new Error('called off')
      })
      await assert.rejects(failing, /called off/)
      assert.deepEqual(await ledger.audit.settle(), { size })
      assert.equal(
        (await bodies()).some(({ type }) => type === 'never.was'),
        false,
      )
    })

    test('an event above the limit is refused, and the change with it', async () => {
      const before = (await bodies()).length
      await assert.rejects(ledger.record(testEvent(), testEvent({ data: { text: 'x'.repeat(32_768) } })), {
        code: 'LEDGER_EVENT_TOO_LARGE',
      })
      const personal = { text: 'x'.repeat(40_000) }
      await assert.rejects(ledger.record(testEvent({ personal })), { code: 'LEDGER_EVENT_TOO_LARGE' })
      assert.equal((await bodies()).length, before)
    })

    test('text from outside cannot forge a line, hide or turn around: it is neutralised before it is hashed', async () => {
      const text = 'a\r\nb\u001b[31m\u0000c\u202ed\u2028\ud800\u007f\u0085'
      await ledger.record(testEvent({ data: { 'k\n': text }, actor: { kind: 'application', id: 'in\nbox' } }))
      const body = (await bodies()).at(-1) as { data: object; actor: object }
      assert.deepEqual(body.data, { 'k␊': 'a␍␊b␛[31m␀c\ufffdd\ufffd\ufffd␡\ufffd' })
      assert.deepEqual(body.actor, { kind: 'application', id: 'in␊box' })
    })

    test('an event that JSON cannot carry is a fault, not half an entry', async () => {
      const before = (await bodies()).length
      for (const value of [Number.NaN, 1n, new Date(), () => 1]) {
        await assert.rejects(ledger.record(testEvent({ data: { value } })), /canonical JSON/)
      }
      let deep: unknown = 1
      for (let i = 0; i < 100; i++) deep = [deep]
      await assert.rejects(ledger.record(testEvent({ data: { deep } })), /nested/)
      assert.equal((await bodies()).length, before)
    })

    test('personal fields are sealed, open only to who may, and are unreadable once shredded, while the ledger verifies', async () => {
      const personal = { email: 'bo@example.test' }
      await ledger.record(testEvent({ subjectId: 'usr_bo', personal }))
      const stored = (await bodies()).at(-1) as { personal: string; id: string }
      assert.ok(!JSON.stringify(stored).includes('bo@example.test'))
      assert.match(stored.personal, /^[A-Za-z0-9_-]+$/)
      const place = {
        organisationId: 'org_a',
        subjectId: 'usr_bo',
        collection: 'audit.entry',
        record: stored.id,
        field: 'personal',
        schemaVersion: 1,
      }
      const open = () => ledger.keyring.open(place, Buffer.from(stored.personal, 'base64url'))
      assert.deepEqual(JSON.parse(String(await open())), personal)
      await ledger.audit.settle()
      await ledger.database.transaction((tx) => ledger.keyring.shred(tx, 'org_a', 'usr_bo'))
      await assert.rejects(open(), { code: 'KEY_SHREDDED' })
      // What happens to the person afterwards is still told, without what is personal.
      await ledger.record(testEvent({ subjectId: 'usr_bo', personal }))
      assert.equal(((await bodies()).at(-1) as { personal?: string }).personal, undefined)
      await ledger.audit.settle()
      assert.deepEqual((await ledger.audit.verify()).findings, [])
    })

    test('a noted event is in the ledger soon, with the time at which it was noted', async () => {
      const noted = new Date(ledger.clock.nowMs()).toISOString()
      ledger.audit.note(testEvent({ type: 'sessions.sign-in.failed', actor: { kind: 'anonymous' }, subjectId: null }))
      ledger.clock.advance(60_000)
      const { size } = await ledger.audit.settle()
      const all = await bodies()
      assert.equal(size, all.length)
      const { at, type, actor } = all.at(-1) as Record<string, unknown>
      assert.deepEqual(
        { at, type, actor },
        { at: noted, type: 'sessions.sign-in.failed', actor: { kind: 'anonymous' } },
      )
    })

    test('neither the application nor the owner can change, remove or empty what is recorded', async () => {
      for (const table of ['entry', 'node', 'checkpoint']) {
        const column = { entry: 'type', node: 'level', checkpoint: 'size' }[table]
        const statements = [
          `update audit.${table} set ${column} = ${column}`,
          `delete from audit.${table}`,
          `truncate audit.${table}`,
        ]
        for (const statement of statements) {
          await assert.rejects(ledger.asOwner(statement), /insert-only/, statement)
          const replica = `set session_replication_role = replica; ${statement}`
          await assert.rejects(ledger.asOwner(replica), /insert-only/, replica)
          await ledger.asOwner('set session_replication_role = default')
        }
      }
      const grants = await ledger.asOwner(`select distinct privilege_type from information_schema.role_table_grants
    where grantee = 'custodia_app' and table_schema = 'audit' order by 1`)
      assert.deepEqual(
        grants.map((row) => row.privilege_type),
        ['INSERT', 'SELECT'],
      )
    })
  })
