import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { agentOf } from './agent.ts'
import type { History, Traits } from './history.ts'
import { evidenceOf, learn, noHistory } from './history.ts'
import { networkLevels } from './network-levels.ts'
import type { Evidence, Score } from './score.ts'
import { score } from './score.ts'
import { paceOf } from './travel.ts'

const quiet = { address: 0, account: 0 }
const values = (chain: Record<string, string>) =>
  Object.entries(chain).map(([feature, hash]) => ({ feature, hash, shown: null }))

const atHome: Traits = {
  chains: [
    values({ country: 'DE', provider: '1', block: 'b1', prefix: 'p1', address: 'a1' }),
    values({ platform: 'macOS', browser: 'Safari', version: 'Safari 18-19' }),
  ],
  hour: 2,
  known: true,
  pace: 'near',
}
const network = (chain: Record<string, string>): Traits => ({
  ...atHome,
  chains: [values(chain), atHome.chains[1] ?? []],
})

const after = (times: number, traits: (n: number) => Traits = () => atHome): History => {
  let history = noHistory
  for (let n = 0; n < times; n++) history = learn(history, traits(n))
  return history
}
const everybody = {
  total: 10_000,
  counts: [
    [3_000, 1_500, 900, 500, 400],
    [2_000, 1_500, 1_200],
  ],
}
const rate = (history: History, traits: Traits, failures: Evidence['failures'] = quiet): Score =>
  score(evidenceOf(history, traits, everybody, failures))
const ratio = ({ parts }: Score, feature: string): number =>
  parts.find((part) => part.feature === feature)?.ratio ?? Number.NaN

test('the score is the sum of its parts, so that each can be explained', () => {
  const { score, parts } = rate(after(20), { ...atHome, known: false })
  const sum = parts.reduce((total, part) => total + Math.log10(part.ratio), 0)
  assert.ok(Math.abs(score - sum) < 1e-9)
  assert.deepEqual(parts.map(({ feature }) => feature).sort(), [
    ...['address', 'block', 'browser', 'country', 'device', 'failures-account', 'failures-address', 'hour'],
    ...['platform', 'prefix', 'provider', 'travel', 'version'],
  ])
})

test('nothing is known of somebody new, and nothing is held against them', () => {
  assert.equal(rate(noHistory, atHome).score, 0)
  const abroad = network({ country: 'NZ', block: 'b9' })
  assert.equal(rate(after(2), { ...abroad, known: false }).score, 0)
  assert.ok(rate(after(3), { ...abroad, known: false }).score > 0)
})

test('the usual lowers the score, and the longer it was so the more', () => {
  const scores = [3, 5, 20, 100].map((times) => rate(after(times), atHome).score)
  assert.ok((scores[0] as number) < 0)
  for (const [at, one] of scores.slice(1).entries()) assert.ok(one < (scores[at] as number), String(scores))
})

test('a country that is new counts once, and what lies within it does not count again', () => {
  const abroad = rate(after(50), network({ country: 'NZ', provider: '9', block: 'b9', prefix: 'p9', address: 'a9' }))
  assert.ok(ratio(abroad, 'country') > 10)
  for (const feature of ['provider', 'block', 'prefix', 'address']) assert.ok(ratio(abroad, feature) <= 1.01, feature)
  const nextDoor = rate(after(50), network({ country: 'DE', provider: '1', block: 'b1', prefix: 'p9', address: 'a9' }))
  assert.ok(nextDoor.score < abroad.score, 'a neighbouring network is less strange')
})

test('whoever has had many countries is less surprising in another one', () => {
  const traveller = after(50, (n) => network({ country: `C${n % 10}`, provider: `${n % 10}`, block: `${n % 10}` }))
  const next = network({ country: 'NZ', provider: '9x', block: 'b9' })
  assert.ok(ratio(rate(traveller, next), 'country') < ratio(rate(after(50), next), 'country') / 3)
})

test('whoever never keeps cookies is not strange without one', () => {
  const secretive = after(50, () => ({ ...atHome, known: false }))
  assert.ok(ratio(rate(secretive, { ...atHome, known: false }), 'device') < 1.2)
  assert.ok(ratio(rate(after(50), { ...atHome, known: false }), 'device') > 10)
  assert.ok(ratio(rate(secretive, atHome), 'device') < 1, 'and a cookie still speaks for them')
})

test('what can be imitated never speaks strongly for anybody', () => {
  const imitated = rate(after(200), { ...network({ country: 'DE' }), known: false })
  for (const feature of ['country', 'platform', 'browser', 'version', 'hour'])
    assert.ok(ratio(imitated, feature) >= 0.69, feature)
})

test('the hour goes round: midnight is next to midnight', () => {
  const owl = after(100, () => ({ ...atHome, hour: 5 }))
  const at = (hour: number) => ratio(rate(owl, { ...atHome, hour }), 'hour')
  assert.ok(Math.abs(at(0) - at(4)) < 1e-9)
  assert.ok(at(5) < at(0) && at(0) < at(2))
})

test('impossible travel is a signal among others: it never outweighs the known device at the known network', () => {
  const { score, parts } = rate(after(50), { ...atHome, pace: 'impossible' })
  assert.ok(score < 0)
  assert.ok((parts.find(({ feature }) => feature === 'travel')?.ratio ?? 0) > 10)
  const vpn = after(50, (n) => ({ ...atHome, pace: n % 2 === 0 ? 'impossible' : 'near' }))
  assert.ok(ratio(rate(vpn, { ...atHome, pace: 'impossible' }), 'travel') < 1, 'and for some it is every day')
})

test('wrong tries raise the score, those of strangers at the account hardly', () => {
  const scores = [0, 1, 3, 100, 1e6].map((address) => rate(after(20), atHome, { address, account: 0 }).score)
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => a - b),
  )
  assert.ok((scores[4] as number) - (scores[0] as number) <= 2)
  const strangers = rate(after(20), atHome, { address: 0, account: 1e6 }).score
  assert.ok(strangers - (scores[0] as number) <= 0.31)
})

test('a feature of which the history knows nothing yet is left out', () => {
  const blocksOnly = after(50, () => network({ block: 'b1', prefix: 'p1', address: 'a1' }))
  const withCountry = rate(blocksOnly, atHome)
  assert.ok(Number.isNaN(ratio(withCountry, 'country')))
  assert.ok(withCountry.score < 0)
})

test('whatever was seen, the score is a number, and no part is beyond a thousand', () => {
  const hash = fc.constantFrom('x', 'y', 'z')
  const traits: fc.Arbitrary<Traits> = fc.record({
    chains: fc
      .tuple(hash, hash, hash)
      .map(([a, b, c]) => [
        values({ country: a, block: `${a}${b}`, address: `${a}${b}${c}` }),
        values({ platform: c, browser: `${c}${b}` }),
      ]),
    hour: fc.integer({ min: 0, max: 5 }),
    known: fc.boolean(),
    pace: fc.constantFrom('near', 'flight', 'impossible', null),
  })
  const count = fc.double({ min: 0, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(traits, { maxLength: 450 }),
      traits,
      count,
      fc.array(count, { maxLength: 3 }),
      fc.nat(),
      (past, now, total, counts, missed) => {
        const history = past.reduce(learn, noHistory)
        const rated = score(
          evidenceOf(history, now, { total, counts: [counts, counts] }, { address: missed, account: missed }),
        )
        assert.ok(Number.isFinite(rated.score))
        assert.ok(rated.parts.every(({ ratio }) => ratio >= 0.001 && ratio <= 1_000))
        assert.ok(history.signIns <= 200)
      },
    ),
    { numRuns: 60 },
  )
})

test('a browser is named by platform, family and a band of versions, and nothing of what it says comes out', () => {
  const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
  for (const [agent, platform, browser, band] of [
    [`${windows} Chrome/137.0.0.0 Safari/537.36`, 'Windows', 'Chrome', 'Chrome 130-139'],
    [`${windows} Chrome/137.0.0.0 Safari/537.36 Edg/137.0.1`, 'Windows', 'Edge', 'Edge 130-139'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Linux', 'Firefox', 'Firefox 120-129'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1',
      ...['iPhone', 'Safari', 'Safari 18-19'],
    ],
    ['curl/8.5.0', 'unknown', 'unknown', 'unknown'],
    ['<script>Firefox/99999999</script>', 'unknown', 'Firefox', 'Firefox 9990-9999'],
    [undefined, 'unknown', 'unknown', 'unknown'],
    ['x'.repeat(100_000), 'unknown', 'unknown', 'unknown'],
  ] as [string | undefined, string, string, string][])
    assert.deepEqual(agentOf(agent), { platform, browser, band }, String(agent))
})

test('an address is cut into block, prefix and subscriber, whatever its family', () => {
  const keys = (address: string) =>
    networkLevels(address, { country: null, asn: null, latitude: null, longitude: null }).map(({ key }) => key)
  assert.deepEqual(keys('198.51.100.7'), ['198.51', '198.51.100', '198.51.100.7'])
  assert.deepEqual(keys('::ffff:198.51.100.7'), keys('198.51.100.7'))
  assert.deepEqual(keys('2001:db8:7:1::42'), ['2001:db8', '2001:db8:7', '2001:db8:7:1::/64'])
  assert.deepEqual(keys('2001:db8:7:1:9::1%eth0'), keys('2001:db8:7:1::42'))
  const shown = networkLevels('198.51.100.7', { country: 'DE', asn: 64_500, latitude: null, longitude: null })
  assert.deepEqual(
    shown.map((level) => level.shown),
    ['DE', 'AS64500', null, null, null],
  )
})

test('travel is near, a flight or impossible; where nobody knows the places, nothing', () => {
  const berlin = { country: 'DE', latitude: 52, longitude: 13 }
  const munich = { country: 'DE', latitude: 48, longitude: 12 }
  const auckland = { country: 'NZ', latitude: -37, longitude: 175 }
  const only = (country: string | null) => ({ country, latitude: null, longitude: null })
  assert.equal(paceOf(berlin, { country: 'PL', latitude: 53, longitude: 15 }, 0), 'near')
  assert.equal(paceOf(berlin, munich, 0), 'impossible')
  assert.equal(paceOf(berlin, munich, 1.5), 'flight')
  assert.equal(paceOf(berlin, munich, 5), 'near')
  assert.equal(paceOf(berlin, auckland, 12), 'impossible')
  assert.equal(paceOf(berlin, auckland, 24), 'flight')
  assert.equal(paceOf(only('DE'), only('DE'), 0), 'near')
  assert.equal(paceOf(only('DE'), only('FR'), 0.1), 'impossible')
  assert.equal(paceOf(only('DE'), only('FR'), 3), 'flight')
  assert.equal(paceOf(only('DE'), only(null), 0), null)
  assert.equal(paceOf(berlin, munich, -5), 'impossible', 'a clock that went back makes nobody slower')
})
