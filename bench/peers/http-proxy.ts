import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

// A proxy that passes everything on, as its README sets it up, with as many connections to the upstream as the gateway.
const app = Fastify({ logger: false })
await app.register(httpProxy, {
  upstream: process.argv[2] as string,
  undici: { connections: 256, pipelining: 1 },
  disableRequestLogging: true,
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.once('disconnect', () => process.exit())
