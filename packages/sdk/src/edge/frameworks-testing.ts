import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import type { Context } from 'hono'
import { Hono } from 'hono'
import type { BrowserDefence } from './browser.ts'
import * as onExpress from './express.ts'
import * as onFastify from './fastify.ts'
import * as onFetch from './fetch.ts'
import * as onHono from './hono.ts'
import type { InputGuard } from './input.ts'
import * as onNode from './node.ts'

/** One request, as it is to leave. */
export type Sent = {
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly chunked?: boolean
}
export type Got = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
type Reply = { readonly status: number; readonly headers: Record<string, string | string[]>; readonly body: string }
type Asked = { readonly nonce: string | null; readonly body: string }

/** What stands in front of the application, and what that does. */
export type Setup = {
  readonly defence?: BrowserDefence
  readonly guard?: InputGuard
  readonly application: (asked: Asked) => Reply
}
export type App = { send(sent: Sent): Promise<Got>; close(): Promise<unknown> }

const session = () => 'ses_1'

/** The same small application behind each of the ways to stand in front of one. */
export const frameworks: Readonly<Record<string, (setup: Setup) => Promise<App>>> = {
  async 'node:http'({ defence, guard, application }) {
    const browser = defence === undefined ? null : onNode.defendBrowser(defence, { session })
    const input = guard === undefined ? null : onNode.checkInput(guard)
    return await listening(async (request, response) => {
      if (browser !== null && !(await browser(request, response))) return
      if (input !== null && !(await input(request, response))) return
      const { status, headers, body } = application({ nonce: onNode.nonceOf(request), body: await textOf(request) })
      response.writeHead(status, headers).end(body)
    })
  },

  async Express({ defence, guard, application }) {
    const app = express()
    if (defence !== undefined) app.use(onExpress.defendBrowser(defence, { session }))
    if (guard !== undefined) app.use(onExpress.checkInput(guard))
    app.use(async (request, response) => {
      const { status, headers, body } = application({ nonce: onExpress.nonceOf(request), body: await textOf(request) })
      response.status(status).set(headers).send(Buffer.from(body))
    })
    return await listening(app as unknown as RequestListener)
  },

  async Fastify({ defence, guard, application }) {
    const app = fastify({ routerOptions: { maxParamLength: 10_000 } })
    if (defence !== undefined) await app.register(onFastify.defendBrowser, { defence, session })
    if (guard !== undefined) app.addHook('onRequest', onFastify.checkInput(guard))
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, String(body)))
    app.all('/*', async (request, reply) => {
      const asked = { nonce: onFastify.nonceOf(request), body: String(request.body ?? '') }
      const { status, headers, body } = application(asked)
      return reply.code(status).headers(headers).send(Buffer.from(body))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return { send: sendTo((app.server.address() as AddressInfo).port), close: () => app.close() }
  },

  async Hono({ defence, guard, application }) {
    const app = new Hono()
    if (defence !== undefined) app.use(onHono.defendBrowser(defence, { session }))
    if (guard !== undefined) app.use(onHono.checkInput(guard))
    app.all('/*', async (context: Context) => {
      const nonce = onHono.nonceOf(context)
      return replyOf(application({ nonce, body: await context.req.text() }))
    })
    return { send: sendBy(async (request) => await app.fetch(request)), close: async () => {} }
  },

  async fetch({ defence, guard, application }) {
    let handler: onFetch.FetchHandler = async (request) =>
      replyOf(application({ nonce: onFetch.nonceOf(request), body: await request.text() }))
    if (guard !== undefined) handler = onFetch.checkInput(guard, handler)
    if (defence !== undefined) handler = onFetch.defendBrowser(defence, handler, { session })
    return { send: sendBy(handler), close: async () => {} }
  },
}

/** Whether addresses come resolved, as the Fetch API has them. */
export const speaksFetch = (name: string): boolean => name === 'Hono' || name === 'fetch'

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += part
  return text
}

function replyOf({ status, headers, body }: Reply): Response {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
  return new Response(body === '' ? null : body, { status, headers: lines })
}

export async function listening(listener: RequestListener): Promise<App> {
  const server: Server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    send: sendTo((server.address() as AddressInfo).port),
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Sends the path as it is; `fetch` would resolve it before it leaves. */
export const sendTo =
  (port: number): App['send'] =>
  ({ method = 'GET', target, headers, body, chunked = false }) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(body ?? '')
      const length = chunked || body === undefined ? {} : { 'content-length': String(bytes.length) }
      const all = { ...headers, ...length, ...(chunked ? { 'transfer-encoding': 'chunked' } : {}) }
      const options = { host: '127.0.0.1', port, method, path: target, headers: all, agent: false }
      const outgoing = httpRequest(options, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8').on('data', (part: string) => (text += part))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const lines = Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(', ')])
          resolve({ status: incoming.statusCode ?? 0, headers: Object.fromEntries(lines), body: text })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(bytes)
    })

export const sendBy =
  (handler: onFetch.FetchHandler): App['send'] =>
  async ({ method = 'GET', target, headers, body, chunked = false }) => {
    const length = chunked || body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const reply = await handler(
      new Request(`http://127.0.0.1${target}`, {
        method,
        headers: { ...headers, ...length },
        ...(body === undefined ? {} : { body: body as string }),
      }),
    )
    const cookies = reply.headers.getSetCookie().join(', ')
    const lines = { ...Object.fromEntries(reply.headers), ...(cookies === '' ? {} : { 'set-cookie': cookies }) }
    return { status: reply.status, headers: lines, body: await reply.text() }
  }
