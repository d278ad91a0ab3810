import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frozenClock } from '../../clock.ts'
import { createMetrics } from '../../telemetry/registry.ts'
import { keepingLog } from '../../telemetry/testing.ts'
import type { TlsMaterial } from '../tls.ts'
import { watchCertificate } from './certificate.ts'
import { newCertificate } from './testing.ts'

async function start() {
  const clock = frozenClock()
  const { log, lines } = keepingLog()
  const metrics = createMetrics()
  const [old, other] = [await newCertificate(['a.example'], clock), await newCertificate(['a.example'], clock)]
  let found: TlsMaterial | Error = old
  const source = {
    everySeconds: 3_600,
    async read() {
      if (found instanceof Error) throw found
      return { certificate: found.certificate, key: found.key }
    },
  }
  const certificate = await watchCertificate(source, { clock, log, metrics })
  const presented: TlsMaterial[] = []
  certificate.follow((material) => void presented.push(material))
  const figure = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.text())?.[1])
  return {
    certificate,
    clock,
    lines,
    old,
    other,
    presented,
    figure,
    find: (one: TlsMaterial | Error) => {
      found = one
    },
    source,
    metrics,
    log,
  }
}

test('another pair is presented, once, and the log says so', async () => {
  const { certificate, find, other, presented, lines } = await start()
  assert.equal(await certificate.look(), false, 'nothing is new')
  find(other)
  assert.equal(await certificate.look(), true)
  assert.equal(await certificate.look(), false)
  assert.deepEqual(
    presented.map((one) => one.certificate),
    [other.certificate],
  )
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['info'],
  )
  certificate.stop()
})

test('a pair that is half written, unreadable or nonsense is refused, the old one stays, and the log says so once for each', async () => {
  const { certificate, find, old, other, presented, lines, figure } = await start()
  const wrong: (TlsMaterial | Error)[] = [
    { certificate: other.certificate, key: old.key },
    { certificate: old.certificate, key: other.key },
    { certificate: other.certificate.slice(0, 300), key: other.key },
    { certificate: other.certificate, key: other.key.slice(0, 60) },
    { certificate: '', key: '' },
    { certificate: other.key, key: other.certificate },
    new Error('ENOENT: no such file'),
  ]
  for (const one of wrong) {
    find(one)
    assert.equal(await certificate.look(), false)
    assert.equal(await certificate.look(), false)
  }
  assert.deepEqual(presented, [])
  assert.equal(lines.length, wrong.length)
  assert.ok(lines.every(({ level }) => level === 'warn'))
  assert.ok(!JSON.stringify(lines).includes('PRIVATE KEY'))
  assert.equal(await figure('custodia_tls_certificate_refused_total'), wrong.length)
  find(other)
  assert.equal(await certificate.look(), true, 'the second step of the replacement')
  certificate.stop()
})

test('one that has run out is refused, and the figure of days left goes down', async () => {
  const { certificate, clock, find, other, presented, figure } = await start()
  assert.equal(await figure('custodia_tls_certificate_days_left'), 90)
  clock.advance(89.5 * 86_400_000)
  assert.equal(await figure('custodia_tls_certificate_days_left'), 0)
  clock.advance(86_400_000)
  assert.equal(await figure('custodia_tls_certificate_days_left'), -1)
  find(other)
  assert.equal(await certificate.look(), false, 'as old as the first')
  assert.deepEqual(presented, [])
  certificate.stop()
})

test('a server does not start with a pair that is not one', async () => {
  const { find, old, other, source, clock, log } = await start()
  find({ certificate: old.certificate, key: other.key })
  await assert.rejects(watchCertificate(source, { clock, log, metrics: createMetrics() }), /do not belong together/)
})
