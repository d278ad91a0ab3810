import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { BareItem, InnerList, Item } from './structured-fields.ts'
import { parseDictionary, StructuredFieldError, serializeInnerList } from './structured-fields.ts'

const bareOf = (text: string): unknown => {
  const member = parseDictionary(`a=${text}`).get('a')
  return member?.kind === 'item' ? member.bare : member
}

/** Objects like those that are read. */
const plain = { noNullPrototype: true } as const

describe('a structured field', () => {
  test('has each of its kinds', () => {
    assert.deepEqual(bareOf('-12'), { kind: 'integer', value: -12 })
    assert.deepEqual(bareOf('-0'), { kind: 'integer', value: 0 })
    assert.deepEqual(bareOf('007'), { kind: 'integer', value: 7 })
    assert.deepEqual(bareOf('999999999999999'), { kind: 'integer', value: 999_999_999_999_999 })
    assert.deepEqual(bareOf('"a \\"b\\" \\\\"'), { kind: 'string', value: 'a "b" \\' })
    assert.deepEqual(bareOf('""'), { kind: 'string', value: '' })
    assert.deepEqual(bareOf('*to/ke:n'), { kind: 'token', value: '*to/ke:n' })
    assert.deepEqual(bareOf(':AQI=:'), { kind: 'bytes', value: Uint8Array.of(1, 2) })
    assert.deepEqual(bareOf('::'), { kind: 'bytes', value: new Uint8Array() })
    assert.deepEqual(bareOf('?0'), { kind: 'boolean', value: false })
  })

  test('is empty, has members that are only named, and space where it may stand', () => {
    assert.equal(parseDictionary('').size, 0)
    assert.equal(parseDictionary('   ').size, 0)
    assert.deepEqual([...parseDictionary('  a;x , \tb=(  1   2 );y=2\t,c  ').keys()], ['a', 'b', 'c'])
    const list = parseDictionary('b=(  1   "2";z );  y=2').get('b') as InnerList
    assert.equal(serializeInnerList(list), '(1 "2";z);y=2')
  })

  test('is refused in every other form', () => {
    for (const odd of [
      'a=',
      'a= 1',
      'a =1',
      '=1',
      'A=1',
      '1a=1',
      'a,',
      'a,,b',
      ',a',
      'a b',
      'a;',
      'a;=1',
      'a;X',
      'a;x=',
      '\ta',
      'a=1, a=2',
      'a;x;x',
      'a=();x=1;x=2',
      'a=1.5',
      'a=1.',
      'a=1a',
      'a=--1',
      'a=-',
      'a=+1',
      'a=1234567890123456',
      'a=@1659578233',
      'a=%"x"',
      'a=1e3',
      'a="',
      'a="x',
      'a="\\x"',
      'a="\\"',
      'a="é"',
      'a="\n"',
      'a="\u0000"',
      'a="\u007f"',
      "a='x'",
      'a=:',
      'a=:AQI:',
      'a=:AQI=',
      'a=:AR==:',
      'a=:AQ=I:',
      'a=:A Q:',
      'a=:_-:',
      'a=:A:',
      'a=?',
      'a=?2',
      'a=?true',
      'a=(',
      'a=(1',
      'a=)',
      'a=(1"2")',
      'a=(1,2)',
      'a=((1))',
      'a=(1\t2)',
      'a=(1)2',
      'a=("x"',
      'a={}',
    ])
      assert.throws(() => parseDictionary(odd), StructuredFieldError, JSON.stringify(odd))
  })

  test('takes no longer for what is long: 100,000 characters of each kind', () => {
    const many = 100_000
    for (const text of [
      `a="${'x'.repeat(many)}`,
      `a="${'\\"'.repeat(many / 2)}`,
      `a=:${'A'.repeat(many)}`,
      `a=(${' '.repeat(many)}`,
      `a=(${'1 '.repeat(many / 2)}`,
      `a${';'.repeat(many)}`,
      `a=${'('.repeat(many)}`,
      'a'.repeat(many),
      `a=${'1'.repeat(many)}`,
    ]) {
      try {
        parseDictionary(text)
      } catch (error) {
        assert.ok(error instanceof StructuredFieldError, String(error))
      }
    }
  })

  test('that was written is read as the same', () => {
    const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/)
    const bare: fc.Arbitrary<BareItem> = fc.oneof(
      fc.record({ kind: fc.constant('integer' as const), value: fc.integer() }, plain),
      fc.record(
        {
          kind: fc.constant('string' as const),
          value: fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) }),
        },
        plain,
      ),
      fc.record(
        { kind: fc.constant('token' as const), value: fc.stringMatching(/^[A-Za-z*][A-Za-z0-9:/!#.]{0,9}$/) },
        plain,
      ),
      fc.record(
        {
          kind: fc.constant('bytes' as const),
          value: fc.uint8Array({ maxLength: 70 }).map((bytes) => new Uint8Array(bytes)),
        },
        plain,
      ),
      fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }, plain),
    )
    const parameters = fc
      .uniqueArray(fc.tuple(key, bare), { selector: ([name]) => name, maxLength: 4 })
      .map((all) => new Map(all))
    const item: fc.Arbitrary<Item> = fc.record({ kind: fc.constant('item' as const), bare, parameters }, plain)
    const list: fc.Arbitrary<InnerList> = fc.record(
      {
        kind: fc.constant('list' as const),
        items: fc.array(item, { maxLength: 5 }),
        parameters,
      },
      plain,
    )
    fc.assert(
      fc.property(key, list, (name, value) => {
        assert.deepEqual(parseDictionary(`${name}=${serializeInnerList(value)}`).get(name), value)
      }),
      { numRuns: 500 },
    )
  })
})
