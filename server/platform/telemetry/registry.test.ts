import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './registry.ts'

test('counters, gauges and durations show in the text, beside those of the process', async () => {
  const metrics = createMetrics()
  const signIns = metrics.counter('custodia_sign_ins_total', 'Sign-ins.', ['outcome'])
  signIns.add(1, { outcome: 'ok' })
  signIns.add(2, { outcome: 'ok' })
  metrics.counter('custodia_plain_total', 'Plain.').add()
  let waiting = 3
  metrics.gauge('custodia_waiting', 'Waiting.', () => waiting)
  metrics.duration('custodia_http_seconds', 'Time.', ['route']).observe(0.0004, { route: '/v1/x' })
  const text = await metrics.text()
  assert.match(text, /^custodia_sign_ins_total\{outcome="ok"\} 3$/m)
  assert.match(text, /^custodia_plain_total 1$/m)
  assert.match(text, /^custodia_waiting 3$/m)
  assert.match(text, /^custodia_http_seconds_bucket\{le="0.0005",route="\/v1\/x"\} 1$/m)
  assert.match(text, /^custodia_http_seconds_bucket\{le="10",route="\/v1\/x"\} 1$/m)
  assert.match(text, /^process_resident_memory_bytes /m)
  assert.match(text, /^nodejs_eventloop_lag_seconds /m)
  assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/)
  waiting = 4
  assert.match(await metrics.text(), /^custodia_waiting 4$/m)
})

test('a name that is declared twice, is not ours or is no name is refused', () => {
  const metrics = createMetrics()
  metrics.counter('custodia_twice_total', 'Twice.')
  assert.throws(() => metrics.counter('custodia_twice_total', 'Twice.'))
  assert.throws(() => metrics.gauge('custodia_twice_total', 'Twice.', () => 1))
  for (const name of [
    '',
    'other_total',
    'custodia_',
    'custodia_A',
    'custodia_a b',
    'custodia_a\nb 1',
    `custodia_${'a'.repeat(99)}`,
  ])
    assert.throws(() => metrics.counter(name, 'x'), Error, name)
  for (const label of ['', 'A', 'a b', 'le"', '__name__'])
    assert.throws(() => metrics.counter('custodia_x_total', 'x', [label]))
})

test('two registries in one process know nothing of each other', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.counter('custodia_shared_total', 'x').add()
  other.counter('custodia_shared_total', 'x')
  assert.match(await other.text(), /^custodia_shared_total 0$/m)
})

test('a figure that can not be read hides no other', async () => {
  const metrics = createMetrics()
  metrics.gauge('custodia_broken', 'Broken.', () => {
    throw new Error('no')
  })
  metrics.gauge('custodia_sound', 'Sound.', () => 1)
  const text = await metrics.text()
  assert.match(text, /^custodia_broken NaN$/im)
  assert.match(text, /^custodia_sound 1$/m)
})

test('labels that strangers choose fill no memory: beyond 500 they are counted together', async () => {
  const metrics = createMetrics()
  const counter = metrics.counter('custodia_flood_total', 'x', ['path'])
  const duration = metrics.duration('custodia_flood_seconds', 'x', ['path'])
  for (let index = 0; index < 2_000; index += 1) {
    counter.add(1, { path: `/${index}` })
    duration.observe(1, { path: `/${index}` })
  }
  counter.add(1, { path: '/7' })
  const lines = (await metrics.text()).split('\n')
  assert.equal(lines.filter((line) => line.startsWith('custodia_flood_total{')).length, 501)
  assert.ok(lines.includes('custodia_flood_total{path="other"} 1500'))
  assert.ok(lines.includes('custodia_flood_total{path="/7"} 2'))
  assert.equal(lines.filter((line) => line.startsWith('custodia_flood_seconds_count{')).length, 501)
})

test('a bucket counts what the smaller ones do, and the last is everything', async () => {
  const metrics = createMetrics()
  const duration = metrics.duration('custodia_kept_seconds', 'Kept.')
  for (const seconds of [0.0005, 0.0006, 3, 11]) duration.observe(seconds)
  const lines = (await metrics.text()).split('\n')
  for (const [bound, count] of [
    ['0.0005', 1],
    ['0.001', 2],
    ['2.5', 2],
    ['5', 3],
    ['10', 3],
    ['+Inf', 4],
  ])
    assert.ok(lines.includes(`custodia_kept_seconds_bucket{le="${bound}"} ${count}`), `${bound}`)
  assert.ok(lines.includes('custodia_kept_seconds_count 4'))
  assert.ok(lines.some((line) => line.startsWith('custodia_kept_seconds_sum 14.0011')))
})

test('a label that was not declared is refused', () => {
  const counter = createMetrics().counter('custodia_labelled_total', 'x', ['what'])
  assert.throws(() => counter.add(1, { other: 'a' }), /other is no label/)
})

test('a label with quotes and line breaks stays one line', async () => {
  const metrics = createMetrics()
  metrics.counter('custodia_odd_total', 'x', ['what']).add(1, { what: 'a"b\nc\\' })
  assert.ok((await metrics.text()).includes('custodia_odd_total{what="a\\"b\\nc\\\\"} 1\n'))
})
