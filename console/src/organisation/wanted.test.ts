import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Picture } from './fit-picture.ts'
import { adjustedIn, changeOf, readColour } from './wanted.ts'

const saved = { name: 'Northwind', accent: '#0a7d5c', logo: { path: '/v1/theme/logos/x', width: 24, height: 16 } }
const same = { name: 'Northwind', colour: '#0a7d5c' }

test('a colour is read however it is typed, and nothing else is one', () => {
  for (const typed of ['#0a7d5c', '0A7D5C', ' #0A7d5c ']) assert.equal(readColour(typed), '#0a7d5c')
  assert.equal(readColour('  '), null)
  for (const typed of ['#0a7', 'teal', '#0a7d5c00', '#0a7d5g', '0a7d5c;', 'rgb(0,0,0)'])
    assert.equal(readColour(typed), undefined, typed)
})

test('what is as it was is not sent', () => {
  assert.deepEqual(changeOf(saved, same), {})
  assert.deepEqual(changeOf(saved, { name: ' Northwind ', colour: '0A7D5C' }), {})
  assert.deepEqual(changeOf({ ...saved, logo: null }, { ...same, logo: null }), {})
})

test('what is empty goes back to how Custodia looks, and each change is sent alone', () => {
  assert.deepEqual(changeOf(saved, { ...same, name: ' ' }), { name: null })
  assert.deepEqual(changeOf(saved, { ...same, colour: '' }), { accent: null })
  assert.deepEqual(changeOf(saved, { ...same, logo: null }), { logo: null })
  const upload = { type: 'image/png', data: 'AAAA' } as const
  assert.deepEqual(changeOf(saved, { ...same, logo: { upload } as Picture }), { logo: upload })
})

test('what is no colour changes none', () => {
  assert.deepEqual(changeOf(saved, { ...same, colour: 'teal' }), {})
})

test('it is said where a colour can’t be shown as it is', () => {
  assert.equal(adjustedIn('#ffcc00'), 'light')
  assert.equal(adjustedIn('#000000'), 'dark')
  assert.equal(adjustedIn('#0a7d5c'), null)
})
