import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePolicies, entitiesFromJson } from './api.ts'
import { extensionFunctions } from './extension-functions.ts'
import { operators } from './operators.ts'
import { exactJson, ours, permitWhen, preparse, reference, value, variable } from './testing.ts'

const uid = (type: string, id: string) => ({ __entity: { type, id } })
const extension = (fn: string, arg: string) => ({ __extn: { fn, arg } })
const [most, least] = [2n ** 63n - 1n, -(2n ** 63n)]

/** Something of every type, and the edges of each. */
const samples: readonly unknown[] = [
  ...[true, false, 0, 1, -1, -0, 2 ** 53 - 1, 2n ** 53n, -(2n ** 53n), most, least, most - 1n],
  ...['', 'a', 'A', 'é', '𝕏', '__proto__', 'constructor', 'tag', '1'],
  ...[uid('User', 'a'), uid('User', 'b'), uid('Group', 'a'), uid('User', '__proto__'), uid('Nobody', 'a')],
  ...[
    [],
    [1],
    [1, 1],
    [1, 'a'],
    ['1'],
    [[1]],
    [[]],
    [uid('User', 'a')],
    [uid('User', 'a'), 1],
    [{ a: 1 }],
    [1n + most - 1n],
  ],
  ...[{}, { a: 1 }, { a: 1, b: [] }, { b: [], a: 1 }, { a: '1' }, JSON.parse('{"__proto__":{}}')],
  ...[
    extension('ip', '1.2.3.4'),
    extension('ip', '1.2.3.4/32'),
    extension('ip', '::ffff:102:304'),
    extension('ip', '1.0.0.0/8'),
  ],
  ...[
    extension('ip', '::/0'),
    extension('ip', '127.0.0.1/7'),
    extension('ip', '127.0.0.1/8'),
    extension('ip', 'ff00::/7'),
  ],
  ...[extension('decimal', '1.0'), extension('decimal', '1.00'), extension('decimal', '-922337203685477.5808')],
  ...[extension('datetime', '1970-01-01'), extension('datetime', '1969-12-31T23:59:59.999Z')],
  { __extn: { fn: 'offset', args: [extension('datetime', '1970-01-01'), extension('duration', `${least}ms`)] } },
  { __extn: { fn: 'offset', args: [extension('datetime', '1970-01-01'), extension('duration', `${most}ms`)] } },
  ...[extension('duration', '1000ms'), extension('duration', '1s'), extension('duration', '-1ms')],
  ...[extension('duration', `${most}ms`), extension('duration', `${least}ms`), extension('duration', '-25h')],
]

const context = Object.fromEntries(samples.map((sample, at) => [`v${at}`, sample]))
const attribute = (at: number) => ({ '.': { left: variable('context'), attr: `v${at}` } })
/** As a literal, which is evaluated beforehand, and as an attribute, which is not. */
const forms = (at: number) => [value(samples[at]), attribute(at)] as const

const entities = [
  {
    uid: { type: 'User', id: 'a' },
    attrs: { a: 1, __proto: 1 },
    parents: [{ type: 'Group', id: 'a' }],
    tags: { tag: 1, '': 2 },
  },
  {
    uid: { type: 'User', id: '__proto__' },
    attrs: JSON.parse('{"__proto__":1}'),
    parents: [],
    tags: JSON.parse('{"__proto__":1}'),
  },
  { uid: { type: 'User', id: 'b' }, attrs: {}, parents: [] },
]
const request = {
  principal: { type: 'User', id: 'a' },
  action: { type: 'Action', id: 'view' },
  resource: { type: 'User', id: '__proto__' },
  context,
}

/** One policy for each expression, in sets of a few thousand. */
function decidesAlike(expressions: readonly unknown[]): void {
  const known = entitiesFromJson(entities)
  for (let start = 0; start < expressions.length; start += 4_000) {
    const part = expressions.slice(start, start + 4_000)
    const policies = { staticPolicies: Object.fromEntries(part.map((body, at) => [`p${at}`, permitWhen(body)])) }
    preparse(policies)
    const expected = reference(request, entities)
    const decided = ours(compilePolicies(policies), request, known)
    for (const kind of ['determining', 'errors'] as const) {
      const listed = new Set(expected[kind].map((one) => JSON.stringify(one)))
      const found = new Set(decided[kind].map((one) => JSON.stringify(one)))
      const [first = ''] = found.symmetricDifference(listed)
      const body = part[Number(/p(\d+)/.exec(first)?.[1])]
      // Not deepEqual: it takes minutes to say how two long lists differ.
      assert.ok(first === '', `${kind}: ${first} ${JSON.stringify(exactJson(body))}`)
    }
  }
}

const all = samples.map((_, at) => at)
const pairsOf = (which: readonly number[]) => which.flatMap((left) => which.map((right) => [left, right] as const))
const ofType = (type: string) => all.filter((at) => typeof samples[at] === type)
const extensions = all.filter((at) => Object.hasOwn(Object(samples[at]), '__extn'))
/** Two of each type. */
const few = [0, 1, 2, 4, 12, 17, 22, 23, 27, 28, 38, 39]
/** Literals are evaluated beforehand, an attribute beside a literal in a shorter way, and two attributes in full. */
const operandsOf = ([l, r]: readonly [number, number]) => [
  { left: attribute(l), right: value(samples[r]) },
  (l + r) % 2 === 0
    ? { left: value(samples[l]), right: value(samples[r]) }
    : { left: attribute(l), right: attribute(r) },
]
const twoSided = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  'in',
  'contains',
  'containsAll',
  'containsAny',
  'hasTag',
]
const calculating = ['+', '-', '*', 'getTag']

describe('every operator, on every pair of values, decides and fails as in cedar-wasm', () => {
  for (const name of twoSided) {
    it(name, () =>
      decidesAlike(pairsOf(all).flatMap((pair) => operandsOf(pair).map((operands) => ({ [name]: operands })))),
    )
  }

  it('&& and ||, of two and of three, give a boolean or fail: never the value of an operand', () => {
    const [yes, no] = [value(true), value(false)]
    decidesAlike(
      all.flatMap((at) =>
        forms(at).flatMap((operand) =>
          [
            { '&&': { left: yes, right: operand } },
            { '&&': { left: operand, right: yes } },
            { '&&': { left: attribute(0), right: operand } },
            { '&&': { left: attribute(0), right: { '&&': { left: operand, right: attribute(0) } } } },
            { '||': { left: no, right: operand } },
            { '||': { left: operand, right: no } },
            { '||': { left: attribute(1), right: operand } },
            { '||': { left: attribute(1), right: { '||': { left: operand, right: attribute(1) } } } },
          ].map((left) => ({ '==': { left, right: value(samples[at]) } })),
        ),
      ),
    )
  })

  for (const name of calculating) {
    it(`${name}, by comparing what it gives`, () => {
      const pairs = pairsOf([...new Set([...few, ...ofType('number'), ...ofType('bigint'), ...ofType('string')])])
      const pivots = [-1, 0, 1, 2 ** 53 - 1].map((pivot) => value(pivot))
      decidesAlike(
        pairs.flatMap((pair) =>
          operandsOf(pair).flatMap((operands) =>
            pivots.map((right) => ({ '<=': { left: { [name]: operands }, right } })),
          ),
        ),
      )
    })
  }

  it('with one operand: !, neg, isEmpty, has, is, like, attributes', () => {
    decidesAlike(
      all.flatMap((at) =>
        forms(at).flatMap((arg) => [
          { '!': { arg } },
          { isEmpty: { arg } },
          { '<': { left: { neg: { arg } }, right: value(0) } },
          ...['a', '__proto__', 'constructor', 'toString', ''].flatMap((attr) => [
            { has: { left: arg, attr } },
            { '==': { left: { '.': { left: arg, attr } }, right: value(1) } },
          ]),
          { has: { left: arg, attr: ['a', 'b'] } },
          { is: { left: arg, entity_type: 'User' } },
          { is: { left: arg, entity_type: 'User', in: value(uid('Group', 'a')) } },
          { is: { left: arg, entity_type: 'Group', in: value(1) } },
          { like: { left: arg, pattern: ['Wildcard'] } },
          // biome-ignore lint/suspicious/noThenProperty: so Cedar names it.
          { 'if-then-else': { if: arg, then: value(true), else: value(1) } },
        ]),
      ),
    )
  })

  for (const [name, { arity }] of extensionFunctions) {
    it(`${name}()`, () => {
      const args = arity === 1 ? all.map((at) => [at]) : pairsOf([...extensions, ...few.slice(0, 6)])
      const results = [...extensions, ...ofType('number'), ...ofType('bigint')].map((at) => value(samples[at]))
      const calls = args.flatMap((of) => [
        { [name]: of.map((at) => value(samples[at])) },
        { [name]: of.map(attribute) },
      ])
      const compared = (call: unknown) => results.map((right) => ({ '==': { left: call, right } }))
      // Of what gives no boolean, every edge is looked for.
      decidesAlike([...calls, ...calls.filter((_, at) => at % (arity === 1 ? 3 : 29) === 0).flatMap(compared)])
    })
  }

  it('and there is no operator besides', () => {
    const others = [
      'Value',
      'Var',
      'Slot',
      'Set',
      'Record',
      '!',
      'neg',
      'isEmpty',
      '.',
      'has',
      'like',
      'is',
      'if-then-else',
    ]
    const tested = [...twoSided, ...calculating, ...others, ...extensionFunctions.keys()]
    assert.deepEqual([...operators.keys()].sort(), tested.sort())
  })
})

describe('texts of extension values are read, or refused, as in cedar-wasm', () => {
  const digits = ['0', '00', '1', '9', '10', '255', '256', '999', '1000', '٣', '+1', '-1', ' 1', '1 ', '']
  const groups = ['', '0', 'f', 'FFFF', '00001', 'g', '1.2.3.4']
  const texts: Readonly<Record<string, readonly string[]>> = {
    ip: [
      ...digits.flatMap((one) => [`${one}.1.1.1`, `1.1.1.${one}`, `1.1.1.1/${one}`, `::1/${one}`, `1.1.1.1:${one}`]),
      ...groups.flatMap((a) => groups.flatMap((b) => [`${a}:${b}`, `${a}::${b}`, `${a}:${b}::`, `::${a}:${b}`])),
      ...[6, 7, 8, 9].flatMap((n) => [Array(n).fill('1').join(':'), `::${Array(n).fill('1').join(':')}`]),
      ...[6, 7, 8].flatMap((n) => [`${Array(n).fill('1').join(':')}::`, `${Array(n).fill('1').join(':')}::1`]),
      ...[
        '1::1::1',
        ':::',
        '::1%0',
        '[::1]',
        '0x7f.1.1.1',
        '1.1.1',
        '1.1.1.1.1',
        '/',
        '1.1.1.1//8',
        '1.1.1.1/8/8',
        '::/33',
        '1.1.1.1/33',
      ],
      ...['::/128', '::/129', '::/0128', '1.1.1.1/032', '1.1.1.1\n', '1111:1111:1111:1111:1111:1111:1111:1111/128'],
    ],
    decimal: [
      ...digits.flatMap((one) => [`${one}.0`, `0.${one}`, `-${one}.5`, `${one}.${one}`]),
      ...[
        '922337203685477.5807',
        '922337203685477.5808',
        '-922337203685477.5808',
        '-922337203685477.5809',
        '922337203685478.0',
      ],
      ...[
        '1.12345',
        '1.00000',
        '00000000000000000000000001.0',
        '1e3',
        '1.0e3',
        '1,0',
        '.',
        '-.',
        '1..0',
        '1.0\n',
        '0x1.0',
        '--1.0',
      ],
    ],
    datetime: [
      ...[
        '0000-01-01',
        '0001-01-01',
        '9999-12-31',
        '2024-02-29',
        '2023-02-29',
        '1900-02-29',
        '2000-02-29',
        '2024-04-31',
      ],
      ...[
        '2024-00-01',
        '2024-01-00',
        '2024-13-01',
        '2024-1-01',
        '02024-01-01',
        '-2024-01-01',
        '2024-01-01 ',
        '2024-01-01\n',
      ],
      ...[
        '',
        'T00:00:00',
        'T00:00:00Z',
        'T23:59:59Z',
        'T24:00:00Z',
        'T00:60:00Z',
        'T23:59:60Z',
        't00:00:00Z',
        'T00:00:00z',
      ].map((t) => `2024-01-01${t}`),
      ...[
        '.1Z',
        '.123Z',
        '.1234Z',
        '.Z',
        '+0000',
        '-0000',
        '+2359',
        '-2359',
        '+2400',
        '+0060',
        '+00:00',
        '.999+0130',
        '.999',
        'ZZ',
        '+00',
      ].map((end) => `1970-01-01T00:00:00${end}`),
    ],
    duration: [
      ...digits.flatMap((one) => ['d', 'h', 'm', 's', 'ms', ''].map((unit) => `${one}${unit}`)),
      ...['1d1h1m1s1ms', '-1d1h1m1s1ms', '1h1d', '1ms1s', '1m1ms', '1d1d', '-', '--1s', '1.5s', '1D', '1s\n', '1s '],
      ...[
        `${most}ms`,
        `${most + 1n}ms`,
        `${least}ms`,
        `${least - 1n}ms`,
        '106751991167d',
        '106751991168d',
        '-106751991168d',
      ],
      ...['9223372036854775s807ms', '9223372036854775s808ms', '-9223372036854775s808ms', '-9223372036854775s809ms'],
      ...['18446744073709551616ms', `${'0'.repeat(30)}1ms`, `${'9'.repeat(60)}d`],
    ],
  }
  for (const [fn, list] of Object.entries(texts)) {
    it(`${fn}: ${list.length} texts`, () => {
      const edges = samples.filter((sample) => (sample as { __extn?: { fn: string } })?.__extn?.fn === fn)
      const compare = fn === 'decimal' ? 'lessThan' : fn === 'ip' ? 'isInRange' : '<'
      decidesAlike(
        list.flatMap((text) => {
          const read = { [fn]: [value(text)] }
          return [read, ...list.slice(0, 20).map((other) => ({ [fn]: [value(other)] })), ...edges.map(value)].flatMap(
            (other) => [
              { '==': { left: read, right: other } },
              compare === '<' ? { '<': { left: read, right: other } } : { [compare]: [read, other] },
            ],
          )
        }),
      )
    })
  }
})
