import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { MailHouse } from './testing.ts'
import { openMailHouse } from './testing.ts'

let house: MailHouse
before(async () => {
  house = await openMailHouse()
})
after(() => house?.close())
beforeEach(() => house.empty())

test('what is sent is kept, sealed, and recorded', async () => {
  const { mail, send } = await house.process()
  assert.equal(mail.deliverable, true)
  await send()
  const [row, ...more] = await house.rows()
  assert.equal(more.length, 0)
  assert.ok(row?.sent_at instanceof Date)
  assert.deepEqual(
    house.events().map(({ type }) => type),
    ['mail.message.kept'],
  )
})
