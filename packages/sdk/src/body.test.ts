import assert from 'node:assert/strict'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { collect, maxBodyBytesOf, peekBody } from './body.ts'
import { CustodiaError } from './errors.ts'

type Seen = { readonly peeked: string; readonly read: string }

let arrived: (request: IncomingMessage) => void = () => undefined
let seen = Promise.withResolvers<Seen>()
let early: (request: IncomingMessage) => Promise<void> = async () => undefined
const server = createServer(async (request, response) => {
  try {
    await early(request)
    const peeking = peekBody(request, 1_000, () => undefined)
    arrived(request)
    const peeked = (await peeking).toString()
    // As body parsers do, and a few turns later: an end that was said already is never heard.
    await turn()
    let read = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      read += text
    })
    request.on('end', () => seen.resolve({ peeked, read }))
  } catch (error) {
    seen.reject(error)
  }
  response.end()
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
after(() => {
  server.close()
  server.closeAllConnections()
})

/** Opens a request, and goes on once the server waits for its body. */
async function opened(
  headers: Record<string, string> = {},
): Promise<{ outgoing: ClientRequest; incoming: IncomingMessage }> {
  seen = Promise.withResolvers()
  seen.promise.catch(() => undefined)
  const waits = new Promise<IncomingMessage>((resolve) => {
    arrived = resolve
  })
  const { port } = server.address() as AddressInfo
  const outgoing = httpRequest({ host: '127.0.0.1', port, method: 'POST', agent: false, headers })
  outgoing.on('error', () => undefined)
  outgoing.flushHeaders()
  return { outgoing, incoming: await waits }
}

/** Sends a part, and goes on once the server has it. */
const part = (outgoing: ClientRequest, incoming: IncomingMessage, text: string) =>
  new Promise<void>((resolve) => {
    incoming.once('readable', () => resolve())
    outgoing.write(text)
  })

describe('a body that is looked at before it is parsed', () => {
  it('is there as if nobody had read it, however slowly it comes', async () => {
    const { outgoing, incoming } = await opened()
    for (const text of ['one ', 'two ', 'three']) await part(outgoing, incoming, text)
    outgoing.end()
    assert.deepEqual(await seen.promise, { peeked: 'one two three', read: 'one two three' })
  })

  it('is there at once, with its length or in chunks', async () => {
    const { outgoing } = await opened({ 'content-length': '3' })
    outgoing.end('abc')
    assert.deepEqual(await seen.promise, { peeked: 'abc', read: 'abc' })
  })

  it('may be empty, also where that shows late', { timeout: 10_000 }, async () => {
    const chunked = await opened()
    await turn()
    chunked.outgoing.end()
    assert.deepEqual(await seen.promise, { peeked: '', read: '' })
    const declared = await opened({ 'content-length': '0' })
    declared.outgoing.end()
    assert.deepEqual(await seen.promise, { peeked: '', read: '' })
  })

  it('is refused as soon as it is too large', async () => {
    const { outgoing } = await opened()
    outgoing.write('x'.repeat(1_001))
    await assert.rejects(seen.promise, { code: 'BODY_TOO_LARGE', status: 413 })
    outgoing.destroy()
  })

  it('is refused when its sender goes away', async () => {
    const { outgoing, incoming } = await opened()
    await part(outgoing, incoming, 'half')
    outgoing.destroy()
    await assert.rejects(seen.promise, { code: 'SIGNATURE_INVALID' })
  })

  it('that somebody has read already is a fault, and not an empty one', async () => {
    early = async (request) => {
      arrived(request)
      for await (const _ of request);
    }
    try {
      const { outgoing } = await opened()
      outgoing.end('abc')
      await assert.rejects(seen.promise, (error: unknown) => {
        assert.ok(!(error instanceof CustodiaError))
        assert.match(String(error), /before the body parsers/)
        return true
      })
    } finally {
      early = async () => undefined
    }
  })

  it('has a bound that is itself bounded', async () => {
    assert.equal(maxBodyBytesOf(), 1_048_576)
    for (const odd of [-1, 1.5, Number.NaN, 67_108_865]) {
      assert.throws(() => maxBodyBytesOf(odd), { code: 'CONFIGURATION_INVALID' })
    }
    const parts = [Buffer.alloc(6), Buffer.alloc(5)]
    await assert.rejects(collect(parts, 10), { code: 'BODY_TOO_LARGE' })
    assert.equal((await collect(parts, 11)).length, 11)
  })
})
