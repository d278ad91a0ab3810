import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import type { House } from '../../tools/reference/describe-house.ts'
import { describeHouse } from '../../tools/reference/describe-house.ts'
import { referencePages } from '../../tools/reference/pages.ts'
import { root } from '../../tools/suite.ts'

const folder = join(root, 'docs/reference')

describe('docs/reference', () => {
  let house: House
  let pages: Readonly<Record<string, string>>
  before(async () => {
    house = await describeHouse()
    pages = referencePages(house)
  })

  test('holds the pages that are generated, and no other', () => {
    assert.deepEqual(readdirSync(folder).sort(), Object.keys(pages).sort())
  })

  test('says what the manifests say; otherwise run `node tools/reference.ts`', () => {
    for (const [name, text] of Object.entries(pages)) {
      const committed = readFileSync(join(folder, name), 'utf8')
      const [had, has] = [committed.split('\n'), text.split('\n')]
      assert.deepEqual(
        has.filter((line) => !had.includes(line)),
        [],
        `${name} lacks this`,
      )
      assert.deepEqual(
        had.filter((line) => !has.includes(line)),
        [],
        `${name} has this still`,
      )
      assert.ok(committed === text, `${name} has its lines in another order`)
    }
  })

  test('leaves nothing out that is declared', () => {
    const declared: readonly [page: string, names: readonly string[]][] = [
      ['configuration.md', house.settings.flatMap(({ environment, file }) => [environment, `\`${file}\``])],
      ['errors.md', house.errors.flatMap(({ errors }) => Object.keys(errors))],
      ['events.md', Object.keys(house.events)],
      ['permissions.md', house.permissions.flatMap(({ permissions }) => Object.keys(permissions))],
      ['routes.md', Object.keys(house.openApi.paths)],
      ['metrics.md', [...house.metrics.matchAll(/^# HELP (custodia_\S+)/gm)].map(([, name]) => name as string)],
    ]
    for (const [page, names] of declared) {
      assert.ok(names.length >= 5, `${page}: only ${names.length} are declared`)
      for (const name of names) assert.ok(pages[page]?.includes(name), `${page} does not name ${name}`)
    }
  })

  test('shows no error code twice: two meanings of one code would be none', () => {
    const codes = house.errors.flatMap(({ errors }) => Object.keys(errors))
    assert.deepEqual(codes.toSorted(), [...new Set(codes)].sort())
  })

  test('names nothing of the machine that wrote it', () => {
    for (const [name, text] of Object.entries(pages))
      assert.doesNotMatch(text, /\/tmp\/|\/work\/|\/home\/|\/root\//, name)
  })
})
