import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { root } from '../../tools/suite.ts'
import { textOf } from './markdown.ts'

type Manifest = {
  readonly workspaces?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
const folders = ['.', ...(manifestOf('.').workspaces ?? [])]

/** What runs, as `name version`; our own packages are no dependencies in this sense. */
const running = folders.flatMap((folder) => {
  const { dependencies, optionalDependencies } = manifestOf(folder)
  return Object.entries({ ...dependencies, ...optionalDependencies }).filter(([name]) => !name.startsWith('@custodia/'))
})

const listed = [
  ...textOf('docs/decisions/dependencies.md').matchAll(/^\| `([^`]+)` \| (\S+) \| ([^|]+) \| ([^|]+) \|$/gm),
]

describe('docs/decisions/dependencies.md', () => {
  test('lists exactly what the package.json files depend on, in their versions', () => {
    const wanted = [...new Set(running.map(([name, version]) => `${name} ${version}`))].sort()
    assert.ok(wanted.length >= 20)
    assert.deepEqual(
      listed.map(([, name, version]) => `${name} ${version}`),
      wanted,
    )
  })

  test('gives each a reason', () => {
    for (const [, name = '', , by = '', why = ''] of listed) assert.ok(by.trim() !== '' && why.trim().length >= 8, name)
  })
})

test('every dependency, of tools too, is pinned to one version', () => {
  for (const folder of folders) {
    const { dependencies, optionalDependencies, devDependencies } = manifestOf(folder)
    for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies }))
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, `${folder}: ${name}`)
  }
})
