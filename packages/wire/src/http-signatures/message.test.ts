import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RequestHead } from './message.ts'
import { componentValue, normalizeAuthority } from './message.ts'
import { receivedHead } from './received-head.ts'
import { signatureBase } from './signature-base.ts'
import type { InnerList } from './structured-fields.ts'
import { parseDictionary } from './structured-fields.ts'
import { body, headerOf, hmacKey, nowSeconds, plainHead, policyFor, refused, signed, withHeader } from './testing.ts'
import { verifyRequest } from './verify.ts'

const partsOf = (target: string) => [
  componentValue({ ...plainHead, target }, '@path'),
  componentValue({ ...plainHead, target }, '@query'),
]
const verify = (head: RequestHead, authorities = ['example.com']) =>
  verifyRequest(head, body, { ...policyFor('key_one', hmacKey, nowSeconds), authorities })

describe('the authority', () => {
  test('is one whatever its case, with or without the default port of its scheme', async () => {
    for (const same of ['example.com', 'EXAMPLE.com', 'example.com:443', 'Example.Com:443'])
      assert.equal(normalizeAuthority(same, 'https'), 'example.com')
    assert.equal(normalizeAuthority('example.com:80', 'http'), 'example.com')
    assert.equal(normalizeAuthority('[2001:DB8::1]:80', 'http'), '[2001:db8::1]')
    await verify({ ...signed(), authority: 'EXAMPLE.com:443' }, ['Example.COM'])
  })

  test('is another one with another port, the other scheme’s included', async () => {
    assert.equal(normalizeAuthority('example.com:80', 'https'), 'example.com:80')
    assert.equal(normalizeAuthority('example.com:8443', 'https'), 'example.com:8443')
    for (const other of ['example.com:80', 'example.com:8443', 'example.com.', 'www.example.com'])
      await assert.rejects(verify({ ...signed(), authority: other }), refused('authority'))
    await assert.rejects(
      verify({ ...signed(), authority: 'example.com:8443' }, ['example.com:8443']),
      refused('signature'),
    )
  })

  test('of another server is refused there, though its signature holds', async () => {
    await assert.rejects(verify(signed(), ['example.net', 'example.com:8443']), refused('authority'))
    await assert.rejects(verify(signed(), []), refused('authority'))
  })

  test('is refused in every form that two readers may take for two servers', async () => {
    const forms = [
      '',
      ' ',
      'example.com ',
      ' example.com',
      'example.com:',
      'example.com:x',
      'example.com:443:443',
      'a@example.com',
      'example.com/x',
      'example.com, example.com',
      'example.com,evil',
      'exam\u212Ale.com',
      'bücher.example',
      'example.com\r\nx: y',
      'example.com?',
      'example.com#',
      '[::1',
      '::1',
      '[::1]x',
      'x'.repeat(254),
      'example.com\\@evil',
      'example%2ecom',
      'example.com\u0000',
    ]
    for (const authority of forms) await assert.rejects(verify({ ...signed(), authority }), refused('message'))
  })
})

describe('path and query', () => {
  test('are taken byte for byte', () => {
    assert.deepEqual(partsOf('/'), ['/', '?'])
    assert.deepEqual(partsOf('/a'), ['/a', '?'])
    assert.deepEqual(partsOf('/a?'), ['/a', '?'])
    assert.deepEqual(partsOf('/a??b'), ['/a', '??b'])
    assert.deepEqual(partsOf('/a?b?c=/d?'), ['/a', '?b?c=/d?'])
    assert.deepEqual(partsOf('/a%2fb/../%41//?x=%20+&x='), ['/a%2fb/../%41//', '?x=%20+&x='])
    assert.equal(componentValue(plainHead, '@request-target'), plainHead.target)
    assert.equal(componentValue(plainHead, '@target-uri'), `https://example.com${plainHead.target}`)
    assert.equal(componentValue(plainHead, '@scheme'), 'https')
  })

  test('that a server may take for the same are two to a signature', async () => {
    const pairs = [
      ['/b', '/a/../b'],
      ['/b', '/./b'],
      ['/b', '//b'],
      ['/b', '/b/'],
      ['/b', '/%62'],
      ['/%2f', '/%2F'],
      ['/b', '/B'],
      ['/b', '/b;x'],
      ['/b?x=1&y=2', '/b?y=2&x=1'],
      ['/b?x=%20', '/b?x=+'],
      ['/b?x', '/b?x='],
      ['/b?', '/b??'],
      ['/b?x', '/b?x&'],
      ['/b?x=a', '/b?x=%61'],
    ] as const
    for (const [one, other] of pairs) {
      await verify(signed({}, { ...plainHead, target: one }))
      await assert.rejects(
        verify({ ...signed({}, { ...plainHead, target: one }), target: other }),
        refused('signature'),
      )
      await assert.rejects(
        verify({ ...signed({}, { ...plainHead, target: other }), target: one }),
        refused('signature'),
      )
    }
  })

  test('do not run into each other', async () => {
    const head = signed({}, { ...plainHead, target: '/a?b' })
    await assert.rejects(verify({ ...head, target: '/a%3Fb' }), refused('signature'))
  })

  test('must be a target in origin form', async () => {
    for (const target of [
      '',
      '*',
      'a',
      'http://example.com/a',
      'example.com:443',
      '/a b',
      '/a#b',
      '/é',
      '/a\r\nb',
      '/a\u0000',
      '/a\t',
      `/${'a'.repeat(8_192)}`,
    ])
      await assert.rejects(verify({ ...signed(), target }), refused('message'))
    for (const method of ['', 'GET ', 'GE T', 'GÉT', 'POST\n"@path": /x', 'G'.repeat(33)])
      await assert.rejects(verify({ ...signed(), method }), refused('message'))
  })
})

describe('a header', () => {
  const base = (head: RequestHead, name: string) =>
    signatureBase(head, parseDictionary(`a=("${name}")`).get('a') as InnerList).split('\n')[0]

  test('is joined from its lines, without the space around each, under a name in lower case', () => {
    const head = {
      ...plainHead,
      headers: [
        ['X-LIST', ' one\t'],
        ['other', 'x'],
        ['x-list', ''],
        ['X-List', 'two, three '],
      ],
    } as RequestHead
    assert.equal(base(head, 'x-list'), '"x-list": one, , two, three')
    assert.equal(base({ ...plainHead, headers: [['X-Empty', '']] }, 'x-empty'), '"x-empty": ')
  })

  test('may change the case of its name and its place among others, not its lines', async () => {
    const head = signed()
    await verify({
      ...head,
      headers: head.headers
        .map(([name, value]) => [name.toUpperCase(), value] as const)
        .sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1)),
    })
    await assert.rejects(verify(withHeader(head, 'x-list', 'two', 'one')), refused('signature'))
    await assert.rejects(
      verify({ ...head, headers: [...head.headers, ['Content-Type', 'text/html']] }),
      refused('signature'),
    )
    await assert.rejects(
      verify({ ...head, headers: [['content-type', 'text/html'], ...head.headers] }),
      refused('signature'),
    )
  })

  test('with a line break, a folded line, a control character or what is not ASCII is refused, by both sides', async () => {
    for (const odd of [
      'application/json\r\n "@path": /x',
      'a\n b',
      'a\r\n\tb',
      'a\rb',
      'a\u0000b',
      'a\u007fb',
      'caf\u00e9',
      '\u00a0a',
    ]) {
      await assert.rejects(verify(withHeader(signed(), 'content-type', odd)), refused('message'))
      assert.throws(() => signed({}, withHeader(plainHead, 'content-type', odd)), refused('message'))
    }
  })

  test('cannot be made to look like another line of the base', async () => {
    const head = signed({}, withHeader(plainHead, 'content-type', 'a "x-list": b'))
    await verify(head)
    await assert.rejects(verify(withHeader(withHeader(head, 'content-type', 'a'), 'x-list', 'b')), refused('signature'))
  })

  test('that carries the signature is refused when it comes twice under one label, or in parts', async () => {
    const head = signed()
    const input = headerOf(head, 'signature-input')
    const signature = headerOf(head, 'signature')
    await assert.rejects(verify(withHeader(head, 'signature-input', input, input)), refused('form'))
    await assert.rejects(verify(withHeader(head, 'signature', signature, signature)), refused('form'))
    await assert.rejects(verify(withHeader(head, 'signature', `${signature}, sig1=:AA==:`)), refused('form'))
    await assert.rejects(verify(withHeader(head, 'signature-input')), refused('missing'))
    await assert.rejects(verify(withHeader(head, 'signature')), refused('missing'))
    for (const odd of [
      '',
      'sig1',
      'sig1=()',
      'sig1="x"',
      'sig1=:AA==:;x',
      'sig1=AA==',
      ' , ',
      'sig1=:AA==: x',
      `sig1=:${'A'.repeat(4_096)}:`,
    ])
      await assert.rejects(verify(withHeader(head, 'signature', odd)), refused('form'), odd)
    for (const odd of [
      '',
      'sig1',
      'sig1=1',
      'sig1="x"',
      `${input},`,
      `${input};`,
      `${input} x`,
      `${input}, x=${'x'.repeat(4_096)}`,
    ])
      await assert.rejects(verify(withHeader(head, 'signature-input', odd)), refused('form'), odd)
  })

  test('with two signatures needs to be told which one is meant', async () => {
    const first = signed()
    const second = signed({ label: 'two', nonce: 'nonce-0002' })
    const both = withHeader(
      withHeader(first, 'signature-input', headerOf(first, 'signature-input'), headerOf(second, 'signature-input')),
      'signature',
      headerOf(first, 'signature'),
      headerOf(second, 'signature'),
    )
    const policy = policyFor('key_one', hmacKey, nowSeconds)
    assert.equal((await verifyRequest(both, body, { ...policy, label: 'two' })).nonce.nonce, 'nonce-0002')
    await assert.rejects(verify(both), refused('label'))
    await assert.rejects(verifyRequest(both, body, { ...policy, label: 'three' }), refused('label'))
    await assert.rejects(verify(withHeader(first, 'signature', headerOf(second, 'signature'))), refused('label'))
    await assert.rejects(verify(withHeader(both, 'signature', headerOf(first, 'signature'))), refused('label'))
    const crowd = Array.from({ length: 9 }, (_, at) => `x${at}=()`).join(', ')
    const crowded = withHeader(first, 'signature-input', headerOf(first, 'signature-input'), crowd)
    await assert.rejects(verifyRequest(crowded, body, { ...policy, label: 'sig1' }), refused('form'))
    // The signature of one under the parameters of the other.
    const swapped = withHeader(
      both,
      'signature',
      headerOf(first, 'signature').replace('sig1', 'two'),
      headerOf(second, 'signature').replace('two', 'sig1'),
    )
    await assert.rejects(verifyRequest(swapped, body, { ...policy, label: 'two' }), refused('signature'))
  })
})

describe('what Node received', () => {
  const lines = (...rawHeaders: string[]) => receivedHead({ method: 'GET', url: '/a', rawHeaders }, 'https')

  test('is taken line by line, duplicates too', () => {
    assert.deepEqual(lines('Host', 'example.com', 'X-A', '1', 'x-a', '2'), {
      method: 'GET',
      scheme: 'https',
      authority: 'example.com',
      target: '/a',
      headers: [
        ['Host', 'example.com'],
        ['X-A', '1'],
        ['x-a', '2'],
      ],
    })
    const http2 = lines(':method', 'GET', ':authority', 'example.com', ':path', '/a', 'x-a', '1')
    assert.deepEqual([http2.authority, http2.headers], ['example.com', [['x-a', '1']]])
    assert.equal(lines(':authority', 'example.com', 'host', 'example.com').authority, 'example.com')
  })

  test('has one Host', () => {
    assert.throws(() => lines('X-A', '1'), refused('message'))
    assert.throws(() => lines('Host', 'example.com', 'host', 'example.com'), refused('message'))
    assert.throws(() => lines('Host', 'example.com', 'host', 'example.net'), refused('message'))
    assert.throws(() => lines(':authority', 'example.com', 'host', 'example.net'), refused('message'))
  })
})
