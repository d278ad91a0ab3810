import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'custodia-lint-'))
after(() => rmSync(folder, { recursive: true }))
const rules = fileURLToPath(new URL('./custodia.grit', import.meta.url))
const biome = fileURLToPath(new URL('../../../node_modules/.bin/biome', import.meta.url))
writeFileSync(join(folder, 'biome.json'), JSON.stringify({ plugins: [rules], linter: { rules: { preset: 'none' } } }))

/** The lines of a program that the rules say something of, with what they say. */
function told(lines: readonly string[]): Map<number, string> {
  writeFileSync(join(folder, 'program.ts'), `${lines.join('\n')}\n`)
  const { stdout, stderr } = spawnSync(biome, ['lint', '--max-diagnostics=100', 'program.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const found = `${stdout}${stderr}`.matchAll(/^program\.ts:(\d+):\d+ plugin[^\n]*\n\s*× ([^\n]+)/gm)
  return new Map([...found].map(([, line, message]) => [Number(line), String(message)]))
}

const wrong: readonly (readonly [string, string])[] = [
  ['element.innerHTML = name', 'html'],
  [`element.outerHTML = \`<b>\${name}</b>\``, 'html'],
  [`element.insertAdjacentHTML('beforeend', name)`, 'html'],
  ['document.write(name)', 'html'],
  [`await pool.query(\`select * from notes where owner = '\${owner}'\`)`, 'sql'],
  [`await pool.query('select * from notes where owner = ' + owner, [])`, 'sql'],
  [`database.prepare(\`select \${column} from notes\`)`, 'sql'],
  [`exec(\`convert \${file}\`, done)`, 'shell'],
  [`execSync('convert ' + file)`, 'shell'],
  [`child.exec(\`ls \${folder}\`)`, 'shell'],
  ['path.join(folder, request.params.name)', 'safe-path'],
  ['join(folder, req.query.file)', 'safe-path'],
]

test('each way to put text together that a helper is for is pointed to that helper', () => {
  const found = told(wrong.map(([line]) => line))
  for (const [i, [line, helper]] of wrong.entries())
    assert.match(found.get(i + 1) ?? '', new RegExp(`@custodia/sdk/output/${helper}`), line)
})

test('what uses the helpers, or puts nothing together, is left alone', () => {
  const right = [
    'element.textContent = name',
    `await pool.query('select * from notes where owner = $1', [owner])`,
    `await pool.query(sql\`select * from notes where owner = \${owner}\`)`,
    'await pool.query(`select 1`)',
    `database.prepare('select 1')`,
    `await run(shell\`convert \${file}\`)`,
    `execFile('convert', [file])`,
    `path.join(folder, 'fixed')`,
    'safePath(folder, request.params.name)',
  ]
  assert.deepEqual(told(right), new Map())
})
