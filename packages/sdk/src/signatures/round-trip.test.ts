import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { frozenClock } from '../assertion/testing.ts'
import type { CustodiaError } from '../errors.ts'
import { createSignedFetch } from './signed-fetch.ts'
import type { Sent } from './testing.ts'
import { clientKeys, frameworks, lookUp, sendRaw } from './testing.ts'
import { createSignatureVerifier } from './verify-request.ts'

const clock = frozenClock()

/** A signed request, caught before it is sent: what somebody on the way would have. */
async function caught(url: string, init: RequestInit = {}, at = clock) {
  let seen: { url: URL; init: RequestInit } | undefined
  const fetch = createSignedFetch({
    keyId: 'key_hmac',
    key: clientKeys.key_hmac,
    clock: at,
    fetch: async (address, sent) => {
      seen = { url: new URL(address), init: sent }
      return new Response()
    },
  })
  await fetch(url, init)
  assert.ok(seen)
  const headers = [...new Headers(seen.init.headers)].flat()
  const body = seen.init.body === undefined ? undefined : Buffer.from(seen.init.body as Uint8Array<ArrayBuffer>)
  const { host, pathname, search } = seen.url
  return {
    method: seen.init.method as string,
    path: `${pathname}${search}`,
    headers: ['Host', host, ...headers, ...(body === undefined ? [] : ['Content-Length', String(body.length)])],
    ...(body === undefined ? {} : { body }),
  }
}

for (const [name, start] of Object.entries(frameworks)) {
  describe(`signed requests to ${name}`, async () => {
    const reasons: unknown[] = []
    // A server needs its own name, and the port is known when it listens.
    const authorities: string[] = ['localhost']
    const verifier = createSignatureVerifier({
      authorities,
      lookUp,
      clock,
      maxBodyBytes: 4_194_304,
      onRefused: (error: CustodiaError) => reasons.push(error.details.reason ?? error.code),
    })
    let through = verifier
    const app = await start({
      verifyRequest: (request) => through.verifyRequest(request),
      verifyFetchRequest: (request) => through.verifyFetchRequest(request),
    })
    after(() => app.stop())
    const origin = `http://127.0.0.1:${app.port}`
    through = createSignatureVerifier({
      authorities: [`127.0.0.1:${app.port}`],
      lookUp,
      clock,
      maxBodyBytes: 4_194_304,
      onRefused: (error) => reasons.push(error.details.reason ?? error.code),
    })

    const fetches = Object.entries(clientKeys).map(([keyId, key]) => ({
      keyId,
      fetch: createSignedFetch({ keyId, key, clock, maxBodyBytes: 8_388_608 }),
    }))
    const [{ fetch }] = fetches as [(typeof fetches)[0]]

    const isRefused = (sent: Sent, reason: string, status = 401, code = 'SIGNATURE_INVALID') => {
      assert.equal(sent.status, status, sent.body)
      assert.equal(JSON.parse(sent.body).code, code)
      assert.ok(!sent.body.includes('reason'))
      assert.equal(reasons.at(-1), reason)
    }

    it('come through with either key, of every method, and their bodies are parsed as ever', async () => {
      for (const { fetch: each, keyId } of fetches) {
        for (const method of ['GET', 'DELETE']) {
          const reply = await each(`${origin}/api/a%2Fb/?q=%20x&y`, { method })
          assert.deepEqual([reply.status, await reply.json()], [200, { keyId, text: '' }])
        }
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
          const headers = { 'content-type': 'application/json' }
          const reply = await each(`${origin}/api/x`, { method, headers, body: '{"to":"Zoë"}' })
          const { text } = (await reply.json()) as { text: string }
          const decoded = name === 'Node alone' || name === 'hono' ? Buffer.from(text, 'latin1').toString() : text
          assert.deepEqual([reply.status, decoded], [200, '{"to":"Zoë"}'])
        }
      }
    })

    it('come through as a stream, in many parts, as a form, and as a request that was made before', async () => {
      const parts = Array.from({ length: 300 }, (_, at) => Buffer.alloc(7_001, at))
      const stream = new ReadableStream({
        async pull(controller) {
          await turn()
          const part = parts[this.at++]
          if (part === undefined) controller.close()
          else controller.enqueue(new Uint8Array(part))
        },
        at: 0,
      } as UnderlyingDefaultSource & { at: number })
      const headers = { 'content-type': 'application/octet-stream' }
      const long = await fetch(`${origin}/api/stream`, { method: 'POST', headers, body: stream })
      assert.equal(long.status, 200, String(reasons.at(-1)))
      assert.equal(((await long.json()) as { text: string }).text, Buffer.concat(parts).toString('latin1'))

      const form = new FormData()
      form.set('file', new Blob(['x'.repeat(100)]), 'a.txt')
      const formReply = await fetch(new Request(`${origin}/api/form`, { method: 'POST', body: form }))
      assert.match(((await formReply.json()) as { text: string }).text, /filename="a.txt"[\s\S]*x{100}/)

      const empty = await fetch(`${origin}/api/empty`, { method: 'POST', body: '' })
      assert.deepEqual([empty.status, ((await empty.json()) as { text: string }).text], [200, ''])
    })

    it('come through in chunks, each in its own time, and empty ones too', async () => {
      for (const text of ['', '{"a":1}', 'x'.repeat(100_000)]) {
        const headers = { 'content-type': text.startsWith('{') ? 'application/json' : 'text/odd' }
        const plain = await caught(`${origin}/api/chunks`, { method: 'POST', headers, body: text })
        const head = plain.headers.filter((_, at) => !/^content-length$/i.test(plain.headers[at - (at % 2)] as string))
        const sent = await sendRaw(app.port, {
          ...plain,
          headers: [...head, 'Transfer-Encoding', 'chunked'],
          body: Buffer.from(text),
        })
        assert.deepEqual([sent.status, JSON.parse(sent.body).text], [200, text], String(reasons.at(-1)))
      }
    })

    it('are refused unsigned, with a scheme that would do, and on no handler', async () => {
      const before = app.handled()
      for (const body of [undefined, Buffer.from('{}')]) {
        const plain = { method: 'POST', path: '/api/x', headers: ['Host', `127.0.0.1:${app.port}`] }
        const length = ['Content-Length', String(body?.length ?? 0)]
        const sent = await sendRaw(app.port, {
          ...plain,
          headers: [...plain.headers, ...length],
          ...(body ? { body } : {}),
        })
        isRefused(sent, 'missing')
        if (name === 'Node alone') continue
        assert.equal(sent.headers.get('content-type'), 'application/problem+json')
        assert.equal(sent.headers.get('www-authenticate'), 'Custodia-Signature')
      }
      assert.equal(app.handled(), before)
    })

    it('are refused when path, query, method, host, a header or the body was changed on the way', async () => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":1}' }
      const before = app.handled()
      const change = async (change: (plain: Awaited<ReturnType<typeof caught>>) => object) => {
        const plain = await caught(`${origin}/api/pay?to=a`, init)
        return sendRaw(app.port, { ...plain, ...change(plain) })
      }
      const swap = (headers: readonly string[], name: string, value: string) =>
        headers.map((each, at) => (at % 2 === 1 && headers[at - 1]?.toLowerCase() === name ? value : each))
      isRefused(await change(() => ({ path: '/api/pay?to=b' })), 'signature')
      isRefused(await change(() => ({ path: '/api/pay' })), 'signature')
      isRefused(await change(() => ({ path: '/api/Pay?to=a' })), 'signature')
      isRefused(await change(() => ({ method: 'PUT' })), 'signature')
      isRefused(await change(({ headers }) => ({ headers: swap(headers, 'content-type', 'text/plain') })), 'signature')
      isRefused(await change(({ headers }) => ({ headers: swap(headers, 'host', 'evil.example') })), 'authority')
      isRefused(await change(() => ({ body: Buffer.from('{"amount":9}') })), 'digest')
      isRefused(
        await change(({ headers }) => ({ body: Buffer.from('{'), headers: swap(headers, 'content-length', '1') })),
        'digest',
      )
      isRefused(
        await change(({ headers }) => ({ body: undefined, headers: swap(headers, 'content-length', '0') })),
        'digest',
      )
      const get = await caught(`${origin}/api/pay`, { method: 'DELETE' })
      const added = { headers: [...get.headers, 'Content-Length', '2'], body: Buffer.from('{}') }
      isRefused(await sendRaw(app.port, { ...get, ...added }), 'digest-missing')
      assert.equal(app.handled(), before)
    })

    it('are refused a second time, and fifty at once are one', async () => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"amount":1}' }
      const plain = await caught(`${origin}/api/pay`, init)
      assert.equal((await sendRaw(app.port, plain)).status, 200)
      isRefused(await sendRaw(app.port, plain), 'nonce')

      const before = app.handled()
      const next = await caught(`${origin}/api/pay`, init)
      const all = await Promise.all(Array.from({ length: 50 }, () => sendRaw(app.port, next)))
      assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array.from({ length: 49 }, () => 401)])
      assert.equal(app.handled(), before + 1)
    })

    it('do not use up a nonce when they are refused', async () => {
      const plain = await caught(`${origin}/api/pay`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"a":1}',
      })
      isRefused(await sendRaw(app.port, { ...plain, body: Buffer.from('{"a":2}') }), 'digest')
      assert.equal((await sendRaw(app.port, plain)).status, 200)
    })

    it('are refused when they come too late or too early', async () => {
      const late = await caught(`${origin}/api/x`, {}, frozenClock(clock.nowMs() - 61_000))
      isRefused(await sendRaw(app.port, late), 'old')
      const early = await caught(`${origin}/api/x`, {}, frozenClock(clock.nowMs() + 6_000))
      isRefused(await sendRaw(app.port, early), 'ahead')
    })

    it('are refused when the body is larger than is read', async () => {
      const large = await caught(`${origin}/api/x`, { method: 'POST', body: 'x'.repeat(900_000) })
      const declared = Buffer.alloc(5_000_000)
      const headers = large.headers.map((each, at) =>
        /^content-length$/i.test(large.headers[at - 1] ?? '') ? '5000000' : each,
      )
      isRefused(await sendRaw(app.port, { ...large, headers, body: declared }), 'BODY_TOO_LARGE', 413, 'BODY_TOO_LARGE')
    })

    it('are refused on paths that do not exist', async () => {
      const { host } = new URL(origin)
      isRefused(
        await sendRaw(app.port, { method: 'GET', path: '/api/none/at/all', headers: ['Host', host] }),
        'missing',
      )
    })
  })
}
