import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Challenge, Solution } from 'altcha-lib'
import { createChallenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { MemoryCache } from '../../platform/cache/memory-cache.ts'
import { frozenClock } from '../../platform/clock.ts'
import { isRefusal } from '../../platform/errors.ts'
import { systemRandom } from '../../platform/random.ts'
import { keepingLog } from '../../platform/telemetry/testing.ts'
import { Guesses } from '../guesses.ts'
import type { Parts } from '../parts.ts'
import type { Work } from './demand.ts'
import { demand, proofOfWork } from './demand.ts'
import { redeem } from './redeem.ts'
import { requireWork } from './require-work.ts'

const work: Work = { purpose: 'sign-in', account: 'ada' }
const address = '192.0.2.7'

function start(lost = false) {
  const clock = frozenClock()
  const shared = new MemoryCache({ clock })
  const cache = lost
    ? new Proxy(shared, {
        get: () => async () => {
          throw new Error('the cache is lost')
        },
      })
    : shared
  const { log } = keepingLog()
  const guesses = new Guesses({ cache, clock, random: systemRandom, log })
  const config = { workAfterFailures: 10, workAfterFailuresEverywhere: 50 }
  const secret = systemRandom.bytes(32)
  const work = proofOfWork(secret, { clock, random: systemRandom })
  const parts = { context: { clock, config }, guesses, work } as unknown as Parts
  return { parts, clock, guesses, secret }
}

const asked = async (parts: Parts, pressure = 1, about = work): Promise<Challenge> =>
  JSON.parse(demand(parts, about, pressure).details.challenge as string) as Challenge

const solve = async (challenge: Challenge): Promise<Solution> => {
  const solution = await solveChallenge({ challenge, deriveKey })
  assert.ok(solution !== null)
  return solution
}

const pack = (challenge: unknown, solution: unknown): string =>
  Buffer.from(JSON.stringify({ challenge, solution })).toString('base64')

const require = (parts: Parts, proof?: string, known = false) => requireWork(parts, work, { address, known, proof })

test('a challenge that was solved is taken once, of many at once by one', async () => {
  const { parts } = start()
  const challenge = await asked(parts)
  const proof = pack(challenge, await solve(challenge))
  const taken = await Promise.all(Array.from({ length: 50 }, () => redeem(parts, work, proof)))
  assert.equal(taken.filter(Boolean).length, 1)
  assert.equal(await redeem(parts, work, proof), false)
})

test('it is taken for its purpose and its account alone', async () => {
  const { parts } = start()
  const challenge = await asked(parts)
  const proof = pack(challenge, await solve(challenge))
  assert.equal(await redeem(parts, { purpose: 'recovery', account: 'ada' }, proof), false)
  assert.equal(await redeem(parts, { purpose: 'sign-in', account: 'bea' }, proof), false)
  assert.equal(await redeem(start().parts, work, proof), false, 'nor by another installation')
  assert.equal(await redeem(parts, work, proof), true)
})

test('it is taken for five minutes', async () => {
  const { parts, clock } = start()
  const [early, late] = [await asked(parts), await asked(parts)]
  const proofs = [pack(early, await solve(early)), pack(late, await solve(late))] as const
  clock.advance(299_000)
  assert.equal(await redeem(parts, work, proofs[0]), true)
  clock.advance(1_000)
  assert.equal(await redeem(parts, work, proofs[1]), false)
})

test('a challenge that was made easier, longer or one’s own is not taken', async () => {
  const { parts } = start()
  const { parameters, signature } = await asked(parts)
  const changes = [
    { cost: 1 },
    { keyPrefix: '0' },
    { keyLength: 1 },
    { salt: '0'.repeat(32) },
    { nonce: '0'.repeat(32) },
    { data: { ...parameters.data, until: 9_999_999_999 } },
    { keySignature: '00' },
  ]
  for (const change of changes) {
    const easier = { parameters: { ...parameters, ...change }, signature: signature as string }
    assert.equal(await redeem(parts, work, pack(easier, await solve(easier))), false, JSON.stringify(change))
  }
  const own = await createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: 1,
    deriveKey,
    hmacSignatureSecret: 'another secret',
    data: parameters.data ?? {},
  })
  assert.equal(await redeem(parts, work, pack(own, await solve(own))), false)
  assert.equal(await redeem(parts, work, pack({ parameters }, await solve({ parameters }))), false, 'no signature')
})

test('a wrong solution is not taken, and uses its challenge up', async () => {
  const { parts } = start()
  const challenge = await asked(parts)
  const solution = await solve(challenge)
  assert.equal(await redeem(parts, work, pack(challenge, { ...solution, counter: solution.counter + 1 })), false)
  assert.equal(await redeem(parts, work, pack(challenge, solution)), false)
})

test('what is no proof at all is not taken, and no fault', async () => {
  const { parts } = start()
  const challenge = await asked(parts)
  const { parameters } = challenge
  const empty = Buffer.from('{}').toString('base64')
  const odd: unknown[] = [null, 7, 'x', [], {}, { counter: -1, derivedKey: '' }, { counter: 1e300, derivedKey: 'zz' }]
  for (const proof of [
    '',
    'not base64!',
    empty,
    Buffer.from('null').toString('base64'),
    Buffer.from('[['.repeat(500)).toString('base64'),
    'A'.repeat(4_097),
    ...odd.map((solution) => pack(challenge, solution)),
    ...odd.map((one) => pack(one, {})),
    ...odd.map((one) => pack({ ...challenge, parameters: one }, {})),
    ...odd.map((one) => pack({ ...challenge, signature: one }, {})),
    ...Object.keys(parameters).flatMap((key) =>
      odd.map((one) =>
        pack({ ...challenge, parameters: { ...parameters, [key]: one } }, { counter: 1, derivedKey: '00' }),
      ),
    ),
  ])
    assert.equal(await redeem(parts, work, proof), false, proof.slice(0, 100))
})

test('in quiet times nothing is asked; under attack strangers are, and known devices never', async () => {
  const { parts, guesses } = start()
  for (let n = 0; n < 9; n++) await guesses.failed('ada', `10.0.0.${n}`)
  assert.equal(await require(parts), false)
  assert.equal(await require(parts, 'nonsense'), false, 'a proof that nobody asked for is not held against anybody')
  await guesses.failed('ada', '10.0.1.1')
  await assert.rejects(require(parts), (error) => isRefusal(error, 'IDENTITY_PROOF_OF_WORK'))
  assert.equal(await require(parts, undefined, true), false)
  await assert.rejects(require(parts, 'nonsense'), (error) => isRefusal(error, 'IDENTITY_PROOF_OF_WORK'))
  const challenge = await asked(parts)
  const proof = pack(challenge, await solve(challenge))
  assert.equal(await require(parts, proof), true)
  await assert.rejects(require(parts, proof), (error) => isRefusal(error, 'IDENTITY_PROOF_OF_WORK'))
})

test('when all accounts are tried, whoever is a stranger works, whether or not there is such an account', async () => {
  const { parts, guesses } = start()
  for (let n = 0; n < 50; n++) await guesses.failed(`account-${n}`, `10.0.0.${n}`)
  for (const account of ['ada', 'nobody'])
    await assert.rejects(
      requireWork(parts, { purpose: 'sign-in', account }, { address, known: false, proof: undefined }),
      (error) => isRefusal(error, 'IDENTITY_PROOF_OF_WORK') && !JSON.stringify(error.details).includes(account),
    )
})

test('the work grows with the attack, up to sixteen times', async () => {
  const { parts } = start()
  const costs: number[] = []
  for (const pressure of [0, 1, 1.9, 2, 4.5, 16, 1e9]) costs.push((await asked(parts, pressure)).parameters.cost)
  assert.deepEqual(costs, [5_000, 5_000, 5_000, 10_000, 20_000, 80_000, 80_000])
})

test('while the shared cache is lost a proof is still taken once', async () => {
  const { parts } = start(true)
  const challenge = await asked(parts)
  const proof = pack(challenge, await solve(challenge))
  assert.equal(await redeem(parts, work, proof), true)
  assert.equal(await redeem(parts, work, proof), false)
})

test('the secret stands in no challenge', async () => {
  const { parts, secret } = start()
  const shown = JSON.stringify(await asked(parts))
  for (const coding of ['base64url', 'base64', 'hex'] as const) assert.ok(!shown.includes(secret.toString(coding)))
})
