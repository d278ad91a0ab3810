import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from '../../tools/suite.ts'
import { fencesOf, textOf } from './markdown.ts'
import { pitfalls } from './pitfalls-attacks.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-pitfalls-'))
after(() => rmSync(folder, { recursive: true }))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
for (const kind of ['wrong', 'right']) mkdirSync(join(folder, kind))
const fences = fencesOf(textOf('docs/guide/pitfalls.md'))
for (const { file, text } of fences) writeFileSync(join(folder, file ?? 'unnamed'), text)

const names = (kind: string) =>
  fences.flatMap(({ file }) => (file?.startsWith(`${kind}/`) ? [file.slice(kind.length + 1).replace('.mjs', '')] : []))
const load = (file: string) => import(pathToFileURL(join(folder, file)).href)
const succeeds = async (act: () => unknown) => {
  try {
    return Boolean(await act())
  } catch {
    return false
  }
}

describe('the page of pitfalls', () => {
  test('has an attack for each, and for each a wrong and a right way', () => {
    assert.ok(names('wrong').length >= 20)
    assert.deepEqual(names('wrong'), names('right'))
    assert.deepEqual(names('wrong').toSorted(), Object.keys(pitfalls).sort())
    assert.equal(fences.length, 2 * names('wrong').length)
  })

  for (const [name, { works, attack }] of Object.entries(pitfalls)) {
    test(`${name}: the attack succeeds against the wrong code, and not against the right one`, async () => {
      const wrong = await load(`wrong/${name}.mjs`)
      const right = await load(`right/${name}.mjs`)
      // Code that does nothing would hold against everything.
      for (const snippet of works === undefined ? [] : [wrong, right])
        assert.ok(await works?.(snippet), 'does its work')
      assert.equal(await succeeds(() => attack(wrong)), true, 'the wrong code lets it happen')
      assert.equal(await succeeds(() => attack(right)), false, 'the right code does not')
    })
  }

  test('shows code of which the lint rules find what they are for, and nothing where it is right', () => {
    const plugins = [join(root, 'packages/sdk/lint/custodia.grit')]
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ plugins, linter: { rules: { preset: 'none' } } }))
    const { stdout, stderr } = spawnSync(
      join(root, 'node_modules/.bin/biome'),
      ['lint', '--max-diagnostics=100', 'wrong', 'right'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    const found = [...`${stdout}${stderr}`.matchAll(/^(\w+\/[\w-]+)\.mjs:\d+:\d+ plugin/gm)].map(([, file]) => file)
    assert.deepEqual([...new Set(found)].sort(), ['wrong/commands', 'wrong/paths', 'wrong/statements'])
  })
})
