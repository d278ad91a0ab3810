import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
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

test('an endpoint that comes while deliveries are made gets what happens from then on', async () => {
  const { audit, context } = house.first
  const administrator = await house.administrator()
  const happening = { type: 'identity.user.enabled', actor: { kind: 'system' as const }, subjectId: null, data: {} }
  const endpoint = { url: 'https://hooks.example.org/' }
  await addEndpoint(administrator, { ...endpoint, events: [type] })
  await audit.settle()
  while (await fanOut(parts));
  const before = await count()

  // It began before deliveries are made, so that its event can be placed while they are.
  const [begun, added] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const change = context.database.transaction(async (tx) => {
    await sql`select pg_current_xact_id()`.execute(tx)
    begun.resolve()
    await added.promise
    await audit.record(tx, { ...happening, organisationId: house.organisationId })
  })
  await begun.promise
  const placed: Parts['audit']['placed'] = async (from, organisations, end) => {
    // Whoever reads entries has read the endpoints.
    if (organisations.length > 0) {
      await addEndpoint(administrator, { ...endpoint, events: [happening.type] })
      added.resolve()
      await change
      const isThere = async () =>
        (await audit.placed(from, organisations)).entries.some((entry) => entry.type === happening.type)
      while (!(await isThere()));
    }
    return await audit.placed(from, organisations, end)
  }
  await fanOut({ ...parts, audit: { ...parts.audit, placed } })
  while (await fanOut(parts));
  assert.equal(await count(), before + 1)
})
