import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { solveWork } from '@custodia/edge/challenge/solve.ts'
import type { LimitedNow, LimitPolicies } from '@custodia/wire/http/limits.ts'
import { MemoryCache } from '../platform/cache/memory-cache.ts'
import { eventually } from '../platform/cache/testing.ts'
import { systemClock } from '../platform/clock.ts'
import { keepingLog } from '../platform/telemetry/testing.ts'
import type { Answer, Browser } from '../sessions/testing.ts'
import { onceIn } from './challenges.ts'
import type { LimitsHouse, LimitsProcess } from './testing.ts'
import { administratorOf, at, openLimitsHouse } from './testing.ts'

let house: LimitsHouse
let one: LimitsProcess
let other: LimitsProcess
let administrator: Browser
let lost = false

before(async () => {
  house = await openLimitsHouse()
  const shared = new MemoryCache({ clock: systemClock })
  const cache = new Proxy(shared, {
    get(target, name) {
      if (lost) return () => Promise.reject(new Error('the cache is lost'))
      const found: unknown = Reflect.get(target, name, target)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
  one = await house.process('postgres', { cache })
  other = await house.process('postgres', { cache })
  administrator = await administratorOf(one)
})
after(async () => await house.close())

const theme = (process: LimitsProcess, address: string, headers: Record<string, string> = {}) =>
  at(process.server.browser(), address).call('GET', '/v1/theme', undefined, headers)
const put = (body: object, name = 'attacked') =>
  administrator.call('PUT', `/v1/limits/policies/${name}`, {
    ...{ scope: 'installation', by: 'route', burst: 1, perSeconds: 86_400, exceeded: 'challenge', path: '/v1/theme' },
    ...body,
  })
const remove = (name = 'attacked') => administrator.call('DELETE', `/v1/limits/policies/${name}?scope=installation`)
const underAttack = async () => {
  assert.equal((await put({})).status, 200)
  await eventually(async () => (await theme(other, '203.0.113.9')).code === 'PROOF_OF_WORK_REQUIRED')
  await eventually(async () => (await theme(one, '203.0.113.9')).code === 'PROOF_OF_WORK_REQUIRED')
}
const proofFor = async ({ body }: Answer) => ({
  'custodia-work': (await solveWork(JSON.parse(String(body.challenge)))) as string,
})

test('a route that is attacked stays open to who works: one solution opens it, at every process, and once', async () => {
  await underAttack()
  const asked = await theme(one, '203.0.113.1')
  assert.deepEqual([asked.status, asked.code, asked.body.policy], [429, 'PROOF_OF_WORK_REQUIRED', 'attacked'])
  assert.equal(asked.body.proofHeader, 'custodia-work')
  assert.ok(Number(asked.headers['retry-after']) > 80_000)
  const proof = await proofFor(asked)
  // Of many at once, at two processes, one.
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, i) => theme(i % 2 === 0 ? one : other, '203.0.113.1', proof)),
  )
  const [opened, ...more] = all.filter(({ status }) => status === 200)
  assert.equal(more.length, 0)
  const pass = String(opened?.headers['custodia-pass'])
  assert.match(String(opened?.headers['set-cookie']), /^__Host-custodia-pass-attacked=/)
  assert.equal((await theme(other, '203.0.113.1', { 'custodia-pass': pass })).status, 200)
  assert.equal((await theme(one, '203.0.113.1', { cookie: `__Host-custodia-pass-attacked=${pass}` })).status, 200)
  assert.equal((await theme(one, '198.51.100.1', { 'custodia-pass': pass })).code, 'PROOF_OF_WORK_REQUIRED')
  // Either process may have taken the proof; each writes down what it saw before it shows what is written.
  const shown = async (process: LimitsProcess) => {
    const asking = at(process.server.browser(`${administrator.cookie};`), '198.51.100.200')
    const { items } = (await asking.call('GET', '/v1/limits/limited')).body as LimitedNow
    return items.find(({ policy }) => policy === 'attacked')
  }
  await shown(other)
  const found = await shown(one)
  assert.deepEqual([found?.subject, found?.challenged, found?.solved], ['GET /v1/theme', true, 1])
  assert.ok((found?.times ?? 0) >= 3)
  const { items: policies } = (await administrator.call('GET', '/v1/limits/policies')).body as LimitPolicies
  assert.equal(policies.find(({ name }) => name === 'attacked')?.exceeded, 'challenge')
  assert.equal(policies.find(({ name }) => name === 'address-read')?.exceeded, 'refuse')
})

test('while the shared memory is lost a proof is taken once by a process, and repeated it is the same pass', async () => {
  await underAttack()
  const proof = await proofFor(await theme(one, '203.0.114.1'))
  lost = true
  try {
    const first = await theme(one, '203.0.114.1', proof)
    assert.equal(first.status, 200)
    assert.equal((await theme(one, '203.0.114.1', proof)).status, 429)
    const second = await theme(other, '203.0.114.1', proof)
    const idOf = ({ headers }: Answer) => String(headers['custodia-pass']).split('.')[1]
    assert.equal(idOf(second), idOf(first))
  } finally {
    lost = false
  }
})

test('a pass lifts no other limit, and who is denied is asked nothing', async () => {
  await underAttack()
  const opened = await theme(one, '203.0.115.1', await proofFor(await theme(one, '203.0.115.1')))
  const pass = { 'custodia-pass': String(opened.headers['custodia-pass']) }
  const seen = []
  for (let i = 0; i < 22; i++) seen.push(await theme(one, '203.0.115.1', pass))
  assert.equal(seen.filter(({ status }) => status === 200).length, 19)
  const { code, body } = seen.at(-1) as Answer
  assert.deepEqual([code, body.policy, 'challenge' in body], ['LIMIT_REACHED', 'address-read', false])
  const entry = { scope: 'installation', reason: 'A test.', seconds: 3_600 }
  await administrator.call('POST', '/v1/limits/entries', { ...entry, list: 'deny', network: '203.0.116.0/24' })
  await administrator.call('POST', '/v1/limits/entries', { ...entry, list: 'allow', network: '203.0.117.0/24' })
  assert.equal((await theme(one, '203.0.116.1', pass)).code, 'LIMITS_DENIED')
  assert.equal((await theme(one, '203.0.117.1')).status, 200)
})

test('a person gets a page, whose scripts are not asked for work, and HEAD and programs do not', async () => {
  await put({ path: '/**' })
  try {
    await eventually(async () => (await get('/v1/theme')).status === 429)
    const page = await get('/v1/theme')
    assert.deepEqual([page.status, page.headers['content-type']], [429, 'text/html; charset=utf-8'])
    assert.match(
      String(page.headers['content-security-policy']),
      /script-src 'self'.*require-trusted-types-for 'script'/,
    )
    assert.equal(page.headers['cache-control'], 'no-store')
    assert.match(page.body, /data-challenge="\{&quot;parameters/)
    assert.match(page.body, /Your browser runs none here/)
    for (const script of ['page', 'worker']) {
      const got = await get(`/.custodia/challenge/${script}.js`, { 'sec-fetch-mode': 'no-cors' })
      assert.deepEqual([got.status, got.headers['content-type']], [200, 'text/javascript; charset=utf-8'])
    }
    const program = await get('/v1/theme', { 'sec-fetch-mode': 'cors' })
    assert.equal((JSON.parse(program.body) as { code: string }).code, 'PROOF_OF_WORK_REQUIRED')
    assert.deepEqual((await get('/v1/theme', {}, 'HEAD')).body, '')
    // Where a policy is taken back, and who one is, nobody works for.
    assert.equal((await administrator.call('GET', '/v1/limits/policies')).status, 200)
  } finally {
    assert.equal((await remove()).status, 204)
  }
})

test('a dry run asks nobody, and a challenge can lock nobody out; only what is known of everybody may challenge', async () => {
  await put({ dryRun: true })
  for (let i = 0; i < 4; i++) assert.equal((await theme(one, '203.0.118.1')).status, 200)
  for (const wrong of [{ by: 'account' }, { by: 'key' }, { scope: 'organisation', by: 'network' }])
    assert.equal((await put(wrong, 'wrong')).code, 'LIMITS_POLICY_INVALID')
  assert.equal((await put({ exceeded: 'refuse' }, 'wrong')).code, 'LIMITS_LOCKS_YOU_OUT')
  assert.equal((await put({ exceeded: 'ask' }, 'wrong')).code, 'REQUEST_INVALID')
})

test('a shared memory that is silent is waited for no longer than a limit, and said once until it answers', async () => {
  let answer: () => Promise<boolean> = () => new Promise(() => {})
  const { log, lines } = keepingLog()
  const cache = { setIfAbsent: () => answer() } as never
  const once = onceIn({ cache, log, clock: systemClock, config: { storeWaitMs: 5 } as never })
  assert.deepEqual([await once('a', 60), await once('a', 60), await once('b', 60)], [true, false, true])
  assert.equal(lines.length, 1)
  answer = async () => false
  assert.equal(await once('c', 60), false)
  answer = () => Promise.reject(new Error('lost'))
  assert.equal(await once('c', 60), true)
  assert.equal(lines.length, 2)
})

type Got = { status: number; headers: Record<string, unknown>; body: string }

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> =>
  new Promise((resolve, reject) => {
    const navigating = { host: 'custodia.localhost', 'sec-fetch-mode': 'navigate', 'x-forwarded-for': '203.0.119.1' }
    const asking = request(
      { host: '127.0.0.1', port: one.server.port, path, method, agent: false, headers: { ...navigating, ...headers } },
      async (response) => {
        const body = (await response.toArray()).join('')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      },
    )
    asking.on('error', reject).end()
  })
