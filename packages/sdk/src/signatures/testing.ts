import { generateKeyPairSync } from 'node:crypto'
import type { Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { ed25519PublicKey } from '@custodia/wire/http-signatures/algorithms.ts'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { signedRequestOf as ofExpress, requireSignature as onExpress } from './express.ts'
import { signedRequestOf as ofFastify, requireSignature as onFastify } from './fastify.ts'
import { signedRequestOf as ofHono, requireSignature as onHono } from './hono.ts'
import type { SignatureVerifier } from './verify-request.ts'

const secret = new Uint8Array(32).fill(9)
const pair = generateKeyPairSync('ed25519')
const publicKey = ed25519PublicKey(pair.publicKey.export({ format: 'pem', type: 'spki' }) as string)

/** What clients hold, by the id of the key. */
export const clientKeys = {
  key_hmac: { algorithm: 'hmac-sha256', secret },
  key_ed: { algorithm: 'ed25519', privateKey: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string },
} as const

/** What servers hold. */
export function lookUp(keyId: string) {
  if (keyId === 'key_hmac') return { algorithm: 'hmac-sha256', secret, owner: 'inbox' } as const
  if (keyId === 'key_ed') return { algorithm: 'ed25519', publicKey, owner: 'memories' } as const
  return null
}

/** An application that answers what its own body parser read, how it was called and who signed. */
export type App = { readonly port: number; readonly handled: () => number; stop(): Promise<unknown> }

const started = (server: Server, handled: () => number): App => ({
  port: (server.address() as AddressInfo).port,
  handled,
  stop: () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
})

const listen = (server: Server) =>
  new Promise<Server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))

/** The same small application on each framework, its routes under `/api`. */
export const frameworks: Readonly<Record<string, (verifier: SignatureVerifier) => Promise<App>>> = {
  async 'Node alone'(verifier) {
    let handled = 0
    const server = createServer(async (request, response) => {
      try {
        const { keyId } = await verifier.verifyRequest(request)
        handled += 1
        const parts: Buffer[] = []
        for await (const part of request) parts.push(part)
        response.end(JSON.stringify({ keyId, text: Buffer.concat(parts).toString('latin1') }))
      } catch (error) {
        const { status = 500, code } = error as { status?: number; code?: string }
        response.writeHead(status).end(JSON.stringify({ code }))
      }
    })
    return started(await listen(server), () => handled)
  },

  async fastify(verifier) {
    let handled = 0
    const app = fastify({ bodyLimit: 8_388_608 })
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body.toString('latin1')))
    app.addHook('onRequest', onFastify({ verifier }))
    app.all('/api/*', async (request) => {
      handled += 1
      const { keyId } = ofFastify(request)
      const { body } = request
      return { keyId, text: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body) }
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return { ...started(app.server, () => handled), stop: () => app.close() }
  },

  async express(verifier) {
    let handled = 0
    const app = express()
    app.set('env', 'test')
    const api = express.Router()
    app.use('/api', onExpress({ verifier }), api)
    api.use(express.json())
    api.use(express.raw({ type: () => true, limit: 8_388_608 }))
    api.use((request, response) => {
      handled += 1
      const { keyId } = ofExpress(request)
      const { body } = request
      const text = Buffer.isBuffer(body) ? body.toString('latin1') : body === undefined ? '' : JSON.stringify(body)
      response.json({ keyId, text })
    })
    return started(await listen(createServer(app)), () => handled)
  },

  async hono(verifier) {
    let handled = 0
    const app = new Hono()
    app.use('/api/*', onHono({ verifier }))
    app.all('/api/*', async (context) => {
      handled += 1
      const { keyId } = ofHono(context)
      return context.json({ keyId, text: Buffer.from(await context.req.arrayBuffer()).toString('latin1') })
    })
    // Hono speaks `fetch`; this carries its requests and replies over a real socket.
    const server = createServer(async (incoming, outgoing) => {
      const headers = new Headers()
      for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
        headers.append(incoming.rawHeaders[at] as string, incoming.rawHeaders[at + 1] as string)
      }
      const bodiless = incoming.method === 'GET' || incoming.method === 'HEAD'
      const init = {
        method: incoming.method as string,
        headers,
        duplex: 'half',
        ...(bodiless ? {} : { body: Readable.toWeb(incoming) }),
      } as RequestInit
      const reply = await app.fetch(new Request(`http://${incoming.headers.host}${incoming.url}`, init))
      outgoing.writeHead(reply.status, Object.fromEntries(reply.headers)).end(await reply.text())
    })
    return started(await listen(server), () => handled)
  },
}

export type Sent = { readonly status: number; readonly headers: Headers; readonly body: string }

/** Sends header lines and body as they are, as nobody's `fetch` would. */
export function sendRaw(
  port: number,
  { method, path, headers, body }: { method: string; path: string; headers: readonly string[]; body?: Buffer },
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers: [...headers], agent: false } as const
    const outgoing = httpRequest(options, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      incoming.on('end', () => {
        const reply = new Headers(incoming.headers as Record<string, string>)
        resolve({ status: incoming.statusCode ?? 0, headers: reply, body: text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
