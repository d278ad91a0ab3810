import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { connect as connect2, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { after, describe, it, test } from 'node:test'
import {
  casesDocument,
  casesMaxBytes,
  casesSecret,
  casesUnder,
  inputCases,
} from '@custodia/edge/input/cases-testing.ts'
import { CustodiaError } from '../errors.ts'
import type { App } from './frameworks-testing.ts'
import { frameworks, speaksFetch } from './frameworks-testing.ts'
import { createInputGuard } from './input.ts'
import { checkInput } from './node.ts'
import { compileOpenApi } from './openapi.ts'

const openapi = compileOpenApi(casesDocument)

// The same cases as the gateway has: server/gateway/edge/input-cases.test.ts.
for (const [name, open] of Object.entries(frameworks))
  describe(`input in front of ${name}`, async () => {
    let seen: string[] = []
    const takes = ['application/json', 'application/octet-stream']
    const guard = createInputGuard({ openapi, under: casesUnder, takes, maxBodyBytes: casesMaxBytes })
    const app: App = await open({
      guard,
      application({ body }) {
        seen.push(body)
        return { status: 200, headers: {}, body: 'done' }
      },
    })
    after(() => app.close())

    const possible = inputCases.filter(
      ({ method, body, resolvedByFetch }) =>
        !speaksFetch(name) || (resolvedByFetch !== true && (body === undefined || method !== 'GET')),
    )
    for (const one of possible)
      it(one.what, async () => {
        seen = []
        const got = await app.send(one)
        if (one.refused === null) {
          assert.deepEqual([got.status, got.body], [200, 'done'])
          // Nothing of the body is lost on the way to whoever parses it.
          assert.deepEqual(seen, [String(one.body ?? '')])
          return
        }
        assert.deepEqual([got.status, seen], [one.refused.status, []])
        assert.ok(!got.body.includes(casesSecret))
        if (name === 'Fastify' && one.routerFirst === true) return
        const { code, field, status } = JSON.parse(got.body)
        assert.deepEqual([status, code, field], [one.refused.status, one.refused.code, one.refused.field])
        assert.equal(got.headers['content-type'], 'application/problem+json')
        if (status === 405) assert.equal(got.headers.allow, 'GET, POST, PUT')
      })

    it('where no document speaks, JSON is held to the strict form, and what is not named is refused', async () => {
      const post = async (body: string, type: string) => {
        const got = await app.send({ method: 'POST', target: '/other', headers: { 'content-type': type }, body })
        return [got.status, got.status === 200 ? undefined : JSON.parse(got.body).field]
      }
      assert.deepEqual(await post('{"a":1}', 'application/json'), [200, undefined])
      assert.deepEqual(await post('{"a":1,"a":2}', 'application/json'), [400, 'body.a'])
      assert.deepEqual(await post('{"a":1,"a":2}', 'Application/JSON; charset=UTF-8'), [400, 'body.a'])
      assert.deepEqual(await post('{"a":1,"a":2}', 'application/octet-stream'), [200, undefined])
      assert.deepEqual(await post('{"a":1,"a":2}', 'text/plain'), [415, 'header.content-type'])
      assert.deepEqual(await post('{"a":1,"a":2}', 'application/vnd.api+json'), [415, 'header.content-type'])
    })
  })

test('JSON is held to the strict form also where a whole range of types is taken', async () => {
  const guard = createInputGuard({ takes: ['application/*', 'image/*'] })
  const send = async (type: string, body: string) =>
    await guard.checkFetch(new Request('http://a/', { method: 'POST', headers: { 'content-type': type }, body }))
  for (const type of ['application/json', 'application/vnd.api+json', 'Application/JSON;charset=utf-8']) {
    assert.equal(await (await send(type, '{"a":1}')).text(), '{"a":1}')
    await assert.rejects(send(type, '{"a":1,"a":2}'), { code: 'REQUEST_INVALID' }, type)
  }
  assert.equal(await (await send('application/pdf', '{"a":1,"a":2}')).text(), '{"a":1,"a":2}')
})

test('bodies that are held together are bounded, and let go of', async () => {
  const guard = createInputGuard({ maxBodyBytes: 1_000 })
  const slow = () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: readable, duplex: 'half' }
    const checked = guard.checkFetch(new Request('http://a.example/', body as RequestInit))
    return { writer, checked }
  }
  const some = Array.from({ length: 64 }, slow)
  await Promise.all(some.map(({ writer }) => writer.write(new Uint8Array(1_000).fill(0x20))))
  const more = () => {
    const headers = { 'content-type': 'application/json' }
    return guard.checkFetch(new Request('http://a.example/', { method: 'POST', headers, body: '{"a":1}' }))
  }
  await assert.rejects(more(), { code: 'SERVER_BUSY' })
  for (const { writer } of some) void writer.abort()
  await Promise.allSettled(some.map(({ checked }) => checked))
  assert.equal(await (await more()).text(), '{"a":1}')
})

test('over HTTP/2 a body is held, too, though no length announces it', async () => {
  const check = checkInput(createInputGuard())
  const server = createServer2(async (request, response) => {
    const [asked, reply] = [request as unknown as IncomingMessage, response as unknown as ServerResponse]
    if (!(await check(asked, reply))) return
    for await (const part of request) response.write(part)
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const post = async (body: string) => {
    const stream = client.request({ ':method': 'POST', ':path': '/a', 'content-type': 'application/json' })
    stream.setEncoding('utf8').end(body)
    const [head] = await once(stream, 'response')
    return [head[':status'], (await Array.fromAsync(stream)).join('')]
  }
  assert.deepEqual(await post('{"a":1}'), [200, '{"a":1}'])
  const [status, problem] = await post('{"a":1,"a":2}')
  assert.deepEqual([status, JSON.parse(String(problem)).field], [400, 'body.a'])
  client.destroy()
  server.close()
})

test('a sender who goes away in the middle is no fault, and nothing of theirs is handled', async () => {
  const told = Promise.withResolvers<CustodiaError>()
  const check = checkInput(createInputGuard({ onRefused: told.resolve }))
  const passed = Promise.withResolvers<boolean>()
  const server = createServer((request, response) => void check(request, response).then(passed.resolve, passed.reject))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"')
  await once(server, 'request')
  socket.destroy()
  const { code, details } = await told.promise
  assert.deepEqual([code, details.detail, await passed.promise], ['REQUEST_INVALID', 'ended early', false])
  server.close()
})

test('options that can not be meant are told at once', () => {
  const wrong = (field: RegExp) => (error: unknown) =>
    error instanceof CustodiaError && error.code === 'CONFIGURATION_INVALID' && field.test(String(error.details.field))
  assert.throws(() => createInputGuard({ openapi, under: 'api' }), wrong(/^under$/))
  assert.throws(() => createInputGuard({ takes: ['*/*', 'json'] }), wrong(/^takes$/))
  assert.throws(() => createInputGuard({ maxBodyBytes: 1e9 }), wrong(/^maxBodyBytes$/))
  for (const document of [null, {}, { openapi: '2.0' }, { openapi: '3.1.0', paths: { '/a': { $ref: 'http://a' } } }])
    assert.throws(() => compileOpenApi(document), wrong(/./))
})
