import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import type { Deliveries, Delivery, DeliveryWithAttempts } from '@custodia/wire/http/webhooks.ts'
import { newId } from '../platform/random.ts'
import type { Browser } from '../sessions/testing.ts'
import { claimDue } from './deliveries/store.ts'
import type { Receiver, WebhooksHouse, WebhooksProcess } from './testing.ts'
import { addEndpoint, endpointsOf, holds, openReceiver, openWebhooksHouse, status } from './testing.ts'

let house: WebhooksHouse
let first: WebhooksProcess
let receiver: Receiver
let administrator: Browser
before(async () => {
  house = await openWebhooksHouse()
  first = house.first
  receiver = await openReceiver()
})
after(async () => {
  await receiver.close()
  await house.close()
})
beforeEach(async () => {
  administrator = await house.administrator()
})
afterEach(async () => {
  await first.webhooks.idle()
  await house.house.db.asOwner('delete from webhooks.endpoint')
  receiver.received.length = 0
  receiver.answer = status(204)
})

const type = 'identity.user.disabled'
const clock = () => house.house.machine.clock
const add = (wanted: Record<string, unknown> = {}) =>
  addEndpoint(administrator, { url: receiver.url(), events: [type], ...wanted })
const list = async (query = ''): Promise<readonly Delivery[]> =>
  ((await administrator.call('GET', `/v1/webhooks/deliveries${query}`)).body as unknown as Deliveries).items
const read = async (id: string) =>
  (await administrator.call('GET', `/v1/webhooks/deliveries/${id}`)).body as unknown as DeliveryWithAttempts
const post = (path: string, body?: unknown) => administrator.call('POST', `/v1/webhooks${path}`, body)

test('what an endpoint chose is delivered once, signed, from the time it was added, and nothing else is', async () => {
  await first.happen(type, { data: { n: 0 } })
  await first.audit.settle()
  clock().advance(1_000)
  const { secret, answer } = await add()
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  await first.happen(type, { data: { n: 1 }, personal: { name: 'Mira Holm' } })
  await first.happen('identity.user.enabled', { data: { n: 2 } })
  await first.run()
  await first.run()
  const [got, ...more] = receiver.received
  assert.equal(more.length, 0)
  assert.ok(got !== undefined && holds(got, secret, clock().nowMs()))
  assert.equal(got.message.type, type)
  assert.deepEqual(got.message.data.data, { n: 1 })
  assert.equal(got.message.data.id, got.headers['webhook-id'])
  assert.equal(got.body.toString().includes('Mira'), false)
  assert.equal(got.headers['content-type'], 'application/json')
  const [delivery] = await list()
  assert.partialDeepStrictEqual(delivery, { state: 'delivered', tries: 1, type, messageId: got.message.data.id })
})

test('nothing is lost where a process ends between claiming and sending, nor made twice by two that read at once', async () => {
  await add()
  for (let n = 0; n < 20; n += 1) await first.happen(type, { data: { n } })
  const second = await house.process()
  await Promise.all([first.run(), second.run(), first.run(), second.run()])
  await Promise.all([first.webhooks.idle(), second.webhooks.idle()])
  await first.run()
  assert.deepEqual(
    receiver.received.map(({ message }) => message.data.data.n).sort((a, b) => Number(a) - Number(b)),
    Array.from({ length: 20 }, (_, n) => n),
  )
  // Killed with what it held.
  await first.happen(type, { data: { n: 'held' } })
  receiver.received.length = 0
  receiver.answer = status(500)
  await first.run()
  receiver.answer = status(204)
  clock().advance(20_000)
  const now = new Date(clock().nowMs())
  const until = new Date(now.getTime() + 60_000)
  assert.notEqual(await claimDue(first.context.database.queries, { now, until, atOnce: 4, wary: 5 }), null)
  await second.run()
  assert.equal(receiver.received.length, 1)
  clock().advance(60_000)
  await second.run()
  assert.deepEqual(
    receiver.received.map(({ message }) => message.data.data.n),
    ['held', 'held'],
  )
})

test('ten tries in about three days, each signed anew under the same identifier, then a dead letter that a person sends once more', async () => {
  const { secret, endpoint } = await add()
  receiver.answer = status(503)
  await first.happen(type)
  const startMs = clock().nowMs()
  await first.run()
  for (let tries = 1; tries < 10; tries += 1) {
    assert.equal(receiver.received.length, tries)
    const [row] = await house.house.db.asOwner('select * from webhooks.delivery')
    const [rest] = await house.house.db.asOwner('select open_until from webhooks.endpoint')
    const dueMs = Math.max(Number(row?.next_try_at), Number(rest?.open_until ?? 0))
    clock().advance(dueMs - clock().nowMs() - 1)
    await first.run()
    assert.equal(receiver.received.length, tries, 'not before its time')
    clock().advance(1)
    await first.run()
  }
  const days = (clock().nowMs() - startMs) / 86_400_000
  assert.ok(days > 2.6 && days < 3.1, `${days} days`)
  const times = receiver.received.map(({ headers }) => Number(headers['webhook-timestamp']))
  assert.equal(new Set(times).size, 10)
  assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1)
  const last = receiver.received.at(-1)
  assert.ok(last !== undefined && holds(last, secret, clock().nowMs()))
  const [row] = await house.house.db.asOwner('select id, dead_why from webhooks.delivery')
  assert.equal(row?.dead_why, 'tries')
  const given = await house.events('delivery.given-up')
  assert.deepEqual(given.at(-1), { endpoint: endpoint.id, delivery: row?.id, tries: 10, why: 'tries' })
  // The log of what happened to deliveries is not delivered in turn.
  await house.house.db.asOwner('update webhooks.endpoint set types = null, open_until = null, failures = 0')
  receiver.answer = status(204)
  await first.run()
  assert.equal(receiver.received.filter(({ message }) => message.type.startsWith('webhooks.delivery.')).length, 0)
})

test('a dead letter is sent once more by whoever may, with the same identifier, and its attempts are all there', async () => {
  const { endpoint } = await add()
  receiver.answer = status(410)
  await first.happen(type)
  await first.run()
  const [dead] = await list('?state=dead')
  assert.partialDeepStrictEqual(dead, { deadWhy: 'gone', tries: 1 })
  assert.partialDeepStrictEqual((await endpointsOf(administrator))[0], { disabledWhy: 'gone', dead: 1 })
  assert.equal((await post(`/deliveries/${dead?.id}/replay`)).code, 'WEBHOOKS_DISABLED')
  await first.happen(type, { data: { n: 'while it was off' } })
  await first.run()
  receiver.answer = status(204)
  clock().advance(1_000)
  await administrator.call('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, { enabled: true })
  assert.equal((await post(`/deliveries/${dead?.id}/replay`)).status, 200)
  assert.equal((await post(`/deliveries/${dead?.id}/replay`)).code, 'WEBHOOKS_NOT_SETTLED')
  await first.run()
  assert.equal(receiver.received.length, 2)
  assert.equal(receiver.received[0]?.headers['webhook-id'], receiver.received[1]?.headers['webhook-id'])
  const { attempts, delivery } = await read(dead?.id as string)
  assert.equal(delivery.state, 'delivered')
  assert.deepEqual(
    attempts.map(({ outcome, status: code }) => [outcome, code]),
    [
      ['gone', 410],
      ['delivered', 204],
    ],
  )
})

test('all dead letters of an endpoint are sent once more, of no other', async () => {
  const { endpoint } = await add()
  await add({ url: receiver.url('/other') })
  for (const n of [1, 2, 3]) await first.happen(type, { data: { n } })
  receiver.answer = status(410)
  await first.run()
  receiver.answer = status(204)
  receiver.received.length = 0
  await administrator.call('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, { enabled: true })
  assert.deepEqual((await post(`/endpoints/${endpoint.id}/replay`)).body, { replayed: 3 })
  assert.deepEqual((await post(`/endpoints/${endpoint.id}/replay`)).body, { replayed: 0 })
  await first.run()
  assert.equal(receiver.received.length, 3)
})

test('a redirect is a failure and is not followed; Retry-After makes the pause longer, up to a day, never shorter', async () => {
  await add()
  await first.happen(type)
  for (const [answer, least, most] of [
    [status(302, { location: receiver.url('/elsewhere') }), 10, 11],
    [status(429, { 'retry-after': '3600' }), 3_600, 3_961],
    [status(503, { 'retry-after': '999999999' }), 86_400, 95_041],
    [status(503, { 'retry-after': '1' }), 1_800, 1_981],
  ] as const) {
    receiver.answer = answer
    await first.run()
    const [row] = await house.house.db.asOwner('select next_try_at from webhooks.delivery')
    const seconds = (Number(row?.next_try_at) - clock().nowMs()) / 1_000
    assert.ok(seconds >= least && seconds <= most, `${seconds}`)
    clock().advance(Math.ceil(seconds * 1_000))
  }
  assert.equal(receiver.received.length, 4)
})

test('an endpoint whose tries fail rests, spends no tries meanwhile, and keeps nobody else waiting', async () => {
  const { endpoint } = await add({ url: receiver.url('/bad') })
  await add({ url: receiver.url('/good') })
  receiver.answer = (request, response) => void response.writeHead(request.url === '/bad' ? 500 : 204).end()
  for (let n = 0; n < 12; n += 1) await first.happen(type, { data: { n } })
  await first.run()
  const bad = (await endpointsOf(administrator)).find(({ id }) => id === endpoint.id)
  assert.ok((bad?.failures ?? 0) >= 5 && bad?.restsUntil != null)
  const deliveries = await list('?limit=100')
  const of = (id: string) => deliveries.filter(({ endpointId }) => endpointId === id)
  assert.ok(of(endpoint.id).reduce((sum, { tries }) => sum + tries, 0) < 12)
  assert.equal(deliveries.filter(({ state }) => state === 'delivered').length, 12)
  const before = receiver.received.length
  clock().advance(15_000)
  await first.run()
  assert.equal(receiver.received.length, before)
  receiver.answer = status(204)
  clock().advance(900_000)
  for (let round = 0; round < 12; round += 1) await first.run()
  assert.equal((await list('?state=waiting')).length, 0)
  assert.partialDeepStrictEqual((await endpointsOf(administrator))[0], { failures: 0, restsUntil: null })
})

test('a receiver that hangs has four messages at most, and the others’ go out', async () => {
  await add({ url: receiver.url('/slow') })
  await add({ url: receiver.url('/quick') })
  const held: (() => void)[] = []
  receiver.answer = (request, response) => {
    if (request.url === '/slow') held.push(() => void response.writeHead(204).end())
    else response.writeHead(204).end()
  }
  for (let n = 0; n < 6; n += 1) await first.happen(type, { data: { n } })
  await first.begin()
  const quick = () => list('?state=delivered')
  for (let tries = 0; tries < 500 && ((await quick()).length < 6 || held.length < 4); tries += 1) await first.begin()
  assert.deepEqual([held.length, (await quick()).length], [4, 6])
  for (const release of held.splice(0)) release()
  receiver.answer = status(204)
  await first.run()
  await first.run()
  assert.equal((await quick()).length, 12)
})

test('a receiver that says 200 and never ends is content', async () => {
  await add()
  const timers: NodeJS.Timeout[] = []
  receiver.answer = (_request, response) => {
    response.writeHead(200)
    timers.push(setInterval(() => response.write('x'.repeat(1_000)), 1))
  }
  await first.happen(type)
  await first.run()
  for (const timer of timers) clearInterval(timer)
  assert.partialDeepStrictEqual((await list())[0], { state: 'delivered', tries: 1 })
})

test('what a try comes to says nothing of an endpoint that was changed meanwhile, nor of one that is gone', async () => {
  const { endpoint } = await add()
  const change = (body: unknown) => administrator.call('PATCH', `/v1/webhooks/endpoints/${endpoint.id}`, body)
  let act: () => Promise<unknown> = () => change({ url: receiver.url('/new') })
  receiver.answer = (_request, response) => void act().then(() => response.writeHead(410).end())
  await first.happen(type)
  await first.run()
  assert.partialDeepStrictEqual((await endpointsOf(administrator))[0], {
    disabledAt: null,
    url: receiver.url('/new'),
  })
  act = () => administrator.call('DELETE', `/v1/webhooks/endpoints/${endpoint.id}`)
  await first.happen(type)
  await first.run()
  assert.deepEqual(await list(), [])
})

test('after a rotation both secrets hold until the overlap is over, then the new one alone', async () => {
  const { endpoint, secret: old } = await add()
  const rotated = await post(`/endpoints/${endpoint.id}/rotate`, { overlapSeconds: 60 })
  const { secret } = rotated.body as { secret: string }
  const next = async () => {
    await first.happen(type)
    await first.run()
    const got = receiver.received.at(-1)
    assert.ok(got !== undefined)
    return [old, secret].map((one) => holds(got, one, clock().nowMs()))
  }
  assert.deepEqual(await next(), [true, true])
  clock().advance(61_000)
  assert.deepEqual(await next(), [false, true])
  const [a, b] = await Promise.all([0, 1].map(() => post(`/endpoints/${endpoint.id}/rotate`, { overlapSeconds: 0 })))
  assert.ok([a, b].every((answer) => answer?.status === 200 || answer?.code === 'WEBHOOKS_CHANGED_MEANWHILE'))
})

test('sealed fields go only where they were given, and in no try after their person was erased', async () => {
  await add({ personal: true })
  const subjectId = newId('usr')
  const personal = { name: 'Mira Holm' }
  receiver.answer = status(500)
  await first.happen(type, { subjectId, personal })
  await first.run()
  assert.deepEqual(receiver.received[0]?.message.data.personal, personal)
  await first.context.database.transaction((tx) => first.keyring.shred(tx, house.organisationId, subjectId))
  clock().advance(20_000)
  await first.run()
  assert.equal(receiver.received.length, 2)
  assert.equal(receiver.received[1]?.message.data.personal, null)
  assert.equal(receiver.received[1]?.body.toString().includes('Mira'), false)
})

test('what happens in another organisation, or in none, is told to nobody here', async () => {
  await add({ events: undefined })
  receiver.received.length = 0
  await first.run()
  const before = receiver.received.length
  for (const organisationId of [newId('org'), null]) await first.happen(type, { organisationId })
  await first.run()
  assert.equal(receiver.received.length, before)
  // A delivery that somebody wrote into the table opens no entry of others.
  await first.happen(type, { organisationId: newId('org'), data: { n: 'theirs' } })
  await first.audit.settle()
  const [entry] = await house.house.db.asOwner('select max(index) as index from audit.node where level = 0')
  await house.house.db.asOwner(`insert into webhooks.delivery
    (id, endpoint_id, organisation_id, entry_index, message_id, type, created_at, next_try_at)
    select '${newId('whd')}', id, organisation_id, ${entry?.index}, 'evt_x', '${type}', created_at, created_at from webhooks.endpoint`)
  await first.run()
  assert.equal(JSON.stringify(receiver.received.map(({ message }) => message)).includes('theirs'), false)
})

test('where private addresses are not allowed, nothing is sent to one, whatever the name was when the endpoint was added', async () => {
  await add()
  await first.happen(type)
  const strict = await house.process({ private: false })
  await strict.run()
  assert.equal(receiver.received.length, 0)
  const [delivery] = await list()
  assert.deepEqual(
    (await read(delivery?.id as string)).attempts.map(({ outcome }) => outcome),
    ['address'],
  )
})

test('a test says at once what came of it, is tried once, and stands in the log', async () => {
  const { endpoint, secret } = await add()
  const { body } = await post(`/endpoints/${endpoint.id}/test`)
  assert.partialDeepStrictEqual(body, { outcome: 'delivered', status: 204 })
  const [got] = receiver.received
  assert.ok(got !== undefined && holds(got, secret, clock().nowMs()))
  assert.equal(got.message.type, 'webhooks.test')
  receiver.answer = status(500)
  assert.partialDeepStrictEqual((await post(`/endpoints/${endpoint.id}/test`)).body, {
    outcome: 'refused',
    status: 500,
  })
  clock().advance(61_000)
  await first.run()
  assert.equal(receiver.received.length, 2)
  assert.deepEqual((await list()).map(({ state }) => state).sort(), ['dead', 'delivered'])
})

test('a receiver that is down for an hour gets everything once, by the rule of tries, and the log has each of them', async () => {
  await add()
  receiver.answer = (request) => void request.socket.destroy()
  const endMs = clock().nowMs() + 3_600_000
  for (let n = 0; n < 12; n += 1) await first.happen(type, { data: { n } })
  for (; clock().nowMs() < endMs; clock().advance(60_000)) await first.run()
  const tried = receiver.received.length
  assert.ok(tried > 12, `${tried}`)
  receiver.received.length = 0
  receiver.answer = status(204)
  for (let minute = 0; minute < 180; minute += 1) {
    await first.run()
    clock().advance(60_000)
  }
  const numbers = receiver.received.map(({ message }) => Number(message.data.data.n)).sort((a, b) => a - b)
  assert.deepEqual(
    numbers,
    Array.from({ length: 12 }, (_, n) => n),
  )
  const rows = await house.house.db.asOwner(`select d.tries, count(a.number) as logged, d.delivered_at
    from webhooks.delivery d left join webhooks.attempt a on a.delivery_id = d.id group by d.id`)
  for (const { tries, logged, delivered_at } of rows)
    assert.ok(delivered_at !== null && Number(logged) === Number(tries) && Number(tries) <= 10)
  assert.equal(
    rows.reduce((sum, { tries }) => sum + Number(tries), 0),
    tried + 12,
  )
})

test('what was settled a retention ago is deleted; what waits stays', async () => {
  await add()
  await first.happen(type)
  await first.run()
  receiver.answer = status(500)
  await first.happen(type)
  await first.run()
  clock().advance(31 * 86_400_000)
  await first.run('webhooks.sweep')
  const rows = await house.house.db.asOwner('select next_try_at from webhooks.delivery')
  assert.deepEqual(
    rows.map(({ next_try_at }) => next_try_at !== null),
    [true],
  )
})
