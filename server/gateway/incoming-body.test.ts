import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import test from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { systemClock } from '../platform/clock.ts'
import { isRefusal } from '../platform/errors.ts'
import { UploadDefence } from './edge/uploads.ts'
import { checkUploads } from './edge/uploads-config.ts'
import { HeldBodies } from './held-bodies.ts'
import { incomingBody } from './incoming-body.ts'
import { WrongKeys } from './wrong-keys.ts'

const [uploadRule] = checkUploads([{ path: '/files', as: 'body' }], 'edge.uploads')
const headers = { 'content-type': 'text/plain', 'content-length': '2' }

test('whoever goes away while the nonce of a signed file is burnt leaves no place taken', async () => {
  const taken = { verdict: 'taken', name: 'file.txt', mediaType: 'text/plain', flags: [], remade: null } as const
  const needs = {
    bodies: new HeldBodies(1_024),
    wrongKeys: new WrongKeys(systemClock),
    uploads: new UploadDefence(async () => taken),
    fileRefused() {},
  }
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
