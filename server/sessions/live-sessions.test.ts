import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveSessions } from './live-sessions.ts'

const session = (sessionId: string, id = 'usr_a') => ({
  principal: {
    kind: 'user',
    id,
    organisationId: 'org_a',
    roles: [],
    sessionId,
    factors: [],
    authenticatedAtMs: 0,
  } as const,
  expiresAtMs: 1,
  recheckAtMs: 1,
})
const handle = (sessionId: string, userId?: string) => ({
  session: session(sessionId, userId),
  host: null,
  agent: '',
  addresses: [],
})
const fill = (live: LiveSessions, fingerprint: string, sessionId: string, userId?: string) =>
  live.remember(fingerprint, handle(sessionId, userId), live.generation)

test('what began to be read before something was forgotten is not stored', () => {
  const live = new LiveSessions(10)
  for (const forget of [
    () => live.forgetSession('ses_a'),
    () => live.forgetPerson('usr_a'),
    () => live.forgetPerson(null),
  ]) {
    const before = live.generation
    forget()
    live.remember('a', handle('ses_a'), before)
    assert.equal(live.get('a'), undefined)
  }
})

test('a session is forgotten with all its cookies, and no other is', () => {
  const live = new LiveSessions(10)
  fill(live, 'a1', 'ses_a')
  fill(live, 'a2', 'ses_a')
  fill(live, 'b', 'ses_b')
  live.forgetSession('ses_a')
  assert.deepEqual(
    ['a1', 'a2', 'b'].map((one) => live.get(one) !== undefined),
    [false, false, true],
  )
})

test('a person is forgotten with all their sessions, and nobody else is', () => {
  const live = new LiveSessions(10)
  fill(live, 'a', 'ses_a')
  fill(live, 'b', 'ses_b')
  fill(live, 'c', 'ses_c', 'usr_c')
  live.forgetPerson('usr_a')
  assert.deepEqual(
    ['a', 'b', 'c'].map((one) => live.get(one) !== undefined),
    [false, false, true],
  )
})

test('the memory is bounded: what was used least recently goes', () => {
  const live = new LiveSessions(2)
  fill(live, 'a', 'ses_a')
  fill(live, 'b', 'ses_b')
  live.get('a')
  fill(live, 'c', 'ses_c')
  assert.equal(live.size, 2)
  assert.deepEqual(
    ['a', 'b', 'c'].map((one) => live.get(one) !== undefined),
    [true, false, true],
  )
})

test('remembering the same cookie again does not fill the memory', () => {
  const live = new LiveSessions(2)
  fill(live, 'b', 'ses_b')
  for (let again = 0; again < 5; again++) fill(live, 'a', 'ses_a')
  assert.notEqual(live.get('b'), undefined)
})
