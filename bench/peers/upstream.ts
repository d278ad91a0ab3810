import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// An application behind a proxy that does as little as one can.
const body = JSON.stringify({ hello: 'world' })
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.once('disconnect', () => process.exit())
