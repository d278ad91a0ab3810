import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import { loadPages } from './pages.ts'

describe('pages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'))
  const script = 'export const said = "hello"\n'
  let app: FastifyInstance
  before(() => {
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    writeFileSync(join(folder, 'assets/one.js'), script)
    writeFileSync(join(folder, 'assets/one.js.br'), brotliCompressSync(script))
    writeFileSync(join(folder, 'assets/two.js'), script)
    const pages = loadPages(folder)
    app = fastify()
    app.all('*', (request, reply) => {
      if (!pages.serve(request, reply)) void reply.code(404).send()
    })
  })
  after(async () => {
    await app.close()
    rmSync(folder, { recursive: true })
  })
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })
  const packed = { 'accept-encoding': 'gzip, br' }

  it('come as the build packed them, to whoever can unpack them', async () => {
    const got = await get('/assets/one.js', packed)
    assert.equal(got.headers['content-encoding'], 'br')
    assert.equal(got.headers.vary, 'accept-encoding')
    assert.equal(String(brotliDecompressSync(got.rawPayload)), script)
  })

  it('come plain to others, and where nothing was packed', async () => {
    for (const got of [await get('/assets/one.js'), await get('/assets/two.js', packed)]) {
      assert.equal(got.headers['content-encoding'], undefined)
      assert.equal(got.body, script)
    }
  })

  it('come packed to whoever names Brotli, and not to whoever rules it out', async () => {
    const asks = [
      ['br', 'br;q=1.0', 'br; q=0.5', 'gzip;q=1,\tBR ;q=0.001', 'deflate , br'],
      ['br;q=0', 'br;q=0.000, gzip', 'br; q=0.', 'brotli', 'x-br', 'gzip;q=0.5', '*'],
    ] as const
    for (const [i, values] of asks.entries())
      for (const value of values) {
        const got = await get('/assets/one.js', { 'accept-encoding': value })
        assert.equal(got.headers['content-encoding'], i === 0 ? 'br' : undefined, value)
      }
  })

  it('begin at the root, for whatever asks: a command line says nothing of HTML', async () => {
    for (const headers of [{}, { accept: '*/*' }, { 'sec-fetch-mode': 'navigate' }]) {
      const got = await get('/?from=curl', headers)
      assert.deepEqual([got.statusCode, got.body, got.headers['cache-control']], [200, '<!doctype html>', 'no-cache'])
    }
  })

  it('are found by their exact path alone', async () => {
    for (const path of ['/assets/one.js.br', '/assets/../index.htm', '/assets//one.js', '/assets/ONE.js', '/assets/'])
      assert.equal((await get(path, packed)).statusCode, 404, path)
  })

  it('say where browsers report to: by https also by the Reporting API, where Chromium passes over report-uri', async () => {
    const plain = (await get('/assets/two.js')).headers
    assert.match(String(plain['content-security-policy']), /; report-uri \/v1\/browser-reports$/)
    assert.equal(plain['reporting-endpoints'], undefined)
    const secure = fastify()
    secure.all('*', (request, reply) => void loadPages(folder, { secure: true }).serve(request, reply))
    const { headers } = await secure.inject({ url: '/assets/two.js' })
    await secure.close()
    assert.match(String(headers['content-security-policy']), /; report-uri \/v1\/browser-reports; report-to custodia$/)
    assert.equal(headers['reporting-endpoints'], 'custodia="/v1/browser-reports"')
  })

  it('are not sent again to whoever has them', async () => {
    const { etag } = (await get('/assets/one.js')).headers
    const again = await get('/assets/one.js', { ...packed, 'if-none-match': String(etag) })
    assert.deepEqual([again.statusCode, again.body, again.headers['content-encoding']], [304, '', undefined])
  })
})
