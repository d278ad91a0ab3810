import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { CellStore } from '../limits/cell-store.ts'
import { GuardedCells } from '../limits/guarded-cells.ts'
import type { Challenged, Refused, Verdict } from '../limits/limits.ts'
import { Limits } from '../limits/limits.ts'
import { MemoryCells } from '../limits/memory-cells.ts'
import type { Asked, Policy } from '../limits/policy.ts'
import { checkPolicies } from '../limits/policy.ts'
import { Challenges } from './challenges.ts'
import { passRequests, passSeconds } from './pass.ts'
import { maxProofCharacters } from './proof-of-work.ts'
import { solveWork } from './solve.ts'

const asked: Asked = { class: 'read', method: 'GET', path: '/search', route: 'shop', application: 'shop' }
const here = '192.0.2.1'
const busy = { name: 'busy', by: 'route', burst: 1, perSeconds: 3_600, dryRun: false, exceeded: 'challenge' } as const
const each = { name: 'each', by: 'address', burst: 5, perSeconds: 3_600, dryRun: false } as const

type Changes = { secret?: Buffer; burnt?: Set<string>; store?: CellStore; policies?: readonly Policy[] }

/** A process that guards `shop.example`, under attack: the one request that `busy` lets in is gone. */
async function start({ secret = randomBytes(32), burnt = new Set(), store, policies = [busy] }: Changes = {}) {
  const clock = { ms: 1_800_000_000_000 }
  const nowMs = () => clock.ms
  const cells = store ?? new MemoryCells(nowMs)
  const told: Challenged[] = []
  const refused: Refused[] = []
  const once = async (key: string) => !burnt.has(key) && burnt.add(key).has(key)
  // As little work as there can be: what a real one costs is the business of `bench/challenges.ts`.
  const work = { rounds: 1, keyPrefix: '0' }
  const challenges = new Challenges({ secret, nowMs, randomBytes: (size) => randomBytes(size), once, work })
  const limits = new Limits({
    store: cells,
    challenges,
    onChallenged: (one) => void told.push(one),
    onRefused: (one) => void refused.push(one),
  })
  limits.use(policies)
  const ask = async (headers: Record<string, string> = {}, address = here, host = 'shop.example', what = asked) =>
    (await limits.arrive(limits.plan(what), address, { host, headers })) as Verdict
  const first = await ask({}, '198.51.100.9')
  assert.ok(store !== undefined || policies[0]?.dryRun || first.allowed)
  const proven = async (address = here, host = 'shop.example') => {
    const { challenge } = await ask({}, address, host)
    assert.ok(challenge !== undefined)
    return (await solveWork(challenge)) as string
  }
  return { clock, limits, challenges, ask, proven, told, refused, secret, burnt, cells }
}

const passOf = (verdict: Verdict): string => verdict.pass?.['custodia-pass'] ?? assert.fail('no pass was given')

test('who works comes in and gets a pass, which others do not get; who does not is asked, and nobody else is held up', async () => {
  const { ask, proven, told } = await start()
  const refused = await ask()
  assert.deepEqual([refused.allowed, refused.policy.name, refused.remaining], [false, 'busy', 0])
  assert.ok(refused.waitMs > 0)
  const verdict = await ask({ 'custodia-work': await proven() })
  assert.equal(verdict.allowed, true)
  const pass = passOf(verdict)
  assert.equal(
    verdict.pass?.['set-cookie'],
    `__Host-custodia-pass-busy=${pass}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${passSeconds}`,
  )
  assert.equal((await ask({ 'custodia-pass': pass })).allowed, true)
  const cookie = `__Host-custodia=x; __Host-custodia-pass-busy=${pass}; theme=dark`
  assert.equal((await ask({ cookie })).allowed, true)
  assert.ok((await ask()).challenge !== undefined)
  assert.deepEqual(
    told.map(({ outcome }) => outcome),
    ['asked', 'asked', 'solved', 'passed', 'passed', 'passed', 'asked'],
  )
})

test('a solution is taken once, of many at once by one, in all processes', async () => {
  const one = await start()
  const other = await start({ secret: one.secret, burnt: one.burnt })
  const proof = { 'custodia-work': await one.proven() }
  const both = [one, other]
  const all = await Promise.all(Array.from({ length: 40 }, (_, i) => both[i % 2]?.ask(proof)))
  assert.equal(all.filter((verdict) => verdict?.allowed).length, 1)
  assert.equal((await other.ask(proof)).allowed, false)
})

test('where the memory of what was taken is lost, a solution that is repeated makes the same pass, and not more requests', async () => {
  const one = await start()
  const other = await start({ secret: one.secret, store: one.cells })
  const proof = { 'custodia-work': await one.proven() }
  const [first, second] = [passOf(await one.ask(proof)), passOf(await other.ask(proof))]
  let passed = 0
  for (let i = 0; i < passRequests; i++)
    if ((await (i % 2 ? one : other).ask({ 'custodia-pass': i % 2 ? first : second })).allowed) passed += 1
  assert.equal(passed, passRequests - 2)
})

test('a solution is for its host, its network, its policy and its installation alone', async () => {
  const { ask, proven, secret } = await start()
  const proof = { 'custodia-work': await proven() }
  assert.equal((await ask(proof, here, 'other.example')).allowed, false)
  assert.equal((await ask(proof, '203.0.113.1')).allowed, false)
  assert.equal((await ask(proof, '2001:db8::1')).allowed, false)
  const stranger = await start()
  assert.equal((await stranger.ask(proof)).allowed, false)
  const renamed = await start({ secret, policies: [{ ...busy, name: 'other' }] })
  assert.equal((await renamed.ask(proof)).allowed, false)
  const refigured = await start({ secret, policies: [{ ...busy, perSeconds: 1_800 }] })
  assert.equal((await refigured.ask(proof)).allowed, false)
  assert.equal((await ask(proof, '192.0.2.77')).allowed, true, 'a subscriber may roam within their /24')
})

test('a pass is for its host, its network, its policy and its installation alone', async () => {
  const { ask, proven, secret } = await start()
  const pass = { 'custodia-pass': passOf(await ask({ 'custodia-work': await proven() })) }
  assert.equal((await ask(pass, here, 'other.example')).allowed, false)
  assert.equal((await ask(pass, '203.0.113.1')).allowed, false)
  assert.equal((await (await start()).ask(pass)).allowed, false)
  assert.equal((await (await start({ secret, policies: [{ ...busy, name: 'other' }] })).ask(pass)).allowed, false)
  assert.equal((await (await start({ secret })).ask(pass)).allowed, true)
})

test('a pass that was forged, made longer or cut is none', async () => {
  const { ask, proven, clock } = await start()
  const pass = passOf(await ask({ 'custodia-work': await proven() }))
  const [until = '', id = '', mac = ''] = pass.split('.')
  const later = (Number.parseInt(until, 36) + 1_000).toString(36)
  const forged = [
    `${later}.${id}.${mac}`,
    `${until}.${'0'.repeat(32)}.${mac}`,
    `${until}.${id}.${'A'.repeat(43)}`,
    `${until}.${id}.`,
    `${until}.${id}`,
    `${until}.${id}.${mac}x`,
    ` .${id}.${mac}`,
    pass.toUpperCase(),
    `${pass}.${pass}`,
    '',
    ',,,,,,,,',
    'x'.repeat(100_000),
    `${'x,'.repeat(499)}${pass}`,
    `${'x,'.repeat(4)}${pass}`,
    '__proto__',
  ]
  for (const one of forged) {
    assert.equal((await ask({ 'custodia-pass': one })).allowed, false, one.slice(0, 80))
    assert.equal((await ask({ cookie: `__Host-custodia-pass-busy=${one}` })).allowed, false, one.slice(0, 80))
  }
  assert.equal((await ask({ cookie: `__Host-custodia-pass-other=${pass}` })).allowed, false)
  assert.equal((await ask({ cookie: `${'a=b; '.repeat(4_000)}__Host-custodia-pass-busy=${pass}` })).allowed, false)
  clock.ms += 1
  assert.equal((await ask({ 'custodia-pass': `x,${pass}` })).allowed, true)
})

test('a pass ends by the second, and so does a challenge', async () => {
  const { ask, proven, clock } = await start()
  const [early, late] = [await proven(), await proven()]
  clock.ms += 299_999
  const pass = passOf(await ask({ 'custodia-work': early }))
  clock.ms += 1
  assert.equal((await ask({ 'custodia-work': late })).allowed, false)
  clock.ms = Math.floor((clock.ms - 1) / 1_000) * 1_000 + passSeconds * 1_000 - 1
  assert.equal((await ask({ 'custodia-pass': pass })).allowed, true)
  clock.ms += 1
  assert.equal((await ask({ 'custodia-pass': pass })).allowed, false)
})

test('a pass lets in so many requests and not one more, however late in its time; then a new proof does, with the old pass beside it', async () => {
  const { ask, proven, clock } = await start()
  const pass = { 'custodia-pass': passOf(await ask({ 'custodia-work': await proven() })) }
  let passed = 1
  for (let i = 0; i < passRequests * 2; i++) {
    clock.ms += 2_000
    if ((await ask(pass)).allowed) passed += 1
  }
  assert.equal(passed, passRequests)
  const asks = await ask(pass)
  assert.ok(asks.challenge !== undefined)
  assert.equal((await ask({ ...pass, 'custodia-work': await proven() })).allowed, true)
})

test('a pass lifts no other policy, and what is refused by another uses no proof up', async () => {
  const { ask, proven } = await start({ policies: [busy, each] })
  const proof = { 'custodia-work': await proven() }
  const pass = { 'custodia-pass': passOf(await ask(proof)) }
  for (let i = 0; i < 4; i++) assert.equal((await ask(pass)).allowed, true)
  const refused = await ask(pass)
  assert.deepEqual([refused.allowed, refused.policy.name, refused.challenge], [false, 'each', undefined])
})

test('while another policy refuses, nothing is asked and no proof looked at', async () => {
  const { ask, proven, burnt } = await start({ policies: [busy, { ...each, burst: 1 }] })
  const proof = { 'custodia-work': await proven() }
  const { pass } = await ask(proof)
  assert.ok(pass !== undefined)
  const before = burnt.size
  // Without a pass only `busy` is known to refuse; with one `each` does.
  const other = { 'custodia-pass': pass['custodia-pass'] as string }
  assert.deepEqual([(await ask(other)).policy.name, (await ask(other)).challenge], ['each', undefined])
  assert.equal(burnt.size, before)
})

test('two policies that challenge are worked for one after the other', async () => {
  const wide = { ...busy, name: 'wide', by: 'network' } as const
  const { ask } = await start({ policies: [busy, wide] })
  await ask({}, here)
  const jar = new Map<string, string>()
  let verdict = await ask()
  let rounds = 0
  while (!verdict.allowed && rounds++ < 4) {
    const proof = (await solveWork(verdict.challenge ?? assert.fail('nothing was asked'))) as string
    verdict = await ask({ 'custodia-work': proof, cookie: [...jar].map(([n, v]) => `${n}=${v}`).join('; ') })
    const [name = '', value = ''] = verdict.pass?.['set-cookie']?.split(';')[0]?.split('=') ?? []
    if (name !== '') jar.set(name, value)
  }
  assert.ok(verdict.allowed)
  assert.ok(rounds <= 2, `${rounds}`)
})

test('what is no proof is not taken, is no fault, and costs no derivation', async () => {
  const { ask, burnt, told } = await start()
  for (const proof of ['', 'x', 'A'.repeat(maxProofCharacters + 1), btoa('null'), btoa('{}'), btoa('[['.repeat(900))]) {
    const verdict = await ask({ 'custodia-work': proof })
    assert.deepEqual([verdict.allowed, verdict.pass], [false, undefined])
    assert.ok(verdict.challenge !== undefined)
  }
  assert.equal(burnt.size, 0)
  assert.equal(told.filter(({ outcome }) => outcome === 'failed').length, 6)
})

test('an address has twenty proofs looked at in a minute, and one that comes too many is not used up', async () => {
  const { ask, proven, clock, burnt } = await start()
  const proofs: string[] = []
  for (let i = 0; i < 24; i++) proofs.push(await proven())
  const wrong = proofs.map((proof) => {
    const { challenge, solution } = JSON.parse(atob(proof)) as { challenge: object; solution: { counter: number } }
    return btoa(JSON.stringify({ challenge, solution: { ...solution, counter: solution.counter + 1 } }))
  })
  for (const proof of wrong.slice(0, 23)) assert.equal((await ask({ 'custodia-work': proof })).allowed, false)
  assert.equal(burnt.size, 20)
  const last = { 'custodia-work': proofs[23] as string }
  assert.equal((await ask(last)).allowed, false)
  clock.ms += 3_000
  assert.equal((await ask(last)).allowed, true)
})

test('nothing is kept of whoever is asked: neither a cell nor a nonce', async () => {
  const store = new MemoryCells(() => 1_800_000_000_000)
  let spends = 0
  const counting: CellStore = {
    spend(cells) {
      spends += 1
      return store.spend(cells)
    },
  }
  const { ask, burnt } = await start({ store: counting, policies: [busy, { ...each, burst: 2 }] })
  const before = spends
  for (let i = 0; i < 500; i++) assert.ok((await ask({}, `10.0.${i >> 8}.${i & 255}`)).challenge !== undefined)
  assert.deepEqual([spends - before, burnt.size], [500, 0])
})

test('the work grows by what passes let in, up to sixteen times, and not by who only asks', async () => {
  const { ask, proven, clock, challenges } = await start({ policies: [{ ...busy, burst: 1, perSeconds: 60 }] })
  const cost = async () => (await ask()).challenge?.parameters.cost
  for (let i = 0; i < 1_000; i++) await ask()
  assert.equal(await cost(), 1)
  const pass = { 'custodia-pass': passOf(await ask({ 'custodia-work': await proven() })) }
  assert.equal(await cost(), 2)
  for (let i = 0; i < 6; i++) await ask(pass)
  assert.equal(await cost(), 8)
  for (let i = 0; i < 90; i++) await ask(pass)
  assert.equal(await cost(), 16)
  clock.ms += 180_000
  await ask({}, '198.51.100.9')
  assert.equal(await cost(), 1)
  challenges.keepOnly(new Set())
})

test('a dry run asks nobody, and without challenges or what was sent the policy refuses', async () => {
  const dry = await start({ policies: [{ ...busy, dryRun: true }] })
  assert.equal(await dry.ask(), null)
  assert.equal(dry.refused.length, 1)
  assert.equal(dry.told.length, 0)
  const plain = new Limits({ store: new MemoryCells(() => 0) })
  plain.use([busy])
  const sent = { host: 'shop.example', headers: {} }
  void plain.arrive(plain.plan(asked), here, sent)
  const refused = plain.arrive(plain.plan(asked), here, sent) as Verdict
  assert.deepEqual([refused.allowed, refused.challenge], [false, undefined])
})

test('only what is counted before anybody is known can challenge', () => {
  for (const by of ['account', 'key', 'organisation'])
    assert.throws(
      () => checkPolicies({ one: { by, burst: 1, perSeconds: 1, exceeded: 'challenge' } }, 'limits'),
      /exceeded/,
    )
  assert.throws(() => checkPolicies({ one: { ...busy, name: undefined } }, 'limits'), /name is not known/)
  for (const exceeded of ['ask', null, 1, true])
    assert.throws(
      () => checkPolicies({ one: { by: 'route', burst: 1, perSeconds: 1, exceeded } }, 'limits'),
      /exceeded/,
    )
  const [policy] = checkPolicies({ one: { by: 'network', burst: 1, perSeconds: 1, exceeded: 'challenge' } }, 'limits')
  assert.equal(policy?.exceeded, 'challenge')
})

test('while the store is lost whoever works comes in all the same, and a pass is counted by each process', async () => {
  const store = new GuardedCells({
    store: { spend: () => Promise.reject(new Error('the store is lost')) },
    nowMs: () => 1_800_000_000_000,
  })
  const { ask, proven } = await start({ store, policies: [busy, { ...each, burst: 1_000 }] })
  assert.equal(store.lost, true)
  const pass = { 'custodia-pass': passOf(await ask({ 'custodia-work': await proven() })) }
  let passed = 1
  for (let i = 0; i < passRequests + 5; i++) if ((await ask(pass)).allowed) passed += 1
  assert.equal(passed, passRequests)
})

test('a store that answers late or never keeps nobody who works longer than it may', async (t) => {
  const store = new GuardedCells({ store: { spend: () => new Promise(() => {}) }, nowMs: () => 1_800_000_000_000 })
  const { ask, proven } = await start({ store })
  const proof = { 'custodia-work': await proven() }
  // The first request has waited for it, and was the last to: from here on no time passes in which anybody could.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.equal((await ask(proof)).allowed, true)
})
