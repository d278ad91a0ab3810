import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byModule } from './by-module.ts'

const some = ['ledger:read', 'access:roles:write', 'access:roles:read', 'ledger:read']

test('permissions stand under their part, each once, by name', () => {
  assert.deepEqual(byModule(some), [
    { name: 'access', permissions: ['access:roles:read', 'access:roles:write'] },
    { name: 'ledger', permissions: ['ledger:read'] },
  ])
})

test('a search keeps what has all of its words, and no part without a permission', () => {
  assert.deepEqual(byModule(some, '  READ  roles '), [{ name: 'access', permissions: ['access:roles:read'] }])
  assert.deepEqual(byModule(some, 'nothing'), [])
  assert.equal(byModule(some, '   ').length, 2)
})

test('a name without a part is a part of its own', () => {
  assert.deepEqual(byModule(['odd', ':odder']), [
    { name: ':odder', permissions: [':odder'] },
    { name: 'odd', permissions: ['odd'] },
  ])
  assert.deepEqual(byModule([]), [])
})
