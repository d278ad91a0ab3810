import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { contentDisposition, safeFileName } from './file-name.ts'
import { wordsOf } from './words.ts'

describe('the name of a download', () => {
  it('is the last part of what the sender wrote, with its ending', () => {
    assert.equal(safeFileName('übersicht 2026.pdf'), 'übersicht 2026.pdf')
    assert.equal(safeFileName('../../etc/passwd'), 'passwd')
    assert.equal(safeFileName('C:\\temp\\plan.txt'), 'plan.txt')
    assert.equal(safeFileName(`${'x'.repeat(500)}.pdf`), `${'x'.repeat(116)}.pdf`)
  })

  it('hides nothing, and is none that a system keeps for itself', () => {
    assert.equal(safeFileName('invoice\u202efdp.exe'), 'invoicefdp.exe')
    assert.equal(safeFileName('.htaccess '), 'htaccess')
    assert.equal(safeFileName('CON.txt'), '_CON.txt')
    for (const name of [null, '', '...', '/', '\u0000', '\u200b']) assert.equal(safeFileName(name), 'attachment')
  })

  it('ends no header line and no quoted text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const safe = safeFileName(name)
        assert.ok([...safe].length >= 1 && [...safe].length <= 121)
        assert.match(
          contentDisposition(safe),
          /^attachment; filename="[\x20\x21\x23-\x5b\x5d-\x7e]*"; filename\*=UTF-8''[A-Za-z0-9%!._~-]+$/,
        )
      }),
    )
  })
})

describe('the words of a text', () => {
  it('are folded, each once, and cut where people would', () => {
    assert.deepEqual(wordsOf('Invoice INVOICE ｉｎｖｏｉｃｅ straße Ⅳ'), ['invoice', 'straße', 'iv'])
    assert.deepEqual(wordsOf('Ruth <accounts@hollin-timber.example>'), [
      'ruth',
      'accounts',
      'hollin',
      'timber',
      'example',
    ])
    assert.ok(wordsOf('来年四月の視察について').includes('視察'))
    assert.deepEqual(wordsOf(' -- … 🙂'), [])
  })

  it('are at most 64 of at most 64 characters, however long the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (text) => {
        const words = wordsOf(text)
        assert.ok(words.length <= 64 && words.every((word) => word.length >= 1 && word.length <= 64))
        assert.deepEqual(wordsOf(words.join(' ')).length <= 64, true)
      }),
      { numRuns: 50 },
    )
    assert.equal(wordsOf(Array.from({ length: 100 }, (_, number) => `w${number}`).join(' ')).length, 64)
  })
})
