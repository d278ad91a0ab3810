import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Demand, FactorKind } from '@custodia/wire/http/factors.ts'
import type { Strength } from '../factors/factor.ts'
import type { Decision, Standing } from './decide.ts'
import { decide } from './decide.ts'

const strengths: Readonly<Record<FactorKind, Strength>> = {
  password: 'knowledge',
  totp: 'possession',
  passkey: 'phishing-resistant',
  'recovery-code': 'recovery',
  'mail-code': 'restricted',
  'sms-code': 'restricted',
}
const now = new Date('2026-03-01T12:00:00Z')
const before = new Date(now.getTime() - 1)
const after = new Date(now.getTime() + 1)

type Case = {
  readonly demand?: Demand
  readonly raised?: boolean
  readonly grace?: Date | null
  /** True where the organisation takes no codes by mail, and this sign-in is offered one all the same. */
  readonly lent?: boolean
  /** What the person could ever prove besides the password. */
  readonly has?: readonly FactorKind[]
  readonly proven?: readonly FactorKind[]
}

/** As `judge` would put it together. */
function standing({
  demand = 'optional',
  raised = false,
  grace = null,
  lent = false,
  has = [],
  proven = ['password'],
}: Case): Standing {
  const able: readonly FactorKind[] = [...has, 'password']
  return {
    demand,
    raised,
    graceUntil: grace,
    now,
    proven: proven.map((kind) => ({ kind, strength: strengths[kind] })),
    ways: able
      .filter((kind) => !proven.includes(kind))
      .map((factor) => ({ factor, hint: null, strength: strengths[factor] })),
    enrolled: has.includes('totp') || has.includes('passkey'),
    hasPasskey: has.includes('passkey'),
    mailLent: lent,
  }
}

/** In short: `enough`, `enough for now`, either of them `, unprovable`, `prove a, b` or `enrol a, b`. */
function said(decision: Decision): string {
  if (decision.kind === 'prove') return `prove ${decision.ways.map(({ factor }) => factor).join(', ')}`
  if (decision.kind === 'enrol') return `enrol ${decision.enrolable.join(', ')}`
  const said = decision.enrolBefore === null ? 'enough' : 'enough for now'
  return decision.unprovable ? `${said}, unprovable` : said
}

const strict = 'phishing-resistant'
const table: readonly (readonly [string, Case, string])[] = [
  ['nothing proven is nothing', { proven: [] }, 'prove password'],
  ['a code alone is no way in', { has: ['totp'], proven: ['totp'] }, 'prove password'],
  ['a recovery code alone is no way in', { has: ['totp'], proven: ['recovery-code'] }, 'prove password'],
  ['two codes are no password', { has: ['totp'], proven: ['totp', 'mail-code'] }, 'prove password'],
  ['whoever enrolled an app is asked for it, demanded or not', { has: ['totp'] }, 'prove totp'],
  ['the grace period is for those who have nothing', { has: ['totp'], demand: 'required', grace: after }, 'prove totp'],
  ['whoever enrolled a passkey is asked for it', { has: ['passkey', 'recovery-code'] }, 'prove passkey, recovery-code'],
  ['any of several will do', { has: ['passkey', 'totp', 'mail-code'] }, 'prove passkey, totp, mail-code'],
  ['an unusual sign-in needs what there is', { raised: true, has: ['mail-code'] }, 'prove mail-code'],
  [
    'an unusual sign-in in the grace period, too',
    { raised: true, has: ['mail-code'], demand: 'required', grace: after },
    'prove mail-code',
  ],
  ['demanded, and the mail is there', { demand: 'required', has: ['mail-code'] }, 'prove mail-code'],
  [
    'demanded, with codes that are left of what is gone',
    { demand: 'required', has: ['recovery-code'] },
    'prove recovery-code',
  ],
  ['demanded, and there is nothing', { demand: 'required' }, 'enrol passkey, totp'],
  ['the grace period is over', { demand: 'required', grace: before }, 'enrol passkey, totp'],
  ['the grace period ends at its instant', { demand: 'required', grace: now }, 'enrol passkey, totp'],
  ['strict, and there is nothing', { demand: strict }, 'enrol passkey'],
  ['strict, and the grace period is over', { demand: strict, grace: before }, 'enrol passkey'],
  ['strict: an app is asked for first', { demand: strict, has: ['totp'] }, 'prove totp'],
  ['strict: an app is not enough', { demand: strict, has: ['totp'], proven: ['password', 'totp'] }, 'enrol passkey'],
  [
    'strict: who has a passkey is asked for no app',
    { demand: strict, has: ['passkey', 'totp', 'mail-code'] },
    'prove passkey',
  ],
  [
    'strict: an app beside a passkey is not enough',
    { demand: strict, has: ['passkey', 'totp'], proven: ['password', 'totp'] },
    'prove passkey',
  ],
  [
    'strict: nor is the mail',
    { demand: strict, has: ['passkey', 'mail-code'], proven: ['password', 'mail-code'] },
    'prove passkey',
  ],
  [
    'strict: a lost passkey is got around by paper alone',
    { demand: strict, has: ['passkey', 'recovery-code'] },
    'prove passkey, recovery-code',
  ],
  ['a password, where nothing more is wanted', {}, 'enough'],
  ['an unusual sign-in of somebody who has nothing', { raised: true }, 'enough, unprovable'],
  [
    'an unusual sign-in of somebody who has nothing yet',
    { raised: true, demand: 'required', grace: after },
    'enough for now, unprovable',
  ],
  ['an unusual sign-in that was proven', { raised: true, lent: true, proven: ['password', 'mail-code'] }, 'enough'],
  [
    'what is lent to an unusual sign-in is not what is demanded',
    { demand: 'required', raised: true, lent: true, has: ['mail-code'], proven: ['password', 'mail-code'] },
    'enrol passkey, totp',
  ],
  [
    'nor within the grace period',
    { demand: 'required', raised: true, lent: true, grace: after, proven: ['password', 'mail-code'] },
    'enough for now',
  ],
  [
    'where codes by mail are taken, one is what is demanded',
    { demand: 'required', raised: true, has: ['mail-code'], proven: ['password', 'mail-code'] },
    'enough',
  ],
  [
    'codes that were left have been used: a factor is enrolled in their place',
    { demand: 'required', has: ['recovery-code'], proven: ['password', 'recovery-code'] },
    'enrol passkey, totp',
  ],
  [
    'or soon, within the grace period',
    { demand: 'required', grace: after, has: ['recovery-code'], proven: ['password', 'recovery-code'] },
    'enough for now',
  ],
  ['where nothing is demanded, codes alone stay', { raised: true, has: ['recovery-code'] }, 'prove recovery-code'],
  ['and one of them is enough', { raised: true, proven: ['password', 'recovery-code'] }, 'enough'],
  ['within the grace period', { demand: 'required', grace: after }, 'enough for now'],
  ['strict, within the grace period', { demand: strict, grace: after }, 'enough for now'],
  [
    'strict, with an app, within the grace period',
    { demand: strict, grace: after, has: ['totp'], proven: ['password', 'totp'] },
    'enough for now',
  ],
  ['password and app', { demand: 'required', has: ['totp'], proven: ['password', 'totp'] }, 'enough'],
  [
    'password and recovery code',
    { demand: 'required', has: ['totp'], proven: ['password', 'recovery-code'] },
    'enough',
  ],
  ['strict, by paper', { demand: strict, has: ['passkey'], proven: ['password', 'recovery-code'] }, 'enough'],
  [
    'a passkey stands for two',
    { demand: strict, raised: true, has: ['passkey', 'totp'], proven: ['passkey'] },
    'enough',
  ],
]

test('each standing has its decision', () => {
  for (const [title, one, wanted] of table) assert.equal(said(decide(standing(one))), wanted, title)
})

function* everyCase(): Generator<Required<Case>> {
  const more = ['totp', 'passkey', 'recovery-code', 'mail-code', 'sms-code'] as const
  for (const demand of ['optional', 'required', strict] as const)
    for (const [raised, lent] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const)
      for (const grace of [null, before, after])
        for (let owned = 0; owned < 32; owned++)
          for (let shown = 0; shown < 64; shown++) {
            const has = more.filter((_, at) => (owned >> at) & 1)
            const proven = (['password', ...more] as const).filter((_, at) => (shown >> at) & 1)
            yield { demand, raised, lent, grace, has, proven }
          }
}

test('over every standing: what is enough, what is asked for, and what may be enrolled', () => {
  let counted = 0
  for (const one of everyCase()) {
    counted += 1
    const decision = decide(standing(one))
    const what = JSON.stringify([one, said(decision)])
    const { proven, has, demand } = one
    const shows = (...kinds: FactorKind[]) => kinds.some((kind) => proven.includes(kind))
    const second = shows('totp', 'recovery-code', 'mail-code', 'sms-code')
    const graced = one.grace === after
    if (decision.kind === 'enough') {
      assert.ok(shows('password', 'passkey'), `never by a code alone: ${what}`)
      if (!shows('passkey') && !second)
        assert.ok(!has.includes('totp') && !has.includes('passkey'), `never around what is enrolled: ${what}`)
      if (demand === 'required') assert.ok(shows('passkey') || second || graced, `never without two: ${what}`)
      if (demand === 'required' && !graced && !shows('passkey', 'totp', 'sms-code') && !has.includes('totp'))
        assert.ok(has.includes('passkey') || (shows('mail-code') && !one.lent), `nor by what is used up: ${what}`)
      if (demand === strict)
        assert.ok(
          shows('passkey') ||
            (graced && !has.includes('passkey')) ||
            (has.includes('passkey') && shows('recovery-code')),
          `never by what can be phished: ${what}`,
        )
      assert.equal(decision.unprovable, one.raised && !shows('passkey') && !second, `said where it is so: ${what}`)
      if (one.raised && !shows('passkey') && !second)
        assert.deepEqual(has, [], `never with one where there are two: ${what}`)
    }
    if (decision.kind === 'prove') {
      assert.ok(
        decision.ways.every(({ factor }) => !proven.includes(factor)),
        `nothing twice: ${what}`,
      )
      assert.ok(decision.ways.length > 0, `no dead end: ${what}`)
    }
    if (decision.kind === 'enrol') {
      assert.notEqual(demand, 'optional', what)
      assert.ok(shows('password'), `nobody enrols who has shown nothing: ${what}`)
      if (!second) assert.ok(!has.includes('totp') && !has.includes('passkey'), `nor around what is enrolled: ${what}`)
    }
  }
  assert.equal(counted, 3 * 3 * 3 * 32 * 64)
})

test('whoever proves more is never asked for more', () => {
  for (const one of everyCase()) {
    if (decide(standing(one)).kind !== 'enough') continue
    for (const kind of one.has)
      assert.equal(
        decide(standing({ ...one, proven: [...one.proven, kind] })).kind,
        'enough',
        JSON.stringify([one, kind]),
      )
  }
})
