import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forget, recall, remember } from './remembered.ts'

const storeOf = (text: string | null) => {
  let value = text
  return {
    getItem: () => value,
    setItem: (_: string, next: string) => {
      value = next
    },
    removeItem: () => {
      value = null
    },
  }
}
const seen = { key: 'k', note: 'n', seenAt: '2026-01-31T09:30:00.000Z' }

test('what was remembered is recalled, until it is forgotten', () => {
  const store = storeOf(null)
  remember(store, seen)
  assert.deepEqual(recall(store), seen)
  forget(store)
  assert.equal(recall(store), null)
})

test('what is not in the right form counts as nothing', () => {
  for (const text of [null, '', 'x', '7', 'null', '[]', '{"key":"k"}', '{"key":1,"note":"n","seenAt":"s"}']) {
    assert.equal(recall(storeOf(text)), null)
  }
})

test('a browser that keeps nothing for pages is no fault', () => {
  const denied = () => {
    throw new DOMException('denied', 'SecurityError')
  }
  const store = { getItem: denied, setItem: denied, removeItem: denied }
  assert.equal(recall(store), null)
  assert.doesNotThrow(() => remember(store, seen))
})
