import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readContext, readDeclared } from './declared-attributes.ts'

const hourMs = 3_600_000

test('a declaration that is no declaration stops the start, with the path of what is wrong', () => {
  for (const [declared, message] of [
    ['String', 'inbox: context is not a mapping'],
    [['String'], 'inbox: context is not a mapping'],
    [{ client: 'Text' }, /^inbox: context.client is none of String, Long, Boolean,/],
    [{ client: 'toString' }, /^inbox: context.client is none of/],
    [{ client: null }, /is none of/],
    [{ client: { type: 'Record' } }, /^inbox: context.client.type is none of/],
    [{ client: {} }, /^inbox: context.client.type is none of/],
    [{ client: { type: 'String', required: 'yes' } }, 'inbox: context.client.required is neither true nor false'],
    [{ client: { type: 'String', optional: true } }, 'inbox: context.client.optional is not known'],
    [{ 'a b': 'String' }, 'inbox: context.a b is not a name of an attribute'],
    [{ '': 'String' }, /is not a name/],
    [{ ['a'.repeat(51)]: 'String' }, /is not a name/],
    [JSON.parse('{ "__proto__": "String" }'), /is not a name/],
    [{ custodia: 'String' }, 'inbox: context.custodia: that name is Custodia’s own'],
    [Object.fromEntries(Array.from({ length: 51 }, (_one, at) => [`a${at}`, 'Long'])), /more than 50 entries/],
  ] as const)
    assert.throws(() => readContext('inbox', declared), { message }, JSON.stringify(declared))
})

const declared = readContext('inbox', {
  ...{ text: 'String', count: 'Long', yes: 'Boolean', tags: 'Set<String>', numbers: 'Set<Long>' },
  ...{ price: 'decimal', from: 'ipaddr', at: 'datetime', long: { type: 'duration', required: false } },
})

test('values of the declared types are taken, and become what Cedar reads', () => {
  assert.deepEqual(
    readDeclared(declared, {
      ...{ text: 'a', count: -3, yes: false, tags: ['a', 'a'], numbers: [] },
      ...{ price: '1.5', from: { __extn: { fn: 'ip', arg: '10.0.0.0/8' } }, at: '2026-01-01', long: '2h' },
    }),
    {
      values: {
        ...{ text: 'a', count: -3, yes: false, tags: ['a', 'a'], numbers: [] },
        price: { __extn: { fn: 'decimal', arg: '1.5' } },
        from: { __extn: { fn: 'ip', arg: '10.0.0.0/8' } },
        at: { __extn: { fn: 'datetime', arg: '2026-01-01' } },
        long: { __extn: { fn: 'duration', arg: '2h' } },
      },
    },
  )
  assert.deepEqual(readDeclared(declared, {}), { values: {} })
})

test('what is unknown, or of another type, is named', () => {
  for (const [name, value, detail] of [
    ['nope', 1, 'is not declared by the application'],
    ['constructor', 1, 'is not declared by the application'],
    ['text', 1, 'is no String'],
    ['text', null, 'is no String'],
    ['text', { __extn: { fn: 'ip', arg: '10.0.0.1' } }, 'is no String'],
    ['text', { __entity: { type: 'Custodia::Role', id: 'administrator' } }, 'is no String'],
    ['text', '\ud800', 'a text holds half a character'],
    ['count', 1.5, 'is no Long'],
    ['count', '1', 'is no Long'],
    ['count', 2 ** 53, 'is no Long'],
    ['yes', 'true', 'is no Boolean'],
    ['tags', 'a', 'is no Set<String>'],
    ['tags', ['a', 1], 'is no Set<String>'],
    ['tags', [['a']], 'is no Set<String>'],
    ['numbers', { 0: 1 }, 'is no Set<Long>'],
    ['price', 1.5, 'is no decimal'],
    ['price', { __extn: { fn: 'ip', arg: '10.0.0.1' } }, 'is no decimal'],
    ['from', ['10.0.0.1'], 'is no ipaddr'],
  ] as const)
    assert.deepEqual(readDeclared(declared, { text: 'a', [name]: value }), { fault: { name, detail } })
  for (const [name, value] of [
    ['price', '1.55555'],
    ['from', 'example.com'],
    ['from', { __extn: { fn: 'ip', arg: '10.0.0.1', more: 1 } }],
    ['at', `${hourMs}`],
    ['long', 'two hours'],
  ] as const) {
    const read = readDeclared(declared, { [name]: value })
    assert.equal('fault' in read && read.fault.name, name, JSON.stringify(value))
  }
  const inherited = JSON.parse('{ "__proto__": 1 }') as Record<string, unknown>
  assert.deepEqual(readDeclared(declared, inherited), {
    fault: { name: '__proto__', detail: 'is not declared by the application' },
  })
})

test('what is required is there wherever something is sent', () => {
  const strict = readContext('inbox', { client: { type: 'String', required: true }, note: 'String' })
  assert.deepEqual(readDeclared(strict, { note: 'a' }), { fault: { name: 'client', detail: 'is missing' } })
  assert.deepEqual(readDeclared(strict, { client: 'desk' }), { values: { client: 'desk' } })
})
