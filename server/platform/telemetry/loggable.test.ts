import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loggable, loggableText } from './loggable.ts'

const textOf = (fields: object) => JSON.stringify(loggable(fields))

test('a field that sounds secret is masked at any depth, whatever its value', () => {
  const names = [
    'password',
    'newPassword',
    'PASSWORD_HASH',
    'clientSecret',
    'sessionToken',
    'set-cookie',
    'Authorization',
    'rootKey',
    'apikey',
    'key',
    'x-api-key',
  ]
  for (const name of names) {
    for (const value of ['hunter2', ['hunter2'], { inner: 'hunter2' }, Buffer.from('hunter2'), new Error('hunter2')]) {
      const deep = { a: { b: [{ [name]: value }] } }
      assert.ok(!textOf(deep).includes('hunter2'), name)
      assert.ok(textOf(deep).includes('[masked]'), name)
    }
  }
})

test('what only names a key is shown', () => {
  assert.deepEqual(
    { ...loggable({ keyId: 'key_1', keyVersion: 3, keyring: 'x', user: 'usr_1' }) },
    { keyId: 'key_1', keyVersion: 3, keyring: 'x', user: 'usr_1' },
  )
})

test('a password inside a URL is masked, wherever the text stands', () => {
  const url = 'postgres://custodia:hunter2@db.internal/custodia'
  for (const fields of [
    { url },
    { list: [`could not reach ${url}!`] },
    new Error(url),
    { error: new Error('x', { cause: new Error(url) }) },
  ]) {
    assert.ok(!textOf(fields).includes('hunter2'))
    assert.ok(textOf(fields).includes('db.internal'))
  }
  assert.ok(!textOf({ url: new URL('https://a:hunter2@b/c?code=hunter2#hunter2') }).includes('hunter2'))
  assert.equal(loggableText('at 10:30 see http://host:8080/a@b'), 'at 10:30 see http://host:8080/a@b')
})

test('bytes are never shown', () => {
  for (const bytes of [Buffer.from('hunter2'), new Uint8Array([104]), new ArrayBuffer(7)]) {
    assert.match(String(loggable({ bytes }).bytes), /^\[\d bytes\]$/)
  }
})

test('a text from outside can neither end the line, nor hide or turn around what follows', () => {
  const nasty = 'a\nb\r\u001b[31mc\u0000\u2028d\u202ee\u200bf\u0085'
  assert.equal(loggableText(nasty), 'a�b��[31mc��d�e�f�')
  assert.deepEqual({ ...loggable({ [nasty]: nasty }) }, { 'a�b��[31mc��d�e�f�': 'a�b��[31mc��d�e�f�' })
})

test('an error shows name, code, message, stack and cause, and nothing that a library hung onto it', () => {
  class DatabaseError extends Error {
    override name = 'DatabaseError'
    code = '23505'
    detail = 'Key (email)=(ada@example.org) already exists.'
    body = { password: 'hunter2' }
  }
  const { error } = loggable({ error: new DatabaseError('duplicate\nkey', { cause: new Error('below') }) }) as {
    error: Record<string, unknown>
  }
  assert.deepEqual(Object.keys(error), ['name', 'code', 'message', 'stack', 'cause'])
  assert.equal(error.name, 'DatabaseError')
  assert.equal(error.code, '23505')
  assert.equal(error.message, 'duplicate�key')
  assert.ok((error.stack as string[]).every((line) => line.startsWith('at ')))
  assert.equal((error.cause as { message: string }).message, 'below')
})

test('a ring, a chain of causes, a depth or a width without end comes out bounded', () => {
  const ring: Record<string, unknown> = {}
  ring.self = ring
  const chain = new Error('first')
  chain.cause = chain
  const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)) as object
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, { index }]))
  const bush = Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => Array(60).fill('leaf')))
  for (const fields of [ring, chain, deep, wide, bush, { text: 'x'.repeat(10_000_000) }, Array(1e6).fill(0)])
    assert.ok(textOf(fields).length < 80_000)
})

test('what can not be read is said to be so', () => {
  const throwing = {
    get field() {
      throw new Error('no')
    },
  }
  assert.deepEqual({ ...loggable({ throwing }) }, { throwing: '[unreadable]' })
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  assert.doesNotThrow(() => loggable({ proxy }))
})

test('whatever it is given, it returns plain data that holds no control character and no masked value', () => {
  fc.assert(
    fc.property(
      fc.object({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
      }),
      (fields) => {
        const json = textOf({ ...fields, token: 'hunter2-hunter2' })
        assert.ok(!json.includes('hunter2-hunter2'))
        assert.match(JSON.stringify(JSON.parse(json)), /^[^\p{Cc}]*$/u)
        assert.ok(!/\\u00[01]|\\[nrtbf]/.test(json.replaceAll('\\\\', '')))
      },
    ),
  )
})

test('an own field named __proto__ is data, and changes nothing', () => {
  const copy = loggable(JSON.parse('{"__proto__": {"polluted": true}}') as object)
  assert.equal((copy as { polluted?: boolean }).polluted, undefined)
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})
