import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { maxTries } from './deliver.ts'
import type { MailHouse, MailProcess } from './testing.ts'
import { openMailHouse } from './testing.ts'
import type { Failure, Transport } from './transport.ts'

let house: MailHouse
const config = { textPrefixes: ['+49'] }
const open = (send: Transport['send']) => house.process(config, {}, { send }, { send: send as never })
before(async () => {
  house = await openMailHouse()
})
after(() => house?.close())

/** A mail and a text whose last try is due, while `stop` ends the process that has begun it. */
async function cutOff(failure: Failure): Promise<MailProcess> {
  await house.empty()
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let count = 0
  const stopping = await open(async (_message, signal) => {
    begun[count++]?.resolve()
    if (!signal.aborted) await once(signal, 'abort')
    return failure
  })
  const next = await open(async () => null)
  await next.mail.stop()
  await next.send()
  await next.sendText()
  await house.db.asOwner(`update mail.message set tries = ${maxTries - 1}, failure = 'unreachable'`)
  const stop = new AbortController()
  const run = stopping.mail.jobs.find(({ name }) => name === 'mail.delivery')?.run(stop.signal)
  await Promise.all(begun.map(({ promise }) => promise))
  stop.abort()
  await run
  return await open(async () => null)
}

test('a try that our own stop cuts off says nothing of the receiver: it does not count, and the next process tries at once', async () => {
  const next = await cutOff({ code: 'timeout', permanent: false })
  for (const row of await house.rows())
    assert.deepEqual(
      [row.tries, row.failure, row.failed_at, Number(row.next_try_at)],
      [maxTries - 1, 'unreachable', null, house.machine.clock.nowMs()],
    )
  await next.run('mail.delivery')
  assert.deepEqual(
    house.events().map(({ type, data }) => [type, data.tries]),
    [
      ['mail.message.sent', maxTries],
      ['mail.message.sent', maxTries],
    ],
  )
})

test('what the receiver refused for good before the stop stays refused', async () => {
  await cutOff({ code: 'refused', permanent: true })
  assert.deepEqual(
    house.events().map(({ type, data }) => [type, data.failure]),
    [
      ['mail.message.failed', 'refused'],
      ['mail.message.failed', 'refused'],
    ],
  )
})
