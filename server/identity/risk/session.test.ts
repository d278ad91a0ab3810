import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newcomer, prove, stranger, unhurried } from '../factors/testing.ts'
import { mailOf } from '../recovery/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { goodPassword, openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { sessionRisk } from './session-risk.ts'

let house: IdentityHouse
let one: IdentityProcess
/** Asks for more at every sign-in. */
let wary: IdentityProcess
/** No mail is sent there, so that nobody can be asked for more. */
let mute: IdentityProcess
before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
  wary = await house.process({ riskAsk: -1_000 })
  mute = await house.process({ riskAsk: -1_000 })
  Object.assign(mute.mail, { deliverable: false })
})
after(() => house.close())

const scoresOf = (id: string) =>
  house.house.events
    .filter(({ type, subjectId }) => type === 'identity.sign-in.assessed' && subjectId === id)
    .map(({ data }) => Number(data.score))
async function risksOf(id: string): Promise<number[]> {
  const rows = await house.house.db.asOwner(
    `select risk from sessions.session where user_id = '${id}' order by created_at, id`,
  )
  return rows.map(({ risk }) => Number(risk))
}
const strange = { 'user-agent': 'curl/8.5.0', 'x-forwarded-for': '198.51.100.77' }
const day = 86_400_000

/** Somebody who is known from home. */
async function settled() {
  const { email, user } = await newcomer(one)
  for (let time = 0; time < 5; time++) {
    house.house.machine.clock.advance(day)
    assert.equal((await signInAs(stranger(one), email)).status, 200)
  }
  // Sessions are told apart by when they began.
  house.house.machine.clock.advance(1_000)
  return { email, user }
}

test('a session begins with the risk of its sign-in, and a usual one with none', async () => {
  const { email, user } = await settled()
  const answer = await stranger(mute).call('POST', '/v1/sign-in', { email, password: goodPassword }, strange)
  assert.deepEqual([answer.status, answer.body.attempt], [200, null])
  const scores = scoresOf(user.id)
  const risks = await risksOf(user.id)
  assert.ok((scores.at(-1) ?? 0) > 0, String(scores))
  assert.deepEqual([risks[0], risks.at(-1)], [0, sessionRisk(scores.at(-1) ?? 0)])
})

test('what asks for a second step carries the risk to the session that follows it', async () => {
  const { email, user } = await settled()
  const browser = stranger(wary)
  await browser.call('POST', '/v1/sign-in', { email, password: goodPassword }, strange)
  const score = scoresOf(user.id).at(-1) ?? 0
  assert.ok(score > 0, String(score))
  const rows = await house.house.db.asOwner(`select risk from identity.attempt where person_id = '${user.id}'`)
  assert.deepEqual(rows, [{ risk: sessionRisk(score) }])
  await browser.call('POST', '/v1/sign-in/challenge', { factor: 'mail-code' }, strange)
  const code = /Your code: (\d{4} \d{4})/.exec((await mailOf(one, user, 'sign-in-code')).text)?.[1] as string
  assert.equal((await prove(browser, 'mail-code', code)).status, 200)
  assert.equal((await risksOf(user.id)).at(-1), sessionRisk(score))
})
