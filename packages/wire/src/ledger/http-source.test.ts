import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { httpSource } from './http-source.ts'

const replies: Record<string, [status: number, body: string | Buffer]> = {
  '/ledger/checkpoint': [200, 'note\n'],
  '/ledger/tile/0/x001/000': [200, Buffer.alloc(8192, 7)],
  '/ledger/tile/1/000.p/3': [200, Buffer.alloc(8193)],
  '/ledger/tile/entries/000.p/5': [200, 'five'],
  '/ledger/tile/2/000': [302, ''],
  '/ledger/tile/3/000': [500, 'no'],
  '/large/checkpoint': [200, 'x'.repeat(70_000)],
}
const seen: (string | undefined)[] = []
const server = createServer((request, response) => {
  seen.push(request.headers.authorization)
  const [status, body] = replies[request.url ?? ''] ?? [404, '']
  response.writeHead(status, status === 302 ? { location: '/ledger/checkpoint' } : {}).end(body)
})
let address = ''
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

test('checkpoint, tiles and bundles are read from the paths of the specification, with the headers given', async () => {
  for (const base of [`${address}/ledger`, `${address}/ledger/`]) {
    const source = httpSource(base, { authorization: 'Bearer x' })
    assert.equal(await source.checkpoint(), 'note\n')
    assert.deepEqual(await source.tile(0, 1000, 256), new Uint8Array(8192).fill(7))
    assert.deepEqual(await source.entries(0, 5), new TextEncoder().encode('five'))
  }
  assert.deepEqual(new Set(seen), new Set(['Bearer x']))
})

test('what is not there is null; a ledger that is not there is said so', async () => {
  assert.equal(await httpSource(`${address}/ledger`).tile(0, 5, 256), null)
  assert.equal(await httpSource(`${address}/ledger`).entries(9, 1), null)
  await assert.rejects(httpSource(`${address}/nothing`).checkpoint(), /no ledger/)
})

test('a reply larger than its kind can be, a redirect and a fault end the reading', async () => {
  const source = httpSource(`${address}/ledger`)
  await assert.rejects(source.tile(1, 0, 3), /larger/)
  await assert.rejects(httpSource(`${address}/large`).checkpoint(), /larger/)
  await assert.rejects(source.tile(2, 0, 256))
  await assert.rejects(source.tile(3, 0, 256), /500/)
})
