import assert from 'node:assert/strict'
import test from 'node:test'
import { newId } from '../../platform/random.ts'
import { live, openPolicyDatabase, start, user } from './testing-house.ts'

test('decisions are forgotten though it could not be said that other policies are live', async (t) => {
  const opened = await openPolicyDatabase()
  t.after(() => opened.close())
  const house = start(opened)
  const by = user(newId('org'))
  t.mock.method(house.parts.context.bus, 'publish', async () => {
    throw new Error('it did not answer')
  })
  const announced = t.mock.method(house.parts.needs, 'announce')
  await live(house, by)
  assert.deepEqual(
    announced.mock.calls.map((call) => call.arguments),
    [[by.organisationId]],
  )
})
