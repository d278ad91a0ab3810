import { randomBytes } from 'node:crypto'
import type { Sent } from '@custodia/edge/challenge/challenges.ts'
import { Challenges } from '@custodia/edge/challenge/challenges.ts'
import { solveWork } from '@custodia/edge/challenge/solve.ts'
import { limitFields } from '@custodia/edge/limits/fields.ts'
import type { Verdict } from '@custodia/edge/limits/limits.ts'
import { Limits } from '@custodia/edge/limits/limits.ts'
import { MemoryCells } from '@custodia/edge/limits/memory-cells.ts'
import type { Asked, Policy } from '@custodia/edge/limits/policy.ts'

// What a request costs under a policy without room, by what it brings, from the verdict to the text of the answer. Each message asks for a
// round, and is answered with decisions in a second of processor time, that of the threads included.
const kind = process.argv[2] ?? ''
const roundMs = 400
const asked: Asked = { class: 'read', method: 'GET', path: '/', route: 'shop', application: 'shop' }

const policyOf = (exceeded: Policy['exceeded']): Policy => ({
  ...{ name: 'busy', by: 'route', burst: 1, perSeconds: 86_400, dryRun: false, exceeded: exceeded ?? 'refuse' },
})

async function open(exceeded: Policy['exceeded']) {
  const challenges = new Challenges({
    secret: randomBytes(32),
    nowMs: () => Date.now(),
    randomBytes: (size) => randomBytes(size),
    once: async () => true,
  })
  // Without a bound on proofs of one address, which would hide what they cost.
  const cells = new MemoryCells(() => performance.now())
  const store = {
    spend: (all: Parameters<MemoryCells['spend']>[0]) =>
      all[0]?.pool.endsWith('/proof') === true ? { allowed: true, remaining: [0], waitsMs: [0] } : cells.spend(all),
  }
  const limits = new Limits({ store, challenges })
  limits.use([policyOf(exceeded)])
  const plan = limits.plan(asked)
  const ask = async (headers: Sent['headers'] = {}): Promise<Verdict> =>
    (await limits.arrive(plan, '192.0.2.1', { host: 'shop.example', headers })) as Verdict
  await ask()
  return { ask }
}

const answerOf = (verdict: Verdict): string => {
  const { challenge } = verdict
  const more = challenge === undefined ? {} : { challenge: JSON.stringify(challenge) }
  return JSON.stringify({ ...limitFields(verdict), code: 'LIMIT_REACHED', ...more })
}

/** @returns what one request of this kind does. */
async function requestOf(): Promise<() => Promise<unknown>> {
  if (kind === 'refuse') {
    const { ask } = await open('refuse')
    return async () => answerOf(await ask())
  }
  const { ask } = await open('challenge')
  if (kind === 'ask') return async () => answerOf(await ask())
  const { challenge } = await ask()
  if (challenge === undefined) throw new Error('nothing was asked')
  const proof = String(await solveWork(challenge))
  const said = JSON.parse(atob(proof)) as { solution: { counter: number } }
  const packed = (what: object) => ({ 'custodia-work': btoa(JSON.stringify(what)) })
  if (kind === 'forged') {
    const forged = packed({ ...said, challenge: { ...challenge, signature: '0'.repeat(64) } })
    return async () => answerOf(await ask(forged))
  }
  if (kind === 'wrong') {
    const wrong = packed({ ...said, solution: { ...said.solution, counter: said.solution.counter + 1 } })
    return async () => answerOf(await ask(wrong))
  }
  const pass = (await ask({ 'custodia-work': proof })).pass?.['custodia-pass'] ?? ''
  // Beyond its hundred and twenty it is known again all the same, and then asked for work.
  return async () => await ask({ 'custodia-pass': pass })
}

const request = await requestOf()
process.on('message', async () => {
  const before = process.cpuUsage()
  const endMs = performance.now() + roundMs
  let count = 0
  while (performance.now() < endMs) {
    for (let i = 0; i < 20; i++) await request()
    count += 20
  }
  const { user, system } = process.cpuUsage(before)
  process.send?.({ perSecond: count / ((user + system) / 1_000_000) })
})
process.send?.({ port: 0 })
