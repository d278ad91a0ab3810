import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'custodia-sdk-build-'))
after(() => rmSync(folder, { recursive: true }))

describe('the package that is published', () => {
  const installed = join(folder, 'node_modules/@custodia/sdk')
  execFileSync(process.execPath, [join(root, 'packages/sdk/build.ts'), installed])
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }

  it('works where it was installed, with what it says it depends on and nothing else', () => {
    const program = join(folder, 'program.mjs')
    writeFileSync(
      program,
      `import { createCustodia, createSignatureVerifier, createSignedFetch, plannedBits } from '@custodia/sdk'
       import { custodiaExpress } from '@custodia/sdk/express'
       import { custodiaFastify } from '@custodia/sdk/fastify'
       import { custodiaHono } from '@custodia/sdk/hono'
       const custodia = createCustodia({ url: 'http://custodia.localhost:9', application: 'inbox', key: 'k'.repeat(20) })
       const codes = []
       for (const act of [
         () => custodia.identify('a.b.c'),
         () => custodia.collection('messages', { schemaVersion: 1 }).seal({ subject: 's', record: 'r', fields: { f: 'x' } }),
       ]) await act().catch((error) => codes.push(error.code))
       const key = { algorithm: 'hmac-sha256', secret: new Uint8Array(32) }
       const verifier = createSignatureVerifier({ authorities: ['api.example'], lookUp: () => key })
       const fetch = createSignedFetch({ keyId: 'k', key, fetch: (url, init) => verifier.verifyFetchRequest(new Request(url, init)) })
       codes.push((await fetch('https://api.example/', { method: 'POST', body: 'x' })).keyId)
       console.log(JSON.stringify([codes, plannedBits(1000), typeof custodiaExpress, typeof custodiaFastify, typeof custodiaHono]))`,
    )
    const out = execFileSync(process.execPath, [program], { encoding: 'utf8' })
    const codes = ['ASSERTION_INVALID', 'CUSTODIA_UNREACHABLE', 'k']
    assert.deepEqual(JSON.parse(out), [codes, 8, 'function', 'function', 'function'])
  })

  it('tells TypeScript its types, without our sources', () => {
    mkdirSync(join(folder, 'node_modules/@types'))
    symlinkSync(join(root, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))
    writeFileSync(
      join(folder, 'use.mts'),
      `import { createCustodia } from '@custodia/sdk'
       const custodia = createCustodia({ url: '', application: '' })
       const messages = custodia.collection('messages', { schemaVersion: 1 })
       const sealed = await messages.seal({ subject: 's', record: 'r', fields: { body: 'x' } })
       const all: { body: string }[] = await messages.openText([{ subject: 's', record: 'r', fields: sealed }])
       const some: ({ body: string } | null)[] = await messages.openText([], { shredded: 'null' })
       // @ts-expect-error: with this setting a record may be null
       const wrong: { body: string }[] = await messages.openText([{ subject: 's', record: 'r', fields: sealed }], { shredded: 'null' })
       // @ts-expect-error: an identity can not be changed
       ;(await custodia.identify('')).userId = 'x'
       console.log(all, some, wrong)`,
    )
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` }
    execFileSync('tsc', [...options, join(folder, 'use.mts')], { encoding: 'utf8', cwd: folder, env })
  })

  it('holds no TypeScript source, no test, and no name of the house’s own packages', () => {
    const files = globSync('**/*.*', { cwd: installed })
    assert.ok(files.length > 30)
    for (const file of files) {
      assert.doesNotMatch(file, /(?<!\.d)\.ts$|testing|\.test\./)
      if (!/\.(?:js|d\.ts)$/.test(file)) continue
      const code = readFileSync(join(installed, file), 'utf8')
      assert.doesNotMatch(code, /@custodia\/(?:wire|edge)|from '[^']*\.ts'/, file)
    }
  })
})
