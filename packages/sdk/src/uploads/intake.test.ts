import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { after, describe, it, test } from 'node:test'
import { startClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { casesPng, casesRule, casesVirus, formCases, formOf } from '@custodia/edge/uploads/form/cases-testing.ts'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import * as onExpress from '../edge/express.ts'
import * as onFastify from '../edge/fastify.ts'
import * as onFetch from '../edge/fetch.ts'
import type { App } from '../edge/frameworks-testing.ts'
import { listening, sendBy, sendTo } from '../edge/frameworks-testing.ts'
import * as onHono from '../edge/hono.ts'
import * as onNode from '../edge/node.ts'
import { isCustodiaError } from '../errors.ts'
import type { UploadGuard } from './guard.ts'
import { createUploadGuard } from './guard.ts'
import type { Taken, UploadIntake, UploadIntakeOptions } from './intake.ts'
import { createUploadIntake } from './intake.ts'

const { kinds, ...bounds } = casesRule
const real = createUploadGuard({ clamd: null, policy: { kinds: [...kinds], maxBytes: bounds.maxBytes } })
const examined = new Map<string, ReturnType<UploadGuard['examine']>>()
/** Each file is looked at once, in its process: every framework has the same ones. */
const guard: UploadGuard = {
  examine(content, name) {
    const key = `${name}:${createHash('sha256').update(content).digest('hex')}`
    const known = examined.get(key) ?? real.examine(content, name)
    examined.set(key, known)
    return known
  },
}
const intakeOf = (more: Partial<UploadIntakeOptions> = {}) => createUploadIntake({ guard, ...bounds, ...more })

const frameworks: Readonly<Record<string, (intake: UploadIntake, handle: (taken: Taken) => string) => Promise<App>>> = {
  async 'node:http'(intake, handle) {
    const uploads = onNode.takeUploads(intake)
    return await listening(async (request, response) => {
      const taken = await uploads(request, response)
      if (taken !== null) response.end(handle(taken))
    })
  },
  async Express(intake, handle) {
    const app = express()
    app.post('/', onExpress.takeUploads(intake), (request, response) => {
      response.send(handle(onExpress.uploadsOf(request)))
    })
    return await listening(app as never)
  },
  async Fastify(intake, handle) {
    const app = fastify()
    await app.register(async (scope) => {
      await scope.register(onFastify.takeUploads, { intake })
      scope.post('/', (request, reply) => void reply.send(handle(onFastify.uploadsOf(request))))
    })
    app.post('/other', async (request) => request.body)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const send = sendTo((app.server.address() as AddressInfo).port)
    const other = { method: 'POST', target: '/other', headers: { 'content-type': 'application/json' }, body: '{"a":1}' }
    assert.equal((await send(other)).body, '{"a":1}', 'beyond its scope bodies are parsed as ever')
    return { send, close: () => app.close() }
  },
  async Hono(intake, handle) {
    const app = new Hono()
    app.post('/', onHono.takeUploads(intake), (context) => context.text(handle(onHono.uploadsOf(context))))
    return { send: sendBy(async (request) => await app.fetch(request)), close: async () => {} }
  },
  async fetch(intake, handle) {
    const handler = onFetch.takeUploads(intake, (_request, taken) => new Response(handle(taken)))
    return { send: sendBy(handler), close: async () => {} }
  },
}

const multipart = { 'content-type': 'multipart/form-data; boundary=x' }

for (const [name, open] of Object.entries(frameworks))
  describe(`files that come to ${name}`, async () => {
    const seen: Taken[] = []
    const app = await open(intakeOf(), (taken) => {
      seen.push(taken)
      return 'taken'
    })
    after(() => app.close())
    const post = (body: Buffer, headers: Record<string, string> = multipart) =>
      app.send({ method: 'POST', target: '/', headers, body })

    for (const one of formCases)
      it(one.what, async () => {
        seen.length = 0
        const got = await app.send({ method: 'POST', target: '/', ...one, headers: { ...multipart, ...one.headers } })
        if (one.refused === null) return assert.deepEqual([got.status, got.body, seen.length], [200, 'taken', 1])
        const { code, reason } = JSON.parse(got.body)
        const { status, ...said } = one.refused
        assert.deepEqual([got.status, code, reason], [status, said.code, said.reason], got.body)
        assert.equal(got.headers['content-type'], 'application/problem+json')
        assert.doesNotMatch(got.body, /script|a\.html|Evil/)
        assert.equal(seen.length, 0)
      })

    it('what is taken was made anew, under a safe name, beside its fields', async () => {
      seen.length = 0
      const hostile = Buffer.concat([casesPng, Buffer.from('<script>alert(1)</script>')])
      const fields = [['title', 'Lake "one"'] as const, ['__proto__', 'x'] as const]
      await post(formOf([{ name: '../../a.php.png', bytes: hostile, type: 'text/html' }], fields))
      const [taken] = seen
      const [file] = taken?.files ?? []
      assert.deepEqual([file?.field, file?.name, file?.mediaType], ['file', 'a_php.png', 'image/png'])
      assert.equal(Buffer.from(file?.content ?? []).includes('script'), false)
      assert.deepEqual(
        [...(taken?.fields ?? [])],
        [
          ['title', ['Lake "one"']],
          ['__proto__', ['x']],
        ],
      )
    })

    it('one file whose type disagrees with it is refused, and nothing of the others is kept', async () => {
      seen.length = 0
      const got = await post(
        formOf([
          { bytes: casesPng, field: 'a' },
          { name: 'b.jpg', bytes: casesPng, field: 'b' },
        ]),
      )
      const { code, field, reason } = JSON.parse(got.body)
      assert.deepEqual([code, field, reason, seen.length], ['FILE_REFUSED', 'body.b', 'content-mismatch', 0])
    })
  })

test('a file that is the body is taken by its type', async () => {
  const send = sendBy(onFetch.takeUploads(intakeOf({ as: 'body' }), (_, { files }) => new Response(files[0]?.name)))
  const put = async (type: string, body: Buffer = casesPng) => {
    const got = await send({ method: 'PUT', target: '/', headers: { 'content-type': type }, body })
    return [got.status, got.status === 200 ? got.body : JSON.parse(got.body).code]
  }
  assert.deepEqual(await put('image/png'), [200, 'file.png'])
  assert.deepEqual(await put('image/jpeg'), [422, 'FILE_REFUSED'])
  assert.deepEqual(await put('image/png', Buffer.alloc(0)), [422, 'FILE_REFUSED'])
  for (const type of ['text/html', 'multipart/form-data; boundary=x', 'constructor/x', 'image/png; charset=utf-16'])
    assert.deepEqual(await put(type), [415, 'MEDIA_TYPE_UNSUPPORTED'], type)
})

/** A server that takes two at once, from senders who have so many seconds. */
async function takesTwo(seconds: number) {
  const take = onNode.takeUploads(intakeOf({ maxTogether: 2, seconds }))
  const server = createServer(async (request, response) => {
    if ((await take(request, response)) !== null) response.end('taken')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const begin = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    let said = ''
    socket.on('data', (part) => (said += part))
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${multipart['content-type']}\r\nContent-Length: 999\r\n\r\n--x`,
    )
    await once(server, 'request')
    return { socket, answered: once(socket, 'close').then(() => said) }
  }
  const post = () => sendTo(port)({ method: 'POST', target: '/', headers: multipart, body: formOf([], [['a', 'b']]) })
  return { begin, post, close: () => server.close() }
}

test('no more are taken at once than may be, and who goes away leaves a place', async (t) => {
  const { begin, post, close } = await takesTwo(300)
  t.after(close)
  const [one, two] = [await begin(), await begin()]
  t.after(() => two.socket.destroy())
  const third = await post()
  assert.deepEqual([third.status, JSON.parse(third.body).code, third.headers['retry-after']], [503, 'SERVER_BUSY', '1'])
  one.socket.destroy()
  await one.answered
  let status = 0
  for (let tries = 0; tries < 200 && status !== 200; tries++) status = (await post()).status
  assert.equal(status, 200)
})

test('who is slow is cut off', async (t) => {
  const { begin, close } = await takesTwo(1)
  t.after(close)
  const { answered } = await begin()
  assert.match(await answered, /^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s)
})

test('a scanner that is not there is no clean answer', async () => {
  const lost = createUploadGuard({ clamd: 'unix:/nonexistent/clamd.sock' })
  const send = sendBy(onFetch.takeUploads(intakeOf({ guard: lost }), () => assert.fail('it was taken')))
  const got = await send({ method: 'POST', target: '/', headers: multipart, body: formOf([{ bytes: casesPng }]) })
  assert.deepEqual([got.status, JSON.parse(got.body).code], [503, 'FILE_NOT_SCANNED'])
})

test('what is not looked at within two minutes was not scanned', async (t) => {
  t.mock.method(AbortSignal, 'timeout', (ms: number) => (ms === 120_000 ? AbortSignal.abort() : assert.fail()))
  const send = sendBy(onFetch.takeUploads(intakeOf({ guard: real }), () => assert.fail('it was taken')))
  const got = await send({ method: 'POST', target: '/', headers: multipart, body: formOf([{ bytes: casesPng }]) })
  assert.deepEqual([got.status, JSON.parse(got.body).code], [503, 'FILE_NOT_SCANNED'])
})

const skip = spawnSync('which', ['clamd']).status === 0 ? false : 'clamd is not installed'
test('what a real scanner finds is refused', { skip }, async () => {
  const clamd = await startClamd(casesVirus)
  try {
    const scanned = createUploadGuard({ clamd: `unix:${clamd.path}`, policy: { kinds: ['text', 'png'] } })
    const send = sendBy(onFetch.takeUploads(intakeOf({ guard: scanned }), () => new Response('taken')))
    const post = (bytes: Buffer, name: string) =>
      send({ method: 'POST', target: '/', headers: multipart, body: formOf([{ name, bytes }]) })
    assert.equal(JSON.parse((await post(casesVirus, 'a.txt')).body).reason, 'malware')
    assert.equal((await post(casesPng, 'a.png')).status, 200)
  } finally {
    await clamd.stop()
  }
})

test('options that can not be meant are told at once', () => {
  for (const [field, options] of [
    ['as', { as: 'json' as 'form' }],
    ['maxBytes', { maxBytes: 1e9 }],
    ['maxFiles', { maxFiles: 0 }],
    ['maxFields', { maxFields: -1 }],
    ['seconds', { seconds: 0.5 }],
    ['maxTogether', { maxTogether: Number.POSITIVE_INFINITY }],
  ] as const)
    assert.throws(
      () => intakeOf(options),
      (error) => isCustodiaError(error, 'CONFIGURATION_INVALID') && error.details.field === field,
    )
})
