import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { connect as connect2, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { createUploadGuard } from '../uploads/guard.ts'
import { createUploadIntake } from '../uploads/intake.ts'
import { createBrowserDefence } from './browser.ts'
import { createInputGuard } from './input.ts'
import { checkInput, defendBrowser, takeUploads } from './node.ts'

type Middleware = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>

const defence = createBrowserDefence({ origins: ['https://a.example'], onReports: () => assert.fail('it was read') })
const guard = createUploadGuard({ clamd: null })
// Half of each would be whole.
const all: Readonly<Record<string, { readonly read: Middleware; readonly type: string; readonly nothing: unknown }>> = {
  'a report': { read: defendBrowser(defence), type: 'application/csp-report', nothing: false },
  JSON: { read: checkInput(createInputGuard()), type: 'application/json', nothing: false },
  'a file': { read: takeUploads(createUploadIntake({ guard, as: 'body' })), type: 'text/plain', nothing: null },
}
const target = '/.custodia/reports'

/** Sends half of a body, and goes away once the server has begun to read it, or before. */
const ways = {
  async 'HTTP/1.1'(read: Middleware, type: string, early: boolean) {
    const server = createServer()
    const read1 = serve(server, read, early)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const head = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: 9\r\n\r\n12`
    socket.write(head)
    return await read1(() => socket.destroy())
  },
  async 'HTTP/2'(read: Middleware, type: string, early: boolean) {
    const server = createServer2()
    const read2 = serve(server, read, early)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const stream = client.request({ ':method': 'POST', ':path': target, 'content-type': type })
    stream.on('error', () => {}).write('12')
    return await read2(() => client.destroy())
  },
}

function serve(server: NodeJS.EventEmitter & { close(): unknown }, read: Middleware, early: boolean) {
  return async (leave: () => void) => {
    const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
    try {
      const gone = once(response, 'close')
      if (early) {
        leave()
        await gone
      }
      const answered = read(request, response)
      if (!early) setImmediate(leave)
      return await answered
    } finally {
      server.close()
    }
  }
}

for (const [protocol, send] of Object.entries(ways))
  describe(`a sender who goes away in the middle, over ${protocol}`, () => {
    for (const [what, { read, type, nothing }] of Object.entries(all))
      for (const early of [false, true])
        it(`sent nothing, and is no fault: ${what}${early ? ', before anybody read it' : ''}`, async () => {
          assert.deepEqual(await send(read, type, early), nothing)
        })
  })
