import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Csp } from './csp.ts'
import { isSound, mergeCsp, parseCsp, parseCspHeader, serialiseCsp, withNonce } from './csp.ts'

const parse = (text: string) => parseCsp(text) as Csp
const nonce = 'MDEyMzQ1Njc4OWFiY2RlZg'

describe('a policy', () => {
  it('is read as browsers read it: no case in names, the first of two counts', () => {
    const text = " Default-SRC 'none' ;; script-src\t'self'; SCRIPT-src * ; "
    assert.equal(serialiseCsp(parse(text)), "default-src 'none'; script-src 'self'")
  })

  it('with what no header may hold, or far too long, is none', () => {
    for (const text of ['script-src é', "script-src 'self'\r\nset-cookie: a=b", `img-src ${'a'.repeat(8_200)}`])
      assert.equal(parseCsp(text), null)
  })

  it('of a header with several is several, and each holds', () => {
    assert.deepEqual(
      parseCspHeader(["default-src 'none', script-src 'self'", "img-src 'self'", '  ']).map(serialiseCsp),
      ["default-src 'none'", "script-src 'self'", "img-src 'self'"],
    )
  })

  it('that is given more sources says ’none’ no longer, and keeps what default-src allowed', () => {
    const policy = mergeCsp(parse("default-src 'self'; img-src 'none'; base-uri 'none'"), {
      'img-src': ['data:', 'data:'],
      'font-src': ['https://fonts.example'],
    })
    assert.equal(
      serialiseCsp(policy),
      "default-src 'self'; img-src data:; base-uri 'none'; font-src 'self' https://fonts.example",
    )
  })

  it('with a nonce trusts it and nothing by its address', () => {
    const policy = withNonce(parse("script-src 'self' https://cdn.example 'sha256-abc'; style-src 'self'"), nonce)
    assert.equal(
      serialiseCsp(policy),
      `script-src 'nonce-${nonce}' 'strict-dynamic' 'sha256-abc'; style-src 'self' 'nonce-${nonce}'`,
    )
  })

  it('takes no nonce that would end its directive', () => {
    for (const bad of ['', 'short', `${nonce}'; script-src *`, `${nonce} *`, `${nonce}\r\n`])
      assert.throws(() => withNonce(parse("script-src 'self'"), bad), TypeError)
  })
})

describe('an application’s own policy', () => {
  const sound = (text: string) => isSound(parse(text))

  it('is sound where injected markup can not run', () => {
    for (const text of [
      "default-src 'none'; script-src 'self'; base-uri 'none'",
      "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic' 'unsafe-inline' https:; base-uri 'self'",
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups",
    ])
      assert.equal(sound(text), true, text)
  })

  it('is not where it can', () => {
    for (const text of [
      "img-src 'self'",
      "script-src 'self'; base-uri 'none'",
      "default-src 'none'; script-src 'self'",
      "default-src 'none'; script-src 'self'; base-uri *",
      "default-src 'none'; script-src 'self' 'unsafe-inline'; base-uri 'none'",
      "default-src 'none'; script-src 'self' 'UNSAFE-INLINE'; base-uri 'none'",
      "default-src 'none'; script-src 'self' 'unsafe-eval'; base-uri 'none'",
      "default-src 'none'; script-src https:; base-uri 'none'",
      "default-src 'none'; script-src data:; base-uri 'none'",
      "default-src 'none'; script-src *.example; base-uri 'none'",
      "default-src 'none'; script-src 'strict-dynamic' https:; base-uri 'none'",
      "default-src 'none'; script-src 'self'; script-src-elem *; base-uri 'none'",
      "default-src 'none'; script-src 'self'; script-src-attr 'unsafe-inline'; base-uri 'none'",
      "default-src 'none'; script-src 'self'; worker-src data:; base-uri 'none'",
      "default-src 'none'; script-src 'self'; object-src 'self'; base-uri 'none'",
      "default-src 'self'; sandbox allow-scripts",
      'sandbox allow-forms ALLOW-SCRIPTS',
    ])
      assert.equal(sound(text), false, text)
  })
})
