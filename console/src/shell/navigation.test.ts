import assert from 'node:assert/strict'
import { test } from 'node:test'
import { navigationFor } from './navigation.ts'

const shown = (permissions: string[], hasMailbox = true) =>
  navigationFor(permissions, { hasMailbox }).flatMap(({ pages }) => pages.map(({ to }) => to))

test('without permissions there is one’s own account, and no group without a page', () => {
  assert.deepEqual(shown([]), ['/', '/account/security', '/account/sessions', '/account/password', '/account/keys'])
  assert.equal(navigationFor([], { hasMailbox: true }).length, 2)
})

test('each permission opens its own page and no other', () => {
  assert.deepEqual(shown(['ledger:read']).slice(5), ['/ledger'])
  assert.deepEqual(shown(['access:policies:read']).slice(5), ['/policies'])
  assert.deepEqual(shown(['access:decisions:read']).slice(5), ['/decisions'])
  assert.deepEqual(shown(['identity:users:read']).slice(5), ['/users'])
  assert.deepEqual(shown(['access:roles:read']).slice(5), ['/access/roles'])
  assert.deepEqual(shown(['access:groups:read']).slice(5), ['/access/groups'])
  assert.deepEqual(shown(['access:approvals:read']).slice(5), ['/access/approvals'])
  assert.deepEqual(shown(['access:reviews:read']).slice(5), ['/access/reviews'])
  assert.deepEqual(shown(['access:service-accounts:read']).slice(5), ['/access/service-accounts'])
  assert.deepEqual(shown(['webhooks:endpoints:read']).slice(5), ['/webhooks'])
  assert.deepEqual(shown(['browser:reports:read']).slice(5), ['/browser-reports'])
  assert.equal(shown(['mail:mailbox:read']).at(-1), '/mailbox')
  assert.deepEqual(shown(['identity:policy:read']).slice(5), ['/policies/sign-in'])
  assert.deepEqual(shown(['identity:theme:write']).slice(5), ['/organisation/look'])
})

test('where mail is really sent nobody is shown a mailbox', () => {
  assert.equal(shown(['mail:mailbox:read', 'ledger:read'], false).at(-1), '/ledger')
  assert.equal(shown(['mail:mailbox:read'], false).length, 5)
})

test('a permission that only begins alike opens nothing', () => {
  for (const permission of ['ledger:read:all', 'ledger', 'identity:users:write', 'identity:policy:write', '*']) {
    assert.equal(shown([permission]).length, 5, permission)
  }
})
