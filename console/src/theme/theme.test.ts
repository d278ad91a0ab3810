import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namedOrganisation } from './theme.ts'

test('an address names an organisation by its identifier, and by nothing else', () => {
  const id = `org_${'a'.repeat(26)}`
  assert.equal(namedOrganisation(`?next=%2F&organisation=${id}`), id)
  for (const named of [
    '',
    'Northwind',
    `${id}x`,
    `%20${id}`,
    `${id}%0a`,
    id.toUpperCase(),
    '../me',
    `${id}&organisation=`,
  ])
    assert.equal(namedOrganisation(`?organisation=${named}`), null, named)
  assert.equal(namedOrganisation(''), null)
})
