import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../platform/events/event.ts'
import type { Metrics } from '../../platform/telemetry/metrics.ts'
import type { Unfitting } from './unfit-log.ts'
import { UnfitLog } from './unfit-log.ts'

function start() {
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const events: Event[] = []
  const counted: [string, Readonly<Record<string, string>>][] = []
  const metrics = {
    counter: (name: string) => ({
      add: (_n: number, labels: Record<string, string> = {}) => counted.push([name, labels]),
    }),
  } as unknown as Metrics
  const recorder = { note: (event: Event) => void events.push(event) } as never
  const log = new UnfitLog({ recorder, clock: { nowMs: () => nowMs }, metrics })
  return { log, events, counted, pass: (ms: number) => (nowMs += ms) }
}
const one: Unfitting = { application: 'shop', operation: 'POST /orders', reason: 'body' }

test('what is refused is counted at once, and written together: an entry a minute for each operation and reason', () => {
  const { log, events, counted, pass } = start()
  for (let i = 0; i < 1_000; i++) log.add(one)
  log.add({ ...one, reason: 'media-type' })
  assert.equal(counted.length, 1_001)
  pass(59_999)
  log.flush()
  assert.equal(events.length, 0)
  pass(1)
  log.flush()
  assert.deepEqual(
    events.map(({ type, organisationId, actor, data }) => [type, organisationId, actor.kind, data]),
    [
      [
        ...['gateway.requests.unfit', null, 'anonymous'],
        { ...one, requests: 1_000, since: '2026-11-21T10:00:00.000Z' },
      ],
      [
        ...['gateway.requests.unfit', null, 'anonymous'],
        { ...one, reason: 'media-type', requests: 1, since: '2026-11-21T10:00:00.000Z' },
      ],
    ],
  )
  log.flush(0)
  assert.equal(events.length, 2)
})

test('memory is bounded: what has no room makes room by being written', () => {
  const { log, events } = start()
  for (let i = 0; i < 2_000; i++) log.add({ ...one, operation: `GET /${i}` })
  assert.equal(events.length, 1_500)
  log.flush(0)
  assert.equal(events.length, 2_000)
})

test('labels are the names of the configuration and the reasons, and nothing of a request; replies have a figure of their own', () => {
  const { log, events, counted } = start()
  for (const reason of ['unknown', 'method', 'unfit', 'media-type', 'body'] as const) log.add({ ...one, reason })
  log.add({ ...one, reason: 'reply' })
  assert.deepEqual(counted.at(-1), ['custodia_gateway_replies_unfit_total', { application: 'shop' }])
  for (const [name, labels] of counted.slice(0, -1))
    assert.deepEqual([name, Object.keys(labels)], ['custodia_gateway_input_refused_total', ['application', 'reason']])
  log.flush(0)
  assert.equal(events.length, 5)
})
