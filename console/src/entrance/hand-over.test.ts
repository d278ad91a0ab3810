import assert from 'node:assert/strict'
import { test } from 'node:test'
import { handOverFrom, isWebAddress, shownHost } from './hand-over.ts'

test('nothing is handed over unless both host and state are there', () => {
  assert.equal(handOverFrom({ host: 'inbox.localhost' }), null)
  assert.equal(handOverFrom({ state: 'x' }), null)
  assert.deepEqual(handOverFrom({ host: 'inbox.localhost', state: 'x' }), { host: 'inbox.localhost', state: 'x' })
})

test('only a web address is followed', () => {
  assert.ok(isWebAddress('http://inbox.localhost:8080/.custodia/session?code=x'))
  for (const text of ['javascript:alert(1)', 'data:text/html,x', '/relative', 'file:///etc/passwd', '']) {
    assert.ok(!isWebAddress(text), text)
  }
})

test('a host is shown only where it is nothing but a host name', () => {
  assert.equal(shownHost('inbox.localhost:8080'), 'inbox.localhost:8080')
  for (const text of ['your bank', 'a.example/login', 'a@b.example', 'ex\u202eample', '<b>', '-a', 'x'.repeat(300)]) {
    assert.equal(shownHost(text), null, text)
  }
})
