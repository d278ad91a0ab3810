import assert from 'node:assert/strict'
import type { RequestListener, Server } from 'node:http'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createListener } from '../platform/http/transport/listener.ts'
import { newId } from '../platform/random.ts'
import type { UploadsHouse, UploadsProcess } from './testing.ts'
import { inbox, openUploadsHouse } from './testing.ts'

let all: UploadsHouse
let here: UploadsProcess
let files: Server
before(async () => {
  all = await openUploadsHouse()
  here = await all.process()
  files = listener((request, response) => here.uploads.hostHandler.handle(request, response))
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve))
})
after(async () => {
  files.close()
  await all.close()
})

function listener(handle: RequestListener): Server {
  return createListener({ tls: null, requestTimeoutSeconds: 30, flooded() {} }).on('request', handle)
}

const text = Buffer.from('some lines\n'.repeat(60_000))

type Loaded = { status: number; headers: Record<string, unknown>; bytes: Buffer }

function load(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const { port } = files.address() as AddressInfo
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, async (response) => {
      const bytes = Buffer.concat(await response.toArray().catch(() => []))
      resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes })
    })
    request.on('error', reject)
    request.end()
  })
}

async function linked(name = 'notes.txt', bytes = text) {
  const who = inbox()
  const upload = await here.settle(who, name, bytes)
  const { status, body } = await here.call(who, 'POST', `/v1/uploads/${upload.id}/links`)
  assert.equal(status, 201)
  const { url, expiresAt } = body as unknown as { url: string; expiresAt: string }
  return { who, id: upload.id, url: new URL(url), path: new URL(url).pathname, expiresAt }
}

test('a link loads one file from a host of its own, to be saved, in a sandbox', async () => {
  const { url, path, id } = await linked()
  assert.equal(url.origin, 'http://files.localhost')
  const { status, headers, bytes } = await load(path)
  assert.equal(status, 200)
  assert.ok(bytes.equals(text))
  assert.deepEqual(
    Object.fromEntries(Object.entries(headers).filter(([name]) => !['date', 'connection'].includes(name))),
    {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(text.length),
      'content-disposition': `attachment; filename="notes.txt"; filename*=UTF-8''notes.txt`,
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-store',
      'accept-ranges': 'none',
      'x-robots-tag': 'noindex',
    },
  )
  const head = await load(path, 'HEAD')
  assert.deepEqual([head.status, head.bytes.length, head.headers['content-length']], [200, 0, String(text.length)])
  const told = all.house.events.filter(({ data }) => data.upload === id).map(({ type }) => type)
  assert.deepEqual(told.slice(-2), ['uploads.link.made', 'uploads.file.loaded'])
  assert.equal(JSON.stringify(all.house.events).includes(path.split('/')[3] as string), false)
})

test('there are no ranges: whoever asks for a part gets all of it', async () => {
  const { path } = await linked()
  for (const range of ['bytes=0-1', 'bytes=-1', 'bytes=0-0,2-2,4-4', 'bytes=999999999-', 'nonsense']) {
    const { status, bytes } = await load(path, 'GET', { range })
    assert.deepEqual([status, bytes.length], [200, text.length], range)
  }
})

test('a link that was changed, made up, or is over does not hold', async () => {
  const { path, id, expiresAt } = await linked()
  const [, , until = '', mac = ''] = path.split('/')
  assert.equal(Number(until) * 1_000, Date.parse(expiresAt))
  const other = await linked('other.txt')
  const flipped = `${mac.slice(0, 5)}${mac[5] === 'A' ? 'B' : 'A'}${mac.slice(6)}`
  // The last character of 43 has two bits that say nothing.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const twin = `${mac.slice(0, 42)}${alphabet[alphabet.indexOf(mac[42] as string) ^ 1]}`
  for (const wrong of [
    '/',
    '/favicon.ico',
    `/${id}`,
    `/${id}/${until}`,
    `/${id}/${until}/`,
    `/${id}/${until}/${flipped}`,
    `/${id}/${until}/${twin}`,
    `/${id}/${until}/${mac}x`,
    `/${id}/${until}/${mac}/`,
    `/${id}/${until}/${mac}?x`,
    `/${id}/${Number(until) + 1}/${mac}`,
    `/${id}/9999999999/${mac}`,
    `/${other.id}/${until}/${mac}`,
    `/${newId('upl')}/${until}/${mac}`,
    `//${id}/${until}/${mac}`,
  ]) {
    const { status, bytes, headers } = await load(wrong)
    assert.equal(status, 404, wrong)
    assert.equal((JSON.parse(bytes.toString()) as { code: string }).code, 'UPLOAD_LINK_INVALID')
    assert.equal(headers['x-content-type-options'], 'nosniff')
  }
  assert.equal((await load(path)).status, 200)
  all.house.machine.clock.advance(120_000)
  assert.equal((await load(path)).status, 404)
})

test('nothing is changed by a link', async () => {
  const { path } = await linked()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
    assert.equal((await load(path, method)).status, 405)
  assert.equal((await load(path)).status, 200)
})

test('a link ends with its file', async () => {
  const { who, id, path } = await linked()
  await here.call(who, 'DELETE', `/v1/uploads/${id}`)
  assert.equal((await load(path)).status, 404)
})

test('content that was tampered with ends the connection: fewer bytes than were said are no file', async () => {
  const { id, path } = await linked()
  await all.house.db.asOwner(
    `update uploads.frame set sealed = set_byte(sealed, 500, get_byte(sealed, 500) # 1) where upload_id = '${id}' and number = 1`,
  )
  const { bytes } = await load(path).catch(() => ({ bytes: Buffer.alloc(0) }))
  assert.ok(bytes.length < text.length)
})

test('who reads slowly, and much at once, takes no places of others', async () => {
  const large = await all.process({ maxBytes: 20_000_000 })
  const who = inbox()
  const { id } = await large.settle(who, 'large.txt', Buffer.from('some lines\n'.repeat(1_000_000)))
  const { body } = await large.call(who, 'POST', `/v1/uploads/${id}/links`)
  const path = new URL((body as unknown as { url: string }).url).pathname
  const server = listener((request, response) => large.uploads.hostHandler.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const begin = (localAddress: string) =>
    new Promise<number>((resolve, reject) => {
      // Nothing of it is read.
      const request = httpRequest({ host: '127.0.0.1', port, path, localAddress, agent: false }, (response) =>
        resolve(response.statusCode ?? 0),
      )
      request.on('error', reject)
      request.end()
    })
  try {
    for (let i = 0; i < 16; i++) assert.equal(await begin('127.0.0.1'), 200)
    assert.equal(await begin('127.0.0.1'), 503)
    assert.equal(await begin('127.0.0.2'), 200)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('no link is made where there is no host for it, and no host is that of sessions', async () => {
  const bare = await all.process({ host: null })
  const who = inbox()
  const { id } = await bare.settle(who, 'a.txt', text)
  assert.equal((await bare.call(who, 'POST', `/v1/uploads/${id}/links`)).body.code, 'UPLOAD_LINKS_OFF')
  assert.deepEqual(bare.uploads.hostHandler.hosts, [])
  assert.equal(bare.uploads.hostHandler.claims('files.localhost'), false)
  await assert.rejects(all.process({ host: 'custodia.localhost' }), /host of their own/)
})
