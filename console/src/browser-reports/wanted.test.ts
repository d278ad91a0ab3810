import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyOf } from './wanted.ts'

const line = (directive: string, source: string | null) => ({ directive, source, count: 1, weakens: false })
const live = {
  number: 3,
  sources: { 'img-src': ['data:'] },
  trustedTypes: true,
  restores: null,
  liveAt: '2026-11-21T10:00:00.000Z',
  retiredAt: null,
}

test('what is live stays, what was ticked is added, and nothing stands twice', () => {
  assert.deepEqual(policyOf(live, [line('img-src', 'data:'), line('font-src', 'https://fonts.example')]), {
    sources: { 'img-src': ['data:'], 'font-src': ['https://fonts.example'] },
    trustedTypes: true,
    instead: 3,
  })
})

test('Trusted Types are dropped only where that was ticked, and stay dropped', () => {
  assert.equal(policyOf(null, []).trustedTypes, true)
  assert.equal(policyOf(null, [line('require-trusted-types-for', null)]).trustedTypes, false)
  assert.equal(policyOf({ ...live, trustedTypes: false }, []).trustedTypes, false)
  assert.deepEqual(policyOf(null, [line('require-trusted-types-for', null)]).sources, {})
})
