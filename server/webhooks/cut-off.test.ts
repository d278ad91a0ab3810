import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Deliveries } from '@custodia/wire/http/webhooks.ts'
import type { Receiver, WebhooksHouse } from './testing.ts'
import { addEndpoint, openReceiver, openWebhooksHouse, status } from './testing.ts'

let house: WebhooksHouse
let receiver: Receiver
before(async () => {
  house = await openWebhooksHouse()
  receiver = await openReceiver()
})
after(async () => {
  await receiver.close()
  await house.close()
})

test('a try that was cut off because the server ends does not count, and is due again at once', async () => {
  const type = 'identity.user.disabled'
  const administrator = await house.administrator()
  await addEndpoint(administrator, { url: receiver.url(), events: [type] })
  const ending = await house.process()
  const asked = Promise.withResolvers<void>()
  receiver.answer = () => asked.resolve()
  await ending.happen(type)
  await ending.begin()
  await asked.promise
  await ending.webhooks.stop()
  receiver.answer = status(204)
  await house.first.run()
  const { items } = (await administrator.call('GET', '/v1/webhooks/deliveries')).body as unknown as Deliveries
  assert.partialDeepStrictEqual(items[0], { state: 'delivered', tries: 1 })
  assert.equal(receiver.received.length, 2)
})
