import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { challengePage, challengePageHeaders, challengeScripts, isChallengeScript } from './page.ts'
import { findCounter, pageScript, workerScript } from './page-scripts.ts'
import { ProofOfWork } from './proof-of-work.ts'

const work = new ProofOfWork({
  secret: randomBytes(32),
  rounds: 3,
  keyPrefix: '00',
  nowMs: () => 1_800_000_000_000,
  randomBytes: (size) => randomBytes(size),
})
const proofOf = (challenge: object, solution: object) => btoa(JSON.stringify({ challenge, solution }))

test('what the page finds is a proof, and what its worker finds is the same', async () => {
  const challenge = work.ask('this', 1)
  const found = await findCounter(challenge)
  assert.ok((await work.redeem('this', proofOf(challenge, found), async () => true)) !== null)
  const told: unknown[] = []
  let hear: (event: object) => void = () => {}
  const done = new Promise<void>((resolve) => {
    runInNewContext(workerScript, {
      ...{ crypto, Uint8Array, DataView, Number },
      addEventListener: (_name: string, listener: typeof hear) => (hear = listener),
      postMessage: (what: unknown) => resolve(void told.push(what)),
    })
  })
  hear({ data: challenge })
  await done
  assert.deepEqual(structuredClone(told), [found])
})

test('both scripts are plain JavaScript that uses nothing from outside itself', () => {
  assert.deepEqual([...challengeScripts.values()], [pageScript, workerScript])
  for (const script of [pageScript, workerScript]) {
    assert.doesNotThrow(() => new Function(script))
    assert.doesNotMatch(script, /\bimport\b|\beval\b|innerHTML|__/)
  }
  assert.throws(() => runInNewContext(pageScript, {}), /document is not defined/)
})

test('nothing of a page is taken for markup, and nothing inline or from elsewhere may run on it', () => {
  const challenge = work.ask('"><script>alert(1)</script>', 1)
  const page = challengePage({
    challenge: JSON.stringify({ ...challenge, signature: '"><img src=x onerror=alert(1)>' }),
    proofHeader: 'x" onload="alert(1)',
    retryAfterSeconds: 0.2,
    note: '<b>\'&"',
  })
  assert.doesNotMatch(page, /<img|<b>|" onload="/)
  assert.equal(page.match(/<script/g)?.length, 1)
  assert.match(page, /wait a second/)
  const policy = challengePageHeaders['content-security-policy']
  assert.doesNotMatch(policy, /unsafe|https?:|data:|blob:|\*/)
  for (const path of [
    '/.custodia/challenge/',
    '/.custodia/challenge/../session',
    '/.custodia/challenge/page.js/',
    '/x',
  ])
    assert.equal(isChallengeScript(path), false)
})
