import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { root } from '../../tools/suite.ts'
import { anchorsOf, documents, inlineCodeOf, linksOf, textOf } from './markdown.ts'

/** Folders whose files documents name from the root. */
const named = /^(?:server|packages|console|examples|tests|tools|bench|docs)\/[\w./@-]+$/

describe('the documents', () => {
  test('are found: a list that lost most of them would check nothing', () => {
    const found = documents()
    assert.ok(found.length >= 30, `${found.length} documents`)
    for (const one of ['README.md', 'SECURITY.md', 'docs/guide/first-run.md', 'docs/reference/errors.md'])
      assert.ok(found.includes(one), one)
  })

  test('link to files and headings that exist', () => {
    let links = 0
    for (const document of documents())
      for (const target of linksOf(textOf(document))) {
        if (/^(?:https?|mailto):/.test(target)) continue
        links += 1
        const [path = '', anchor] = target.split('#') as [string, string?]
        const file = path === '' ? document : normalize(join(dirname(document), path))
        assert.ok(existsSync(join(root, file)), `${document} → ${target}`)
        if (anchor !== undefined)
          assert.ok(anchorsOf(textOf(file)).has(anchor), `${document} → ${target}: no such heading`)
      }
    assert.ok(links >= 30, `${links} links`)
  })

  test('name files and folders of this repository that exist', () => {
    let files = 0
    for (const document of documents())
      for (const code of inlineCodeOf(textOf(document))) {
        if (!named.test(code) || code.includes('*')) continue
        files += 1
        assert.ok(existsSync(join(root, code)), `${document}: ${code}`)
      }
    assert.ok(files >= 30, `${files} files`)
  })

  test('say of each module and package what it is', () => {
    const folders = globSync(['server/*/module.ts', 'packages/*/package.json', 'examples/*/package.json'], {
      cwd: root,
    })
    assert.ok(folders.length >= 15)
    for (const file of folders) assert.ok(existsSync(join(root, dirname(file), 'README.md')), dirname(file))
  })

  test('name figures that there are', () => {
    // Those of TLS are there only where it is on, and so in no reference.
    const ofTls = ['certificate.ts', 'doors.ts'].map((file) => textOf(`server/platform/http/transport/${file}`))
    const there = textOf('docs/reference/metrics.md') + ofTls.join('')
    let figures = 0
    for (const document of documents())
      for (const [name] of textOf(document).matchAll(/\bcustodia_[a-z_]+_[a-z]+\b/g)) {
        if (/^custodia_(?:app|ledger)$/.test(name)) continue
        figures += 1
        assert.ok(there.includes(name), `${document}: ${name}`)
      }
    assert.ok(figures >= 20, `${figures} figures`)
  })

  test('lead nowhere outside but to standards and public projects by their names', () => {
    for (const document of documents())
      for (const target of linksOf(textOf(document))) assert.doesNotMatch(target, /^http:/, `${document} → ${target}`)
  })
})

describe('SECURITY.md', () => {
  const rows = /## Threat by threat\n\n([\s\S]+?)\n\n/.exec(textOf('SECURITY.md'))?.[1]?.split('\n').slice(2) ?? []

  test('names, for every threat, where it is met: a file or folder that exists', () => {
    assert.ok(rows.length >= 12, `${rows.length} threats`)
    for (const row of rows) {
      const cells = row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, ''))
      assert.equal(cells.length, 3, row)
      const places = inlineCodeOf(cells[2] as string)
      assert.ok(places.length > 0, `nothing is named for: ${cells[0]}`)
      for (const place of places) assert.ok(existsSync(join(root, place)), `${cells[0]}: ${place}`)
    }
  })

  test('shows each answer at the edge by a test that is there', () => {
    const table =
      /\| attack \| answer \| shown by \|\n\|[- |]+\|\n([\s\S]+?)\n\n/.exec(textOf('SECURITY.md'))?.[1] ?? ''
    const answers = table.split('\n')
    assert.ok(answers.length >= 20, `${answers.length} answers`)
    for (const row of answers) {
      const tests = linksOf(row.split(' | ').at(-1) as string)
      assert.ok(tests.length > 0, `nothing shows this: ${row}`)
      for (const one of tests) {
        assert.match(one, /\.test\.ts$/, row)
        assert.match(textOf(one), /\b(?:test|it)\(/, `${one} tests nothing`)
      }
    }
  })
})
