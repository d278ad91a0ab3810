import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { contentDigest } from './content-digest.ts'
import { SignatureError } from './signature-error.ts'
import { body, headerOf, hmacKey, nowSeconds, plainHead, policyFor, signed, withHeader } from './testing.ts'
import { verifyRequest } from './verify.ts'

const valid = signed({ cover: ['content-type', 'x-list'] })
const pieces = [
  'sig1',
  '=',
  '(',
  ')',
  ' ',
  '"@method"',
  '"@path"',
  '"@query"',
  '"@authority"',
  '"content-digest"',
  '"x-list"',
  ';',
  ',',
  ';sf',
  ';key="a"',
  `;created=${nowSeconds}`,
  ';nonce="n"',
  ';keyid="key_one"',
  ';alg="hmac-sha256"',
  ';expires=1',
  ':',
  'AAAA',
  '?1',
  '"',
  '\\',
  '-',
  '1',
  '.',
  '\t',
  '\r\n',
  '\u0000',
  'é',
  '*',
  '@',
  '%',
  headerOf(valid, 'signature-input'),
  headerOf(valid, 'signature'),
  contentDigest(body),
]
const garbage = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join('')),
)

/** Whatever came, the answer is a request that holds or the one error. */
async function isAnswered(head: typeof plainHead, bytes: Uint8Array): Promise<boolean> {
  try {
    await verifyRequest(head, bytes, policyFor('key_one', hmacKey, nowSeconds))
    return true
  } catch (error) {
    assert.ok(error instanceof SignatureError, String(error))
    return false
  }
}

describe('whatever a stranger sends', () => {
  test('in the three headers, is refused with the one error', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('signature-input', 'signature', 'content-digest'),
        garbage,
        async (name, value) => {
          fc.pre(value.trim() !== headerOf(valid, name))
          assert.equal(await isAnswered(withHeader(valid, name, value), body), false)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('as method, target, authority, header or body, is refused with the one error', { timeout: 60_000 }, async () => {
    const part = fc.constantFrom('method', 'target', 'authority', 'content-type', 'body')
    await fc.assert(
      fc.asyncProperty(part, garbage, async (name, value) => {
        const head =
          name === 'body'
            ? valid
            : name === 'content-type'
              ? withHeader(valid, name, value)
              : { ...valid, [name]: value }
        assert.equal(await isAnswered(head, name === 'body' ? Buffer.from(value) : body), false)
      }),
      { numRuns: 1_000 },
    )
  })

  test('with one character changed, left out or put in, is refused', { timeout: 60_000 }, async () => {
    const text = headerOf(valid, 'signature-input')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom(0, 1),
        fc.string({ maxLength: 2 }),
        async (at, cut, put) => {
          const changed = text.slice(0, at) + put + text.slice(at + cut)
          // Space between two items means nothing, nor do zeros before a number (RFC 9651 §4.2.4): what is signed is the one form that
          // they are written in.
          const plain = (one: string) => one.replaceAll(' ', '').replace(/=0+(?=\d)/g, '=')
          fc.pre(plain(changed) !== plain(text))
          assert.equal(await isAnswered(withHeader(valid, 'signature-input', changed), body), false, changed)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  test('a request of any method, path, query and body holds when it was signed', { timeout: 60_000 }, async () => {
    const visible = fc.string({
      unit: fc.constantFrom(...'abzAZ019-._~%2F!$&\'()*+,;=:@"<>[]{}|^`\\'.split('')),
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'patch', 'M-SEARCH'),
        visible,
        fc.option(visible),
        fc.uint8Array(),
        async (method, path, query, bytes) => {
          const head = { ...plainHead, method, target: `/${path}${query === null ? '' : `?${query}`}` }
          assert.ok(await isAnswered(signed({}, head, bytes), bytes))
        },
      ),
      { numRuns: 500 },
    )
  })
})
