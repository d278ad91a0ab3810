import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { signatureReasons } from '../../packages/wire/src/http-signatures/signature-error.ts'
import { root } from '../../tools/suite.ts'
import { Reader } from './reader.ts'

describe('whoever follows the guide to signed requests', { timeout: 120_000 }, () => {
  test('signs a request, and sees it refused the second time and with another body', async (t) => {
    const reader = await Reader.arrive()
    t.after(() => reader.leave())
    const output = (await reader.follow('docs/guide/sign-requests.md')).at(-1)?.output ?? ''
    assert.match(output, /^reports ordered 3$/m)
    assert.match(output, /^sig1=\("@method" "@authority" "@path" "@query" "content-digest" "content-type"\);created=/m)
    assert.match(output, /^refused: nonce\nagain: 401\nrefused: digest\nanother body: 401$/m)
  })

  test('finds every reason of a refusal in the specification, in the words of the code', () => {
    const text = readFileSync(join(root, 'docs/specs/signed-requests.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| ([A-Z].*\.) \|$/gm)].map(([, name, why]) => [name, why])
    assert.deepEqual(rows, Object.entries(signatureReasons))
  })
})
