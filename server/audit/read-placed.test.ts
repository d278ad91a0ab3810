import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Event } from '../platform/events/event.ts'
import { newId } from '../platform/random.ts'
import type { TestLedger } from './testing.ts'
import { openTestLedger } from './testing.ts'

let ledger: TestLedger
before(async () => {
  ledger = await openTestLedger()
})
after(async () => await ledger.close())

const [mine, other] = [newId('org'), newId('org')]
const happened = (organisationId: string | null, n: number): Event => ({
  type: 'keyring.key.made',
  organisationId,
  actor: { kind: 'system' },
  subjectId: null,
  data: { n },
  personal: { secret: 'sealed' },
})
const numbers = (entries: readonly { data: Readonly<Record<string, unknown>> }[]) => entries.map(({ data }) => data.n)

test('entries come by index from a cursor, each once, and only those of the organisations that are asked for', async () => {
  const start = (await ledger.audit.settle()).size
  for (let n = 0; n < 6; n += 1) await ledger.record(happened(n % 2 === 0 ? mine : other, n), happened(null, n))
  await ledger.audit.settle()
  const first = await ledger.audit.placed(start, [mine])
  assert.deepEqual(numbers(first.entries), [0, 2, 4])
  const { size } = await ledger.audit.settle()
  assert.equal(first.next, size)
  assert.deepEqual(await ledger.audit.placed(first.next, [mine]), { entries: [], next: size })
  await ledger.record(happened(mine, 7))
  await ledger.audit.settle()
  assert.deepEqual(numbers((await ledger.audit.placed(first.next, [mine, other])).entries), [7])
  assert.deepEqual(await ledger.audit.placed(0, []), { entries: [], next: size + 1 })
})

test('more than fit in one reading come in the next ones, without a gap', async () => {
  const from = (await ledger.audit.settle()).size
  await ledger.record(...Array.from({ length: 1_203 }, (_, n) => happened(mine, n)))
  await ledger.audit.settle()
  const seen: unknown[] = []
  for (let at = from; ; ) {
    const { entries, next } = await ledger.audit.placed(at, [mine])
    if (entries.length === 0) break
    seen.push(...numbers(entries))
    at = next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 1_203 }, (_, n) => n),
  )
})

test('one entry is read by its organisation alone, with what is sealed in it only where that is asked for', async () => {
  const from = (await ledger.audit.settle()).size
  await ledger.record(happened(mine, 1))
  await ledger.audit.settle()
  const [entry] = (await ledger.audit.placed(from, [mine])).entries
  const index = entry?.index as number
  assert.equal(JSON.stringify(entry).includes('sealed'), false)
  assert.deepEqual((await ledger.audit.entryAt(mine, index, { personal: true }))?.personal, { secret: 'sealed' })
  assert.equal((await ledger.audit.entryAt(mine, index, { personal: false }))?.personal, null)
  assert.equal(await ledger.audit.entryAt(other, index, { personal: true }), null)
  assert.equal(await ledger.audit.entryAt(mine, index + 1_000, { personal: true }), null)
})
