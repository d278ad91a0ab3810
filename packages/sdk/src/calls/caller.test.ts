import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { createFetch } from '@custodia/wire/node/fetch.ts'
import { CustodiaError } from '../errors.ts'
import { createCaller } from './caller.ts'
import { createCredential } from './credential.ts'

const key = 'custodia_test_0123456789abcdef'
type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answers: Answer[] = []
const seen: IncomingMessage[] = []
const server = createServer((request, response) => {
  seen.push(request)
  request.resume()
  const answer = answers.length > 1 ? answers.shift() : answers[0]
  answer?.(request, response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const folder = mkdtempSync(join(tmpdir(), 'custodia-sdk-'))
after(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true })
})

const reply =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))

let pauses: number[] = []
const callerOf = (options: { url?: string; timeoutMs?: number; keyFile?: string; fetch?: typeof fetch } = {}) =>
  createCaller({
    url: options.url ?? `http://custodia.localhost:${port}`,
    credential: createCredential(options.keyFile === undefined ? { key } : { keyFile: options.keyFile }),
    fetch: options.fetch ?? createFetch(),
    timeoutMs: options.timeoutMs ?? 60_000,
    pause: async (ms) => void pauses.push(ms),
  })

const refused =
  (code: string, details: Record<string, unknown> = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof CustodiaError, String(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(details)) assert.equal(error.details[name], value)
    assert.ok(!inspect(error, { depth: 9 }).includes(key), 'the key is not in the error')
    return true
  }

beforeEach(() => {
  answers = [reply(200, { fine: true })]
  seen.length = 0
  pauses = []
})

describe('a call to Custodia', () => {
  it('carries the key in its head and nowhere else, to the host that the URL names', async () => {
    assert.deepEqual(await callerOf().post('/v1/x', { a: 1 }, { idempotent: true }), { fine: true })
    const [request] = seen
    assert.equal(request?.headers.authorization, `Bearer ${key}`)
    assert.equal(request?.headers.host, `custodia.localhost:${port}`)
    assert.equal(request?.url, '/v1/x')
  })

  it('is repeated twice at most, with growing pauses, where it may be', async () => {
    answers = [reply(503, {}), reply(502, {}), reply(200, { third: true })]
    assert.deepEqual(await callerOf().post('/v1/x', {}, { idempotent: true }), { third: true })
    assert.equal(pauses.length, 2)
    assert.ok((pauses[0] as number) <= 50 && (pauses[1] as number) <= 100, String(pauses))

    answers = [reply(503, { code: 'SERVER_BUSY' })]
    seen.length = 0
    await assert.rejects(
      callerOf().post('/v1/x', {}, { idempotent: true }),
      refused('CUSTODIA_REFUSED', { status: 503, problem: 'SERVER_BUSY' }),
    )
    assert.equal(seen.length, 3)
  })

  it('is never repeated where asking twice is not the same as asking once', async () => {
    answers = [reply(503, {})]
    await assert.rejects(callerOf().post('/v1/x', {}, { idempotent: false }), refused('CUSTODIA_REFUSED'))
    answers = [(_, response) => void response.destroy()]
    await assert.rejects(callerOf().post('/v1/x', {}, { idempotent: false }), refused('CUSTODIA_UNREACHABLE'))
    assert.equal(seen.length, 2)
  })

  it('is repeated in any case where the server refused to begin', async () => {
    answers = [reply(429, {}, { 'retry-after': '1' }), reply(200, { well: true })]
    assert.deepEqual(await callerOf().post('/v1/x', {}, { idempotent: false }), { well: true })
  })

  it('is not repeated where the answer will be the same', async () => {
    for (const status of [400, 401, 403, 404, 409, 410, 500]) {
      answers = [reply(status, { code: 'NO' })]
      await assert.rejects(
        callerOf().post('/v1/x', {}, { idempotent: true }),
        refused('CUSTODIA_REFUSED', { status, problem: 'NO' }),
      )
    }
    assert.equal(seen.length, 7)
    assert.deepEqual(pauses, [])
  })

  it('waits as long as the server asks, unless that is long', async () => {
    answers = [reply(429, {}, { 'retry-after': '1' }), reply(200, {})]
    await callerOf().post('/v1/x', {}, { idempotent: true })
    assert.deepEqual(pauses, [1_000])
    for (const patience of ['2', 'Wed, 21 Oct 2026 07:28:00 GMT', '-', '99999999999']) {
      answers = [reply(429, {}, { 'retry-after': patience })]
      await assert.rejects(callerOf().post('/v1/x', {}, { idempotent: true }), refused('CUSTODIA_REFUSED'))
    }
    assert.equal(seen.length, 6)
  })

  it('ends when there is no answer in time, or none to the end', async () => {
    const silent: Answer = () => {}
    const halting: Answer = (_, response) => void response.writeHead(200).write('{"half":')
    for (const answer of [silent, halting]) {
      answers = [answer]
      await assert.rejects(
        callerOf({ timeoutMs: 20 }).post('/v1/x', {}, { idempotent: false }),
        refused('CUSTODIA_TIMEOUT'),
      )
    }
  })

  it('says that nobody is there, with the reason and without the key', async () => {
    const nobody = { url: 'http://custodia.localhost:9' }
    await assert.rejects(
      callerOf(nobody).post('/v1/x', {}, { idempotent: true }),
      refused('CUSTODIA_UNREACHABLE', { reason: 'ECONNREFUSED' }),
    )
    assert.equal(pauses.length, 2)
    const viaPlatform = { url: 'http://127.0.0.1:65000', fetch: globalThis.fetch }
    await assert.rejects(
      callerOf(viaPlatform).post('/v1/x', {}, { idempotent: false }),
      refused('CUSTODIA_UNREACHABLE', { reason: 'ECONNREFUSED' }),
    )
  })

  it('follows no redirect, so that the key stays with Custodia', async () => {
    answers = [reply(307, '', { location: '/elsewhere' })]
    for (const options of [{}, { url: `http://127.0.0.1:${port}`, fetch: globalThis.fetch }]) {
      await assert.rejects(callerOf(options).post('/v1/x', {}, { idempotent: true }), refused('CUSTODIA_REPLY_INVALID'))
    }
    assert.deepEqual(
      seen.map((request) => request.url),
      ['/v1/x', '/v1/x'],
    )
  })

  it('takes nothing for a reply that is not JSON, is too large, or repeats what somebody else said', async () => {
    for (const body of ['<html>', '', `"${'x'.repeat(140_000)}"`]) {
      answers = [reply(200, body)]
      await assert.rejects(callerOf().post('/v1/x', {}, { idempotent: true }), refused('CUSTODIA_REPLY_INVALID'))
    }
    answers = [reply(403, { code: `leaked ${key}` })]
    await assert.rejects(
      callerOf().post('/v1/x', {}, { idempotent: true }),
      refused('CUSTODIA_REFUSED', { problem: 'UNKNOWN' }),
    )
  })
})

describe('the application key', () => {
  it('is read from its file again when it was rotated, once', async () => {
    const keyFile = join(folder, 'key')
    writeFileSync(keyFile, 'custodia_test_of_yesterday\n')
    const caller = callerOf({ keyFile })
    await caller.post('/v1/x', {}, { idempotent: false })
    writeFileSync(keyFile, 'custodia_test_of_today\n')
    answers = [reply(401, { code: 'APIKEY_EXPIRED' }), reply(200, { well: true })]
    assert.deepEqual(await caller.post('/v1/x', {}, { idempotent: false }), { well: true })
    assert.deepEqual(
      seen.map((request) => request.headers.authorization?.slice(-9)),
      ['yesterday', 'yesterday', '_of_today'],
    )
    answers = [reply(401, { code: 'APIKEY_EXPIRED' })]
    await assert.rejects(caller.post('/v1/x', {}, { idempotent: true }), refused('CUSTODIA_REFUSED'))
    assert.equal(seen.length, 4)
  })

  it('is read again once for a call, although the file is another one each time', async () => {
    const keyFile = join(folder, 'restless')
    writeFileSync(keyFile, 'custodia_test_0000000000')
    answers = [
      (request, response) => {
        writeFileSync(keyFile, `custodia_test_000000000${seen.length}`)
        reply(401, { code: 'APIKEY_UNKNOWN' })(request, response)
      },
    ]
    await assert.rejects(callerOf({ keyFile }).post('/v1/x', {}, { idempotent: true }), refused('CUSTODIA_REFUSED'))
    assert.equal(seen.length, 2)
  })

  it('is given once, by value or by file', () => {
    for (const options of [{}, { key, keyFile: '/x' }]) {
      assert.throws(() => createCredential(options), refused('CONFIGURATION_INVALID'))
    }
  })

  it('is refused where it could break out of its header line, and is not shown then', () => {
    for (const wrong of ['', 'short', `${key}\r\nX-Evil: 1`, `${key} x`, 'ключ-ключ-ключ-ключ']) {
      assert.throws(() => createCredential({ key: wrong }), refused('CONFIGURATION_INVALID', { field: 'key' }))
    }
  })

  it('names the reason where its file can not be read', () => {
    const missing = createCredential({ keyFile: join(folder, 'none') })
    assert.throws(() => missing.current(), refused('CONFIGURATION_INVALID', { detail: 'ENOENT' }))
  })

  it('does not show when its holder is printed', () => {
    const credential = createCredential({ key })
    const shown = `${inspect(credential, { showHidden: true, depth: 9 })}${JSON.stringify(credential)}`
    assert.equal(shown.includes(key), false)
  })
})
