import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { startClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { eicar } from '@custodia/edge/uploads/testing.ts'
import type { Custodia } from '@custodia/sdk'
import { createCustodia, isCustodiaError } from '@custodia/sdk'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'

const skip = spawnSync('which', ['clamd']).status === 0 ? false : 'clamd is not installed'
const samples = new URL('../../packages/edge/src/uploads/samples/', import.meta.url)
const virus = eicar(readFileSync(new URL('eicar-reversed.txt', samples), 'latin1'))

const configuration = `
gateway:
  applications:
    inbox: { title: Inbox, host: inbox.localhost, upstream: "http://127.0.0.1:9", permissions: { "inbox:read": Read mail. }, rules: [{ path: "/**", methods: [GET], permission: "inbox:read" }] }
`

let server: TestServer
let clamd: Awaited<ReturnType<typeof startClamd>> | null = null
let custodia: Custodia
before(async () => {
  clamd = skip === false ? await startClamd(virus) : null
  const environment = {
    CUSTODIA_UPLOADS_HOST: 'files.custodia.localhost',
    ...(clamd === null ? { CUSTODIA_UPLOADS_SCANNER: 'off' } : { CUSTODIA_UPLOADS_CLAMD: `unix:${clamd.path}` }),
  }
  server = await startTestServer({ configuration, environment })
  await withAccounts(server)
  const key = String(server.command('applications', 'key', 'inbox').key)
  custodia = createCustodia({ url: server.publicUrl, application: 'inbox', key, timeoutMs: 10_000 })
})
after(async () => {
  await clamd?.stop()
  await server.remove()
})

const text = Buffer.from('some lines\n'.repeat(60_000))

/** Loads as a browser would, by the name of the host. */
function load(address: string): Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer }> {
  const url = new URL(address)
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path: url.pathname, headers: { host: url.host } })
    asked.on('error', reject)
    asked.on('response', async (response) => {
      const bytes = Buffer.concat(await response.toArray())
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes })
    })
    asked.end()
  })
}

test('an application sends a file with the SDK, reads it, and gives a link to a host of its own', async () => {
  const sent = await custodia.uploads.send({ name: 'Brief für "Mira".txt', content: text })
  const { state, name, mediaType } = await custodia.uploads.settled(sent.id, { timeoutMs: 60_000 })
  assert.deepEqual([state, name, mediaType], ['there', 'Brief für _Mira_.txt', 'text/plain'])
  assert.ok((await custodia.uploads.content(sent.id)).equals(text))
  const { url } = await custodia.uploads.link(sent.id)
  assert.equal(new URL(url).hostname, 'files.custodia.localhost')
  const { status, headers, bytes } = await load(url)
  assert.deepEqual([status, bytes.equals(text), headers['set-cookie']], [200, true, undefined])
  assert.match(String(headers['content-security-policy']), /^sandbox/)
  // That host has nothing else, and Custodia's own has no files.
  const origin = new URL(url).origin
  for (const path of ['/', '/v1/me', '/sign-in', '/openapi.json'])
    assert.equal((await load(`${origin}${path}`)).status, 404)
  assert.equal((await load(`${server.publicUrl}${new URL(url).pathname}`)).status, 404)
  await custodia.uploads.remove(sent.id)
  await assert.rejects(
    custodia.uploads.content(sent.id),
    (error) => isCustodiaError(error) && error.details.problem === 'UPLOAD_UNKNOWN',
  )
  assert.equal((await load(url)).status, 404)
})

test('what was sent is listed page by page, by its state', async () => {
  const { uploads } = custodia
  const sent: string[] = []
  for (const content of ['some words', '<html>']) {
    const { id } = await uploads.send({ name: 'a.txt', content: Buffer.from(content) })
    await uploads.settled(id, { timeoutMs: 60_000 })
    sent.push(id)
  }
  const all = (await Array.fromAsync(uploads.list())).map(({ id }) => id)
  assert.deepEqual(all.slice(0, 2), sent.toReversed())
  const refused = await Array.fromAsync(uploads.list({ state: 'refused' }))
  assert.ok(refused.some(({ id, reason }) => id === sent[1] && reason === 'text-active'))
  assert.ok(refused.every(({ state }) => state === 'refused'))
  assert.deepEqual(await Array.fromAsync(uploads.list({ state: 'quarantine' })), [])
})

test('an image is made anew, in a process of its own beside a whole server', async () => {
  const png = readFileSync(new URL('images/benign.png', samples))
  const { id } = await custodia.uploads.send({ name: 'a.png', content: Buffer.concat([png, Buffer.from('<script>')]) })
  assert.equal((await custodia.uploads.settled(id, { timeoutMs: 60_000 })).state, 'there')
  assert.equal((await custodia.uploads.content(id)).includes('<script>'), false)
})

test('the test file is found by a real scanner', { skip }, async () => {
  const { id } = await custodia.uploads.send({ name: 'a.txt', content: virus })
  const { state, reason } = await custodia.uploads.settled(id, { timeoutMs: 60_000 })
  assert.deepEqual([state, reason], ['refused', 'malware'])
  await assert.rejects(
    custodia.uploads.link(id),
    (error) => isCustodiaError(error) && error.details.problem === 'UPLOAD_NOT_THERE',
  )
})

test('a lost reply does not send a file twice, and what can’t be sent is said before', async () => {
  const { uploads } = custodia
  for (const wrong of [
    { name: '', content: text },
    { name: '\ud800', content: text },
    { name: 'a.txt', content: text, days: 0 },
    { name: 'a.txt', content: 'text' as unknown as Uint8Array },
  ])
    await assert.rejects(uploads.send(wrong), (error) => isCustodiaError(error, 'INPUT_INVALID'))
  await assert.rejects(uploads.get('upl_../../x'), (error) => isCustodiaError(error, 'INPUT_INVALID'))
  const keyless = createCustodia({ url: server.publicUrl, application: 'inbox' })
  await assert.rejects(keyless.uploads.get(`upl_${'a'.repeat(26)}`), (error) =>
    isCustodiaError(error, 'CONFIGURATION_INVALID'),
  )
})
