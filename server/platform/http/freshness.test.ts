import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frozenClock } from '../clock.ts'
import { isRefusal } from '../errors.ts'
import type { Exchange, PipelineServices } from './pipeline.ts'
import type { UserPrincipal } from './principal.ts'
import { freshness } from './steps/freshness.ts'

const own = (ageSeconds: number, freshSeconds?: PipelineServices['freshSeconds'], sensitive = true) => {
  const clock = frozenClock()
  const principal = { kind: 'user', authenticatedAtMs: clock.nowMs() - ageSeconds * 1_000 } as UserPrincipal
  const exchange = { route: { sensitive }, principal } as unknown as Exchange
  return async () => await freshness.run(exchange, { clock, sensitiveMaxAgeSeconds: 600, freshSeconds } as never)
}
const refusedAfter = (maxAgeSeconds: number) => (error: unknown) =>
  isRefusal(error, 'FRESH_FACTOR_REQUIRED') &&
  error.details.maxAgeSeconds === maxAgeSeconds &&
  error.details.confirmAt === '/v1/me/fresh'

test('the installation’s bound holds where the organisation says nothing', async () => {
  for (const says of [undefined, () => null, async () => null]) {
    await own(600, says)()
    await assert.rejects(own(601, says), refusedAfter(600))
  }
})

test('the organisation’s own holds where it is shorter, and never where it is longer', async () => {
  for (const says of [() => 60, async () => 60]) {
    await own(60, says)()
    await assert.rejects(own(61, says), refusedAfter(60))
  }
  await assert.rejects(
    own(601, async () => 86_400),
    refusedAfter(600),
  )
})

test('where it can’t be read nobody passes, and what is not sensitive asks nobody', async () => {
  const lost = async () => {
    throw new Error('the database is away')
  }
  await assert.rejects(own(1, lost), /the database is away/)
  await own(10_000, lost, false)()
})
