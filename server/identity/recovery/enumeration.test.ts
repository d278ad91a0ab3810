import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { frozenClock } from '../../platform/clock.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Answer, Browser } from '../../sessions/testing.ts'
import { head } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp } from '../testing.ts'

/** Requests of each kind. */
const tries = 500
/**
 * How often a request for somebody known may take longer than one for somebody unknown: half of the time, this much more or less.
 * Chance alone passes it once in some 1,000 rounds (500 of each: a standard error of 0.0183), so it must be passed twice in a row.
 */
const bound = 0.06

let house: IdentityHouse
let one: IdentityProcess
let known: string
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  // Hashes a fifth as dear as the cheapest that may be set: what those would drown is seen.
  one = await house.process({ argon2MemoryKib: 8_192, argon2Passes: 1 })
  administrator = await setUp(one)
  known = (await join(one, administrator)).email
})
after(async () => await house.close())

const clock = () => one.context.clock as ReturnType<typeof frozenClock>

/** The time that the server itself needs until it answers, in milliseconds: no network hides anything. */
async function timeOf(path: string, body: Record<string, unknown>, address: string): Promise<number> {
  const route = one.identity.routes.find((route) => route.method === 'POST' && route.path === path)
  assert.ok(route)
  const request = { principal: null, params: {}, query: {}, body, head: head({ address, method: 'POST', url: path }) }
  const start = performance.now()
  try {
    await route.handle(request as never)
  } catch (error) {
    assert.ok(isRefusal(error, 'IDENTITY_CREDENTIALS_WRONG'), String(error))
  }
  return performance.now() - start
}

/** How often one of `some` is greater than one of `others` (Mann-Whitney); 0.5 where nothing tells them apart. */
function greater(some: readonly number[], others: readonly number[]): number {
  const sum = some.reduce(
    (total, one) => total + others.reduce((wins, other) => wins + (one > other ? 1 : one === other ? 0.5 : 0), 0),
    0,
  )
  return sum / (some.length * others.length)
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number

async function compare(path: string, bodyOf: (email: string) => Record<string, unknown>): Promise<number> {
  const times = { known: [] as number[], unknown: [] as number[] }
  for (let n = -20; n < tries; n++) {
    // So slowly that no limit is reached, each from a network of its own.
    clock().advance(600_000)
    const order = n % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)
    for (const [at, kind] of order.entries()) {
      const email = kind === 'known' ? known : 'nobody@example.org'
      const address = `10.${at}.${(n + 20) >> 8}.${(n + 20) & 255}`
      const ms = await timeOf(path, bodyOf(email), address)
      if (n >= 0) times[kind].push(ms)
    }
    if (n % 50 === 0) await one.identity.settled()
  }
  await one.identity.settled()
  const often = greater(times.known, times.unknown)
  const [a, b] = [median(times.known), median(times.unknown)].map((ms) => ms.toFixed(3))
  console.log(
    `${path}: ${tries} known, median ${a} ms; ${tries} unknown, median ${b} ms; known > unknown: ${often.toFixed(4)}`,
  )
  // It sees a fifth more.
  const shifted = times.known.map((ms) => ms + median(times.unknown) / 5)
  assert.ok(greater(shifted, times.unknown) > 0.5 + bound, 'the machine is too restless to see a fifth of the time')
  return often
}

async function alike(path: string, bodyOf: (email: string) => Record<string, unknown>): Promise<void> {
  const tells = (often: number) => Math.abs(often - 0.5) > bound
  const often = await compare(path, bodyOf)
  if (tells(often)) assert.ok(!tells(await compare(path, bodyOf)), `known > unknown twice: ${often}`)
}

test('how long a refused sign-in takes does not say whether there is such an account', {
  timeout: 120_000,
}, async () => {
  await alike('/v1/sign-in', (email) => ({ email, password: 'not the password at all' }))
})

test('how long a recovery takes to be asked for does not say whether there is such an account', {
  timeout: 60_000,
}, async () => {
  await alike('/v1/recovery', (email) => ({ email }))
})

test('status, body and headers are the same for known, unknown, invited and disabled people', async () => {
  await administrator.call('POST', '/v1/sign-in', {
    email: 'ada@northwind.example',
    password: 'seven grey herons wade',
  })
  const disabled = await join(one, administrator)
  await administrator.call('PATCH', `/v1/users/${disabled.user.id}`, { state: 'disabled' })
  const invited = { email: 'enumerated@example.org', name: 'E', roles: [] }
  assert.equal((await administrator.call('POST', '/v1/invitations', invited)).status, 201)
  const people = [known, 'nobody-at-all@example.org', invited.email, disabled.email]
  for (const [path, more, status] of [
    ['/v1/sign-in', { password: 'not the password at all' }, 401],
    ['/v1/recovery', {}, 202],
  ] as const) {
    const answers: string[] = []
    for (const [n, email] of people.entries()) {
      const from = { 'x-forwarded-for': `203.0.116.${n}` }
      const answer = await one.server.browser().call('POST', path, { email, ...more }, from)
      assert.equal(answer.status, status)
      answers.push(plain(answer))
    }
    assert.deepEqual(
      answers,
      answers.map(() => answers[0]),
      path,
    )
  }
})

/** Without what differs from request to request: its id, and the time. */
function plain({ body, headers }: Answer): string {
  const { requestId: _id, ...said } = body
  const { date: _date, 'request-id': _sent, ...sent } = headers
  return JSON.stringify([said, Object.entries(sent)])
}
