import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitFields } from './fields.ts'
import type { Caller, Refused, Verdict } from './limits.ts'
import { Limits } from './limits.ts'
import type { ListEntry } from './lists.ts'
import { covers, Lists } from './lists.ts'
import { MemoryCells } from './memory-cells.ts'
import type { Asked, Policy } from './policy.ts'
import { checkPolicies } from './policy.ts'

const asked: Asked = { class: 'read', method: 'GET', path: '/v1/users', route: 'GET /v1/users', application: null }
const nobody: Caller = { address: '192.0.2.1', account: null, key: null, organisation: null }
const ann: Caller = { ...nobody, account: 'usr_ann', organisation: 'org_a' }

function limitsOf(...policies: readonly (Partial<Policy> & Pick<Policy, 'name' | 'by'>)[]) {
  const refused: Refused[] = []
  const store = new MemoryCells(() => 1_000_000)
  const limits = new Limits({ store, onRefused: (one) => void refused.push(one) })
  limits.use(policies.map((one) => ({ burst: 5, perSeconds: 60, dryRun: false, ...one })))
  const arrive = (address: string, what = asked) => limits.arrive(limits.plan(what), address) as Verdict | null
  const known = (caller: Caller, what = asked) => limits.known(limits.plan(what), caller) as Verdict | null
  return { limits, refused, arrive, known }
}
const count = (times: number, ask: (i: number) => Verdict | null) =>
  Array.from({ length: times }, (_, i) => ask(i)).filter((verdict) => verdict?.allowed !== false).length

test('a thousand addresses of one /16 get what their /24s have, and one elsewhere is not touched', () => {
  const { arrive } = limitsOf({ name: 'address', by: 'address' }, { name: 'wide', by: 'network', burst: 20 })
  // Each address alone would have room: 4 networks of 250 addresses.
  assert.equal(
    count(1_000, (i) => arrive(`203.0.${i >> 8}.${i & 255}`)),
    80,
  )
  assert.equal(arrive('203.0.99.1')?.allowed, true)
  assert.equal(arrive('198.51.100.1')?.allowed, true)
})

test('a thousand addresses of one /48 get what their /56s have, however many /64s they take', () => {
  const { arrive } = limitsOf({ name: 'address', by: 'address' }, { name: 'wide', by: 'network', burst: 20 })
  assert.equal(
    count(1_000, (i) => arrive(`2001:db8:1:${i.toString(16)}::${i}`)),
    80,
  )
  assert.equal(
    count(100, (i) => arrive(`2001:db8:2::${i.toString(16)}`)),
    5,
  )
})

test('a whole flood on one route is bounded by the route, and other routes are not', () => {
  const { arrive } = limitsOf({ name: 'all', by: 'route', burst: 100, path: '/v1/users' })
  assert.equal(
    count(1_000, (i) => arrive(`10.${i >> 8}.${i & 255}.1`)),
    100,
  )
  assert.equal(arrive('10.0.0.1', { ...asked, path: '/v1/roles' }), null)
})

test('what is asked for by HEAD counts with GET, whose work it is', () => {
  const { arrive } = limitsOf({ name: 'reads', by: 'address', methods: ['GET'] })
  const methods = ['HEAD', 'GET', 'HEAD', 'GET', 'HEAD', 'HEAD']
  assert.equal(
    count(6, (i) => arrive('192.0.2.1', { ...asked, method: methods[i] as string })),
    5,
  )
  assert.equal(arrive('192.0.2.1', { ...asked, method: 'POST' }), null)
})

test('what a router may take for the same path counts with it', () => {
  for (const [path, spellings] of [
    ['/v1/users', ['/V1/Users', '/v1/users/', '/v1/USERS/']],
    ['/V1/Users/**', ['/v1/users', '/v1/users/', '/v1/users/7', '/v1/uSers/7/']],
    ['/**', ['/', '/x']],
  ] as const) {
    const { arrive } = limitsOf({ name: 'all', by: 'route', burst: 100, path })
    for (const one of spellings) assert.notEqual(arrive('10.0.0.1', { ...asked, path: one }), null, one)
    if (path !== '/**') assert.equal(arrive('10.0.0.1', { ...asked, path: '/v1/users7' }), null)
  }
})

test('who is signed in has cells of their own, whatever their network did', () => {
  const { arrive, known } = limitsOf({ name: 'address', by: 'address' }, { name: 'account', by: 'account' })
  while (arrive('192.0.2.1')?.allowed === true);
  assert.equal(known(ann)?.allowed, true)
  while (known(ann)?.allowed === true);
  assert.equal(known({ ...ann, account: 'usr_bob' })?.allowed, true)
  assert.equal(known(nobody), null)
})

test('a policy of one organisation is never asked for callers of another, nor before anybody is known', () => {
  const { arrive, known } = limitsOf({ name: 'address', by: 'address', organisation: 'org_a', burst: 1 })
  assert.equal(arrive('192.0.2.1'), null)
  assert.equal(known(ann)?.allowed, true)
  assert.equal(known(ann)?.allowed, false)
  assert.equal(known({ ...ann, organisation: 'org_b' }), null)
})

test('a dry run refuses nobody, is told of, and says nothing in the header fields', () => {
  const { arrive, refused } = limitsOf({ name: 'try', by: 'address', burst: 1, dryRun: true })
  for (let i = 0; i < 50; i++) assert.equal(arrive('192.0.2.1'), null)
  assert.equal(refused.length, 49)
  assert.ok(refused.every(({ policy, subject }) => policy.name === 'try' && subject === '192.0.2.1'))
})

test('figures that change begin anew, and those of others go on', () => {
  const { limits, arrive } = limitsOf({ name: 'a', by: 'address', burst: 1 }, { name: 'b', by: 'network', burst: 9 })
  arrive('192.0.2.1')
  const plan = limits.plan(asked)
  limits.use([
    { name: 'a', by: 'address', burst: 2, perSeconds: 60, dryRun: false },
    { name: 'b', by: 'network', burst: 9, perSeconds: 60, dryRun: false },
  ])
  assert.equal(limits.isCurrent(plan), false)
  assert.equal(arrive('192.0.2.1')?.allowed, true)
  assert.equal(arrive('192.0.2.1')?.allowed, true)
  assert.equal(arrive('192.0.2.1')?.policy.name, 'a')
})

test('what is told is what the policy that says most has left', () => {
  const { arrive } = limitsOf({ name: 'ample', by: 'address', burst: 100 }, { name: 'scarce', by: 'network', burst: 2 })
  assert.deepEqual(limitFields(arrive('192.0.2.1') as Verdict), {
    'ratelimit-policy': '"scarce";q=2;w=60',
    ratelimit: '"scarce";r=1;t=30',
  })
  arrive('192.0.2.1')
  const fields = limitFields(arrive('192.0.2.1') as Verdict)
  assert.equal(fields['retry-after'], '30')
  assert.equal(fields.ratelimit, '"scarce";r=0;t=60')
})

test('policies are read strictly: what is mistyped is refused in words', () => {
  const good = { by: 'address', burst: 5, perSeconds: 60 }
  assert.deepEqual(checkPolicies({ search: { ...good, path: '/search/**', methods: ['GET'] } }, 'limits'), [
    { name: 'search', ...good, dryRun: false, methods: ['GET'], path: '/search/**' },
  ])
  const wrong: readonly [unknown, RegExp][] = [
    [[], /limits is not a mapping/],
    [{ Search: good }, /is not a name/],
    [{ a: { ...good, bursts: 1 } }, /limits.a.bursts is not known/],
    [{ a: { ...good, by: 'ip' } }, /limits.a.by/],
    [{ a: { ...good, burst: 0 } }, /limits.a.burst/],
    [{ a: { ...good, burst: '5' } }, /limits.a.burst/],
    [{ a: { ...good, perSeconds: 90_000 } }, /limits.a.perSeconds/],
    [{ a: { ...good, dryRun: 'yes' } }, /limits.a.dryRun/],
    [{ a: { ...good, classes: [] } }, /limits.a.classes/],
    [{ a: { ...good, methods: ['get'] } }, /limits.a.methods/],
    [{ a: { ...good, path: 'search' } }, /limits.a.path/],
    [{ a: { ...good, path: '/a*' } }, /limits.a.path/],
    [{ a: { ...good, path: '/a**' } }, /limits.a.path/],
  ]
  for (const [value, words] of wrong) assert.throws(() => checkPolicies(value, 'limits'), words, JSON.stringify(value))
})

const entry = (more: Partial<ListEntry>): ListEntry => ({
  id: 'one',
  list: 'deny',
  network: null,
  account: null,
  organisation: null,
  untilMs: 2_000,
  ...more,
})

test('entries end by themselves, the narrowest counts, and this machine is never shut out', () => {
  let nowMs = 1_000
  const lists = new Lists(() => nowMs)
  lists.use([
    entry({ network: '10.0.0.0/8' }),
    entry({ network: '10.1.0.0/16', list: 'allow' }),
    entry({ network: '10.1.2.3' }),
    entry({ network: '10.1.2.3', list: 'allow' }),
    entry({ network: '127.0.0.0/8' }),
    entry({ network: '::1' }),
    entry({ network: '2001:db8::/32' }),
  ])
  const of = (address: string) => lists.ofAddress(address, null)?.list ?? null
  assert.deepEqual(['10.9.9.9', '10.1.9.9', '10.1.2.3', '::ffff:10.9.9.9', '2001:db8::5'].map(of), [
    'deny',
    'allow',
    'deny',
    'deny',
    'deny',
  ])
  for (const free of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '11.0.0.1', '2001:db9::1', 'nonsense', ''])
    assert.equal(of(free), null, free)
  nowMs = 2_000
  for (const address of ['10.9.9.9', '10.1.2.3', '2001:db8::5']) assert.equal(of(address), null)
})

test('an entry of one organisation is about its callers alone', () => {
  const lists = new Lists(() => 0)
  lists.use([
    entry({ network: '10.0.0.0/8', organisation: 'org_a' }),
    entry({ account: 'usr_x', organisation: 'org_a' }),
  ])
  assert.equal(lists.ofAddress('10.0.0.1', null), null)
  assert.equal(lists.ofAddress('10.0.0.1', 'org_b'), null)
  assert.equal(lists.ofAddress('10.0.0.1', 'org_a')?.list, 'deny')
  assert.equal(lists.ofAccount('usr_x', 'org_b'), null)
  assert.equal(lists.ofAccount('usr_x', 'org_a')?.list, 'deny')
  assert.equal(covers('10.0.0.0/8', '::ffff:10.2.3.4'), true)
  assert.equal(covers('10.0.0.0/8', '11.2.3.4'), false)
})
