import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fencesOf, textOf } from './markdown.ts'
import { Reader } from './reader.ts'

/** What the guides to the edge say that an application does itself, and what it prints. */
const programs = {
  'docs/guide/browser-defences.md': {
    program: 'notes/inside.mjs',
    prints:
      /^ script-src 'nonce-([\w-]{24})' 'strict-dynamic' <script nonce="\1">go\(\)<\/script>\n403 CROSS_SITE_REFUSED$/m,
  },
  'docs/guide/input.md': {
    program: 'notes/input.mjs',
    prints: /^200 ordered 3\n400 body\.count\n400 body\.__proto__\n400 body\.count$/m,
  },
  'docs/guide/uploads.md': {
    program: 'notes/photos.mjs',
    prints: /^200 attachment; filename="lake\.png"; filename\*=UTF-8''lake\.png\n422 content-mismatch$/m,
  },
} as const

describe('whoever has the defences inside their application, as the guides say', { timeout: 120_000 }, () => {
  for (const [guide, { program, prints }] of Object.entries(programs))
    test(`${guide}: ${program}`, async (t) => {
      const reader = await Reader.arrive()
      t.after(() => reader.leave())
      const others = fencesOf(textOf(guide)).filter(
        ({ language, text }) => language === 'sh' && !text.includes(program),
      )
      const done = await reader.follow(guide, undefined, new Set(others.map(({ text }) => text)))
      assert.equal(done.length, 1)
      assert.match(done[0]?.output ?? '', prints)
    })
})
