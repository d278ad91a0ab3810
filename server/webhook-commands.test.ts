import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Attempt, Deliveries, Endpoint } from '@custodia/wire/http/webhooks.ts'
import type { CommandOptions } from './command-line.ts'
import { failureOf } from './command-output.ts'
import { webhookCommands } from './webhook-commands.ts'
import type { Receiver, WebhooksHouse, WebhooksProcess } from './webhooks/testing.ts'
import { holds, openReceiver, openWebhooksHouse, status } from './webhooks/testing.ts'

let house: WebhooksHouse
/** The process of the shell, beside the server. */
let shell: WebhooksProcess
let receiver: Receiver
before(async () => {
  house = await openWebhooksHouse()
  shell = await house.process()
  receiver = await openReceiver()
})
after(async () => {
  await receiver?.close()
  await house?.close()
})
afterEach(async () => {
  await house.first.webhooks.idle()
  await house.house.db.asOwner('delete from webhooks.endpoint')
  receiver.received.length = 0
  receiver.answer = status(204)
})

async function run<Value = Record<string, unknown>>(line: readonly string[], options: CommandOptions = {}) {
  const command = webhookCommands[line.slice(0, 2).join(' ')]
  assert.ok(command, line.join(' '))
  const on = { webhooks: shell.webhooks.administration, administration: shell.identity.administration }
  const { value, text, ...how } = (await command(on, line.slice(2), options)) as Awaited<ReturnType<typeof command>> & {
    failed?: boolean
  }
  return { ...(JSON.parse(JSON.stringify(value)) as Value), said: text, failed: how.failed === true }
}
const declined = async (line: readonly string[], options: CommandOptions = {}) =>
  await run(line, options).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).code ?? error.message,
  )
type Made = { readonly endpoint: Endpoint; readonly secret: string }
const type = 'identity.user.disabled'
const create = async (options: CommandOptions = {}) =>
  await run<Made>(['webhooks', 'create', receiver.url()], { events: type, ...options })
const dead = async () => {
  receiver.answer = status(410)
  await house.first.happen(type)
  await house.first.run()
  receiver.answer = status(204)
}

test('an endpoint is made with its secret, this once, and the server delivers to it', async () => {
  const { endpoint, secret, said } = await create({ description: 'Ours' })
  assert.match(said, /^whsec_\S+\nIt is shown once\. whe_/)
  assert.deepEqual([endpoint.createdBy, endpoint.description, endpoint.events], [null, 'Ours', [type]])
  await house.first.happen(type)
  await house.first.run()
  const [got] = receiver.received
  assert.ok(got !== undefined && holds(got, secret, house.house.machine.clock.nowMs()))
  const listed = await run(['webhooks', 'list'])
  assert.match(listed.said, new RegExp(`${endpoint.id} +on +0 +0 +${type} +https://localhost`))
  assert.ok(!JSON.stringify(listed).includes(secret))
  assert.equal((await house.events('endpoint.created')).at(-1)?.endpoint, endpoint.id)
})

test('a secret is rotated: both sign until the overlap is over, and without one the new one alone', async () => {
  const made = await create()
  const next = await run<Made>(['webhooks', 'rotate', made.endpoint.id])
  assert.match(next.said, /The old one signs beside it until 20/)
  const last = await run<Made>(['webhooks', 'rotate', made.endpoint.id], { overlap: '0' })
  assert.match(last.said, /until now\.$/)
  await run(['webhooks', 'test', made.endpoint.id])
  const signs = (secret: string) => holds(receiver.received[0] as never, secret, house.house.machine.clock.nowMs())
  assert.deepEqual(
    [made, next, last].map(({ secret }) => signs(secret)),
    [false, false, true],
  )
})

test('a test says what came of it, and fails where the endpoint did not take it', async () => {
  const { endpoint } = await create()
  const well = await run<{ attempt: Attempt }>(['webhooks', 'test', endpoint.id])
  assert.deepEqual([well.attempt.outcome, well.failed], ['delivered', false])
  receiver.answer = status(500)
  const ill = await run<{ attempt: Attempt }>(['webhooks', 'test', endpoint.id])
  assert.deepEqual([ill.attempt.status, ill.attempt.outcome, ill.failed], [500, 'refused', true])
})

test('dead letters are listed with why, looked at, and replayed: one, or all of an endpoint', async () => {
  const { endpoint } = await create()
  await dead()
  const { items, said } = await run<Deliveries>(['webhooks', 'deliveries', endpoint.id], { state: 'dead' })
  const [letter] = items
  assert.ok(items.length === 1 && letter?.deadWhy === 'gone', said)
  assert.match((await run(['webhooks', 'show', letter.id])).said, /1 +\S+ \S+ UTC +410 +\d+ ms +gone/)
  assert.equal(await declined(['webhooks', 'replay', letter.id]), 'WEBHOOKS_DISABLED')
  await run(['webhooks', 'enable', endpoint.id])
  receiver.received.length = 0
  assert.match((await run(['webhooks', 'replay', letter.id])).said, /once more/)
  assert.equal(await declined(['webhooks', 'replay', letter.id]), 'WEBHOOKS_NOT_SETTLED')
  await house.first.run()
  assert.equal(receiver.received.length, 1)
  await dead()
  await run(['webhooks', 'enable', endpoint.id])
  assert.equal((await run<{ replayed: number }>(['webhooks', 'replay', endpoint.id])).replayed, 1)
  assert.equal(
    (await run(['webhooks', 'deliveries', endpoint.id], { state: 'dead' })).said,
    'There are no such messages.',
  )
})

test('an endpoint is switched off, and removed with all that waits', async () => {
  const { endpoint } = await create()
  assert.match((await run(['webhooks', 'disable', endpoint.id])).said, /is off/)
  assert.match((await run(['webhooks', 'list'])).said, /off: person/)
  assert.equal(await declined(['webhooks', 'test', endpoint.id]), 'WEBHOOKS_DISABLED')
  await run(['webhooks', 'delete', endpoint.id])
  assert.equal((await run(['webhooks', 'list'])).said, 'There are no endpoints.')
})

test('what is no address, no event and nobody’s endpoint is declined', async () => {
  for (const url of ['http://hooks.example.org/', 'https://user:pass@hooks.example.org/', 'x'])
    assert.match(await declined(['webhooks', 'create', url]), /REQUEST_INVALID|WEBHOOKS_URL_REFUSED/, url)
  assert.equal(
    await declined(['webhooks', 'create', receiver.url()], { events: 'no.such.*' }),
    'WEBHOOKS_EVENT_UNKNOWN',
  )
  const nobody = `whe_${'a'.repeat(26)}`
  for (const verb of ['enable', 'disable', 'delete', 'rotate', 'test', 'replay'])
    assert.equal(await declined(['webhooks', verb, nobody]), 'WEBHOOKS_ENDPOINT_UNKNOWN', verb)
  assert.equal(await declined(['webhooks', 'show', `whd_${'a'.repeat(26)}`]), 'WEBHOOKS_DELIVERY_UNKNOWN')
  assert.equal(await declined(['webhooks', 'rotate', nobody], { overlap: '604801' }), 'REQUEST_INVALID')
  assert.equal(await declined(['webhooks', 'deliveries'], { after: 'x' }), 'WEBHOOKS_CURSOR_INVALID')
  assert.match(await declined(['webhooks', 'list'], { organisation: `org_${'a'.repeat(26)}` }), /no organisation/)
})
