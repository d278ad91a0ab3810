import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { systemClock } from '../platform/clock.ts'
import { isRefusal } from '../platform/errors.ts'
import { Answer } from '../platform/http/transport/http2.ts'
import { UploadDefence } from './edge/uploads.ts'
import { checkUploads } from './edge/uploads-config.ts'
import { HeldBodies } from './held-bodies.ts'
import { incomingBody } from './incoming-body.ts'
import { WrongKeys } from './wrong-keys.ts'

const [uploadRule] = checkUploads([{ path: '/files', as: 'body' }], 'edge.uploads')
const headers = { 'content-type': 'text/plain', 'content-length': '2' }

const taken = { verdict: 'taken', name: 'file.txt', mediaType: 'text/plain', flags: [], remade: null } as const
const needsOf = () => ({
  bodies: new HeldBodies(1_024),
  wrongKeys: new WrongKeys(systemClock),
  uploads: new UploadDefence(async () => taken),
  fileRefused() {},
})

test('whoever goes away while the nonce of a signed file is burnt leaves no place taken', async () => {
  const needs = needsOf()
  const send = async (leaves: boolean) => {
    const raw = new ServerResponse(new IncomingMessage(new Socket()))
    const end = async () => {
      if (!leaves) return
      raw.destroy()
      raw.emit('close')
      await new Promise(setImmediate)
    }
    const caller = { proof: { hold() {}, end } }
    const request = { headers, ip: '192.0.2.1', admitted: { caller }, allowed: null, uploadRule, remade: null }
    const reply = { raw, header() {} }
    const body = new PassThrough()
    body.end('hi')
    const answer = await new Promise<Error | null>((resolve) =>
      incomingBody(request as unknown as FastifyRequest, reply as unknown as FastifyReply, body, needs, resolve),
    )
    return answer
  }
  for (let times = 0; times < 6; times++) assert.ok(isRefusal(await send(true), 'REQUEST_INVALID'), String(times))
  assert.equal(await send(false), null)
})

test('whoever resets their stream of HTTP/2 before their file is read leaves no place taken', async (t) => {
  const needs = needsOf()
  let leaves = true
  const answers: (Error | null)[] = []
  const server = createHttp2({ Http2ServerResponse: Answer }, async (raw, response) => {
    if (leaves) await once(response, 'close')
    const request = { raw, headers, ip: '192.0.2.1', admitted: null, allowed: null, uploadRule, remade: null }
    const reply = { raw: response, header() {} }
    incomingBody(request as unknown as FastifyRequest, reply as unknown as FastifyReply, raw, needs, (error) => {
      answers.push(error)
      if (!leaves) response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.destroy()
    server.close()
  })
  const send = () => client.request({ ':method': 'POST', ...headers }).on('error', () => {})
  for (let times = 1; times <= 6; times++) {
    const stream = send()
    stream.write('h')
    await new Promise((resolve) => client.ping(resolve))
    stream.close(8)
    await once(stream, 'close')
    while (answers.length < times) await new Promise(setImmediate)
  }
  assert.ok(answers.every((answer) => isRefusal(answer, 'REQUEST_INVALID')))
  leaves = false
  await send().end('hi').toArray()
  assert.equal(answers[6], null)
})
