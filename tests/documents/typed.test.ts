import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { root } from '../../tools/suite.ts'
import { documents, fencesOf, textOf } from './markdown.ts'

const folder = mkdtempSync(join(tmpdir(), 'custodia-typed-'))
after(() => rmSync(folder, { recursive: true }))

/** Pieces of TypeScript in the documents: not whole programs, but what they call is there, and takes what they give it. */
const pieces = documents().flatMap((document) =>
  fencesOf(textOf(document)).flatMap(({ language, text }, i) =>
    language === 'ts' ? [{ file: `${document.replaceAll(/[^A-Za-z-]/g, '-')}-${i}.ts`, text }] : [],
  ),
)

/** A piece as a module. What it takes from around it is of any type. */
function write({ file, text }: (typeof pieces)[number], around: readonly string[]): void {
  // A dash of dots at the end of a line stands for what the reader does there.
  const lines = text.replaceAll(/\) …$/gm, ') {}').split('\n')
  const imports = lines.filter((line) => line.startsWith('import '))
  const inner = (line: string, i: number) =>
    line.replace(/^export default /, `const given${i} = `).replace(/^export /, '')
  const rest = lines.filter((line) => !line.startsWith('import ')).map(inner)
  const declared = around.map((name) => `declare const ${name}: any\n`).join('')
  writeFileSync(
    join(folder, file),
    `${imports.join('\n')}\n${declared}export async function piece() {\n${rest.join('\n')}\n}\n`,
  )
}

/** What the compiler says of the pieces; of the sources `tsc` says it elsewhere. */
function compile(): string {
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('..'))
    .join('\n')
    .trim()
}

test('what pieces of TypeScript in the documents call is there, and takes what they give it', () => {
  assert.ok(pieces.length >= 10)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = { lib: ['esnext'], noImplicitAny: false }
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  for (const piece of pieces) write(piece, [])
  const missing = [...compile().matchAll(/^(\S+?)\(\d+,\d+\): error TS(?:2304|2552|2584|18004): [^']*'(\w+)'/gm)]
  for (const piece of pieces) {
    const names = missing.flatMap(([, file, name]) => (file === piece.file && name !== undefined ? [name] : []))
    write(piece, [...new Set(names)])
  }
  assert.equal(compile(), '')
})
