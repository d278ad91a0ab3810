import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TestLedger } from './testing.ts'
import { openTestLedger, testEvent } from './testing.ts'

let ledger: TestLedger
before(async () => {
  ledger = await openTestLedger()
})
after(() => ledger.close())

const types = ['a.b.c', 'a.b.d']
const read = (subjectId: string, more: { before?: string | null; limit?: number; organisationId?: string } = {}) =>
  ledger.audit.about(
    { organisationId: more.organisationId ?? 'org_a', subjectId, types, before: more.before ?? null },
    { limit: more.limit ?? 10, personal: true },
  )
const numbers = ({ items }: Awaited<ReturnType<typeof read>>) => items.map(({ data }) => data.i)

test('what is about somebody comes newest first, of the named types alone, with its personal fields', async () => {
  for (let i = 0; i < 6; i++) {
    const type = ['a.b.c', 'a.b.other', 'a.b.d'][i % 3] as string
    await ledger.record(testEvent({ type, subjectId: 'usr_one', data: { i }, personal: { address: `192.0.2.${i}` } }))
  }
  await ledger.record(testEvent({ type: 'a.b.c', subjectId: 'usr_two', data: { i: 99 } }))
  await ledger.record(
    testEvent({ type: 'a.b.c', organisationId: 'org_b', subjectId: 'usr_one', data: { i: 98 }, personal: {} }),
  )
  const all = await read('usr_one')
  assert.deepEqual([numbers(all), all.next], [[5, 3, 2, 0], null])
  assert.deepEqual(all.items[0]?.personal, { address: '192.0.2.5' })
  assert.deepEqual(numbers(await read('usr_one', { organisationId: 'org_b' })), [98])
  assert.deepEqual(numbers(await read('usr_nobody')), [])
})

test('pages follow one another without a gap or a repeat, and end', async () => {
  const seen: unknown[] = []
  let before: string | null = null
  do {
    const page = await read('usr_one', { before, limit: 1 })
    seen.push(...numbers(page))
    before = page.next
  } while (before !== null)
  assert.deepEqual(seen, [5, 3, 2, 0])
})

test('of somebody about whom there is a flood of other things, a page reads a thousand entries and says where it goes on', async () => {
  await ledger.record(testEvent({ type: 'a.b.c', subjectId: 'usr_busy', data: { i: 'old' } }))
  await ledger.asOwner(`insert into audit.entry (entry_id, at, type, organisation_id, actor_kind, subject_id, body)
    select 'evt_' || n, now(), 'a.b.other', 'org_a', 'system', 'usr_busy', 'x' from generate_series(1, 1000) n`)
  const first = await read('usr_busy')
  assert.deepEqual(numbers(first), [])
  assert.notEqual(first.next, null)
  const second = await read('usr_busy', { before: first.next })
  assert.deepEqual([numbers(second), second.next], [['old'], null])
})

test('an entry whose column was moved to somebody else is not shown there', async () => {
  await ledger.record(testEvent({ type: 'a.b.c', subjectId: 'usr_three', data: { i: 1 } }))
  await ledger.tamper(`update audit.entry set subject_id = 'usr_four' where subject_id = 'usr_three'`)
  assert.deepEqual(numbers(await read('usr_four')), [])
})

test('once somebody’s key is destroyed, what happened stays and who from where is gone', async () => {
  await ledger.database.transaction((tx) => ledger.keyring.shred(tx, 'org_a', 'usr_one'))
  const { items } = await read('usr_one')
  assert.equal(items.length, 4)
  for (const { personal } of items) assert.equal(personal, null)
})
