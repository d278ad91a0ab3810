import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkSources, propose } from './propose.ts'

const one = (directive: string, blocked: string) => propose([{ directive, blocked, count: 3 }], [])
const hash = `sha256-${'A'.repeat(43)}=`

describe('a proposal', () => {
  it('names the origin that was missing, and how often', () => {
    assert.deepEqual(one('img-src', 'https://cdn.example').lines, [
      { directive: 'img-src', source: 'https://cdn.example', count: 3, weakens: false },
    ])
    assert.deepEqual(one('font-src', 'data:').lines[0]?.source, 'data:')
  })

  it('says what would weaken the policy', () => {
    for (const [directive, blocked] of [
      ['script-src-elem', 'https://cdn.example'],
      ['script-src-elem', 'data:'],
      ['script-src', 'eval'],
      ['require-trusted-types-for', 'trusted-types'],
      ['base-uri', 'https://evil.example'],
      ['style-src-elem', 'inline'],
    ] as const)
      assert.equal(one(directive, blocked).lines[0]?.weakens, true, directive)
    assert.equal(one('style-src-attr', 'inline').lines[0]?.weakens, false)
  })

  it('never allows all inline scripts: it names those that were served, or says that the application has to change', () => {
    assert.deepEqual(one('script-src-elem', 'inline').lines, [])
    assert.equal(one('script-src-elem', 'inline').unresolved.length, 1)
    assert.deepEqual(one('script-src-attr', 'inline').lines, [])
    const known = propose(
      [{ directive: 'script-src-elem', blocked: 'inline', count: 1 }],
      [{ element: 'script', hash }],
    )
    assert.deepEqual(known.lines, [{ directive: 'script-src', source: `'${hash}'`, count: 1, weakens: false }])
  })

  it('makes nothing of what nobody can allow', () => {
    assert.equal(one('img-src', 'other').unresolved.length, 1)
    assert.equal(one('sandbox', 'inline').unresolved.length, 1)
  })
})

it('what is to be allowed is checked, word by word', () => {
  assert.deepEqual(checkSources({ 'img-src': ['https://cdn.example', 'data:'], 'script-src': [`'${hash}'`] }, 's'), {
    'img-src': ['https://cdn.example', 'data:'],
    'script-src': [`'${hash}'`],
  })
  for (const source of [
    '*',
    'https:',
    'https://*.example',
    "'none'; script-src *",
    "'nonce-abc'",
    'cdn.example',
    7,
    '',
  ])
    assert.throws(() => checkSources({ 'img-src': [source] }, 's'), /s\.img-src/, String(source))
  for (const directive of ['default-src', 'report-uri', 'sandbox', '__proto__x', ''])
    assert.throws(() => checkSources({ [directive]: [] }, 's'))
  assert.throws(() => checkSources([], 's'))
  assert.throws(() => checkSources({ 'img-src': Array.from({ length: 51 }, () => 'data:') }, 's'))
})
