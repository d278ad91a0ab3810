import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'

// What Fastify itself costs: the route and reply of `session-check.ts`, by schema, and nothing else.
const app = Fastify({ logger: false })
const reply = { type: 'object', properties: { items: { type: 'array', items: { type: 'object' } } } } as const
app.get('/v1/applications', { schema: { response: { '2xx': reply } } }, async () => ({ items: [] }))
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.once('disconnect', () => process.exit())
