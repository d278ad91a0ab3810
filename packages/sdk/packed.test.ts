import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'custodia-sdk-packed-'))
after(() => rmSync(folder, { recursive: true }))

type Manifest = Partial<Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>>
const manifestOf = (path: string) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest

const linked = statSync(root).dev === statSync(folder).dev ? '--link' : '--recursive'

/** Copies a package with what it depends on, as an installer would: a link to its folder would lead out of the application. */
function install(name: string): void {
  const [from, to] = [join(root, 'node_modules', name), join(folder, 'node_modules', name)]
  if (existsSync(to) || !existsSync(from)) return
  mkdirSync(dirname(to), { recursive: true })
  execFileSync('cp', ['--recursive', '--dereference', linked, from, to])
  const { dependencies, optionalDependencies } = manifestOf(from)
  for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) install(other)
}

/** What every framework is asked, and says. */
const asking = `
import { readFileSync } from 'node:fs'
import { createBrowserDefence } from '@custodia/sdk/browser'
import { createInputGuard } from '@custodia/sdk/input'
import { createLimits } from '@custodia/sdk/limits'
import { compileOpenApi } from '@custodia/sdk/openapi'
import { createUploadGuard, createUploadIntake } from '@custodia/sdk/uploads'

const order = { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } }
const content = { 'application/json': { schema: order } }
const openapi = compileOpenApi({ openapi: '3.1.0', paths: { '/api/orders': { post: { requestBody: { content } } } } })
export const browser = createBrowserDefence({ origins: ['https://a.example'], nonces: true })
export const input = createInputGuard({ openapi, under: '/api' })
export const limits = createLimits({ policies: { each: { by: 'address', burst: 100, perSeconds: 60 } } })
export const photos = createUploadIntake({ guard: createUploadGuard({ clamd: null }) })
const image = readFileSync('a.png')

/** @param send as fetch does, on a path */
export async function ask(send) {
  const post = (path, body, headers = {}) => send(path, { method: 'POST', body, headers })
  const json = { 'content-type': 'application/json' }
  const said = async (reply) => [reply.status, await reply.text()]
  const page = await send('/', {})
  const form = new FormData()
  form.append('photo', new File([image, '<script>'], '../a.png'))
  const wrong = new FormData()
  wrong.append('photo', new File([image], 'a.jpg'))
  const codeOf = async (reply) => [reply.status, JSON.parse(await reply.text()).code]
  const policy = page.headers.get('content-security-policy')
  const nonce = await page.text()
  return [
    policy.includes(\`'nonce-\${nonce}'\`),
    await said(await post('/api/orders', '{"count":2}', json)),
    await codeOf(await post('/api/orders', '{"count":2,"count":3}', json)),
    await codeOf(await post('/api/orders', '{"count":"2"}', json)),
    await codeOf(await post('/api/orders', '{"count":2}', { ...json, origin: 'https://evil.example' })),
    await said(await post('/photos', form)),
    await codeOf(await post('/photos', wrong)),
  ]
}
export const over = (port) => (path, init) => fetch(\`http://127.0.0.1:\${port}\${path}\`, init)
export const nameOf = ({ files }) => files[0].name + ' ' + Buffer.from(files[0].content).includes('<script>')
`

/** The whole of each application, as its writer would have it. */
const applications = {
  express: `
import express from 'express'
import { checkInput, defendBrowser, limitRequests, nonceOf, takeUploads, uploadsOf } from '@custodia/sdk/express'
const app = express()
app.use(limitRequests(limits), defendBrowser(browser))
app.post('/photos', takeUploads(photos), (request, response) => void response.send(nameOf(uploadsOf(request))))
app.use(checkInput(input), express.json())
app.get('/', (request, response) => void response.send(nonceOf(request)))
app.post('/api/orders', (request, response) => void response.send(String(request.body.count)))
const server = app.listen(0, '127.0.0.1', async () => {
  console.log(JSON.stringify(await ask(over(server.address().port))))
  process.exit()
})`,
  fastify: `
import fastify from 'fastify'
import { checkInput, defendBrowser, limitRequests, nonceOf, takeUploads, uploadsOf } from '@custodia/sdk/fastify'
const app = fastify()
await app.register(limitRequests, { limits })
await app.register(defendBrowser, { defence: browser })
await app.register(async (scope) => {
  await scope.register(takeUploads, { intake: photos })
  scope.post('/photos', async (request) => nameOf(uploadsOf(request)))
})
await app.register(async (scope) => {
  scope.addHook('onRequest', checkInput(input))
  scope.get('/', async (request) => nonceOf(request))
  scope.post('/api/orders', async (request) => String(request.body.count))
})
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify(await ask(over(app.server.address().port))))
process.exit()`,
  hono: `
import { Hono } from 'hono'
import { checkInput, defendBrowser, limitRequests, nonceOf, takeUploads, uploadsOf } from '@custodia/sdk/hono'
const app = new Hono()
app.use(limitRequests(limits, () => '127.0.0.1'), defendBrowser(browser))
app.post('/photos', takeUploads(photos), (context) => context.text(nameOf(uploadsOf(context))))
app.use(checkInput(input))
app.get('/', (context) => context.text(nonceOf(context)))
app.post('/api/orders', async (context) => context.text(String((await context.req.json()).count)))
console.log(JSON.stringify(await ask((path, init) => app.request(path, init))))`,
  node: `
import { createServer } from 'node:http'
import { checkInput, defendBrowser, nonceOf, takeUploads } from '@custodia/sdk/node'
const [defended, checked, taken] = [defendBrowser(browser), checkInput(input), takeUploads(photos)]
const server = createServer(async (request, response) => {
  if (!(await defended(request, response))) return
  if (request.url === '/photos') {
    const files = await taken(request, response)
    if (files !== null) response.end(nameOf(files))
    return
  }
  if (!(await checked(request, response))) return
  if (request.method === 'GET') return void response.end(nonceOf(request))
  let body = ''
  for await (const part of request) body += part
  response.end(String(JSON.parse(body).count))
}).listen(0, '127.0.0.1', async () => {
  console.log(JSON.stringify(await ask(over(server.address().port))))
  process.exit()
})`,
  fetch: `
import { checkInput, defendBrowser, nonceOf, takeUploads } from '@custodia/sdk/fetch'
const files = takeUploads(photos, (request, taken) => new Response(nameOf(taken)))
const others = checkInput(input, async (request) =>
  new Response(request.method === 'GET' ? nonceOf(request) : String((await request.json()).count)))
const handler = defendBrowser(browser, (request) => new URL(request.url).pathname === '/photos' ? files(request) : others(request))
console.log(JSON.stringify(await ask((path, init) => handler(new Request('http://127.0.0.1' + path, init)))))`,
}

describe('the package as it is packed, installed in an application', () => {
  const built = join(folder, 'built')
  execFileSync(process.execPath, [join(root, 'packages/sdk/build.ts'), built])
  execFileSync('npm', ['pack', '--offline', '--silent', '--pack-destination', folder, built], { stdio: 'pipe' })
  const installed = join(folder, 'node_modules/@custodia/sdk')
  mkdirSync(installed, { recursive: true })
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', installed, '--strip-components', '1'])
  rmSync(built, { recursive: true })
  const { dependencies, peerDependencies } = manifestOf(installed)
  const bare = Object.keys(dependencies ?? {})
  for (const name of bare) install(name)

  it('has the middleware of every framework without what only some of it needs', () => {
    const code = `for (const name of ['fastify', 'express', 'hono', 'node', 'fetch', 'browser', 'input', 'limits'])
      await import('@custodia/sdk/' + name)`
    writeFileSync(join(folder, 'bare.mjs'), code)
    execFileSync(process.execPath, [join(folder, 'bare.mjs')])
  })

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
    install('@types/node')
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
    // That our declarations hold together is looked at below; those of others are theirs to check, and take seconds.
    const options = [
      '--strict',
      '--noEmit',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
    ]
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

  it('imports nothing but its own files, what it says it needs, and Node', () => {
    const needed = new Set(Object.keys({ ...dependencies, ...peerDependencies }))
    for (const file of globSync('**/*.{js,d.ts}', { cwd: installed })) {
      const code = readFileSync(join(installed, file), 'utf8')
      for (const [, name = ''] of code.matchAll(/(?:\bfrom |\bimport ?\(?)['"]([^'"`]+)['"]/g)) {
        const target = join(installed, dirname(file), file.endsWith('.d.ts') ? name.replace(/\.js$/, '.d.ts') : name)
        const [scope, rest] = name.split('/')
        const found = name.startsWith('.')
          ? existsSync(target)
          : name.startsWith('node:') || needed.has(scope as string) || needed.has(`${scope}/${rest}`)
        assert.ok(found, `${file} imports ${name}`)
      }
    }
  })

  for (const [name, code] of Object.entries(applications))
    it(`defends, checks, limits and takes files in an application of ${name}`, () => {
      for (const peer of Object.keys(peerDependencies ?? {})) install(peer)
      const samples = join(root, 'packages/edge/src/uploads/samples')
      cpSync(join(samples, 'images/benign.png'), join(folder, 'a.png'))
      writeFileSync(join(folder, 'asking.mjs'), asking)
      const program = join(folder, `${name}.mjs`)
      writeFileSync(program, `import { ask, browser, input, limits, nameOf, over, photos } from './asking.mjs'${code}`)
      const out = execFileSync(process.execPath, [program], { cwd: folder, encoding: 'utf8', timeout: 60_000 })
      assert.deepEqual(JSON.parse(out), [
        true,
        [200, '2'],
        [400, 'REQUEST_INVALID'],
        [400, 'REQUEST_INVALID'],
        [403, 'CROSS_SITE_REFUSED'],
        [200, 'a.png false'],
        [422, 'FILE_REFUSED'],
      ])
    })
})
