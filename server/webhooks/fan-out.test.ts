import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fanOut } from './deliveries/fan-out.ts'
import type { Parts } from './parts.ts'
import type { WebhooksHouse } from './testing.ts'
import { addEndpoint, openWebhooksHouse } from './testing.ts'

let house: WebhooksHouse
let parts: Parts
before(async () => {
  house = await openWebhooksHouse()
  const { context, keyring, audit, access } = house.first
  const config = { private: true, retentionDays: 30 }
  parts = { context: { ...context, config }, keyring, audit, access, outcomes: { add() {} }, forwarder: null }
})
after(async () => await house.close())

const type = 'identity.user.disabled'
const count = async () => Number((await house.house.db.asOwner('select count(*) from webhooks.delivery'))[0]?.count)

test('as much as can happen at once for as many as there may be becomes deliveries, each once, and what fails half way is begun anew', async () => {
  const administrator = await house.administrator()
  for (let n = 0; n < 12; n += 1)
    await addEndpoint(administrator, { url: 'https://hooks.example.org/', events: [type] })
  await house.first.context.database.transaction(async (tx) => {
    const event = { type, organisationId: house.organisationId, actor: { kind: 'system' as const }, subjectId: null }
    for (let n = 0; n < 700; n += 1) await house.first.audit.record(tx, { ...event, data: { n } })
  })
  await house.first.audit.settle()
  // The cursor can not be moved: nothing of what was made may stay.
  await house.house.db.asOwner('revoke update on webhooks.cursor from custodia_app')
  await assert.rejects(fanOut(parts))
  assert.equal(await count(), 0)
  await house.house.db.asOwner('grant update on webhooks.cursor to custodia_app')
  while (await fanOut(parts));
  assert.equal(await count(), 12 * 700)
  assert.equal(await fanOut(parts), false)
  // A cursor that was put back makes nothing twice.
  await house.house.db.asOwner('update webhooks.cursor set next_index = 0')
  while (await fanOut(parts));
  assert.equal(await count(), 12 * 700)
})
