import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import test from 'node:test'
import { Type } from 'typebox'
import { clientAddresses, tidyForwardedFor } from './client-address.ts'
import { defineRoute } from './route.ts'
import { openHttpServer } from './testing.ts'

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage

test('without trusted proxies nobody says where they come from', () => {
  const address = clientAddresses([])
  assert.equal(address(from('192.0.2.1', '10.0.0.1')), '192.0.2.1')
  assert.equal(address(from(undefined, '10.0.0.1')), '')
})

test('a trusted proxy says who came to it, and what the client wrote before that counts for nothing', () => {
  const address = clientAddresses(['10.0.0.0/8', '2001:db8::1'])
  assert.equal(address(from('10.0.0.1', '198.51.100.7')), '198.51.100.7')
  assert.equal(address(from('10.0.0.1', '10.9.9.9, 198.51.100.7')), '198.51.100.7')
  assert.equal(address(from('10.0.0.1', '198.51.100.7, 10.0.0.2')), '198.51.100.7')
  assert.equal(address(from('::ffff:10.0.0.1', '198.51.100.7')), '198.51.100.7')
  assert.equal(address(from('2001:db8::1', '2001:db8::7')), '2001:db8::7')
  assert.equal(address(from('2001:db8::2', '10.1.1.1')), '2001:db8::2')
})

test('what is no address is nobody that is trusted', () => {
  const address = clientAddresses(['10.0.0.0/8'])
  assert.equal(address(from('10.0.0.1', '10.1.1.1, unknown')), 'unknown')
  assert.equal(address(from('10.0.0.1', '198.51.100.7, ')), '10.0.0.1')
  assert.equal(address(from('10.0.0.1')), '10.0.0.1')
})

test('of what is forwarded the addresses are left from the nearest on, up to what is none', () => {
  const tidied = (forwarded: string | undefined) => {
    const request = from('10.0.0.1', forwarded)
    tidyForwardedFor(request)
    return request.headers['x-forwarded-for']
  }
  for (const same of ['198.51.100.7', '2001:db8::7', '10.1.1.1, 198.51.100.7', undefined])
    assert.equal(tidied(same), same)
  for (const [said, left] of [
    ['198.51.100.7:51034', '198.51.100.7'],
    ['[2001:db8::7]:51034', '2001:db8::7'],
    ['[2001:db8::7],198.51.100.7 ', '2001:db8::7, 198.51.100.7'],
    ['198.51.100.7, unknown, 10.0.0.2', '10.0.0.2'],
    ['203.0.113.9, <script>, 198.51.100.7:1', '198.51.100.7'],
  ])
    assert.equal(tidied(said), left)
  for (const none of [
    '',
    ' ',
    ',',
    'unknown',
    '_hidden',
    '198.51.100.7, ',
    '999.1.1.1',
    '1.2.3.4:999999',
    '[1',
    '[1.2]',
    'x'.repeat(5_000),
  ])
    assert.equal(tidied(none), undefined, none)
})

test('whoever handles a request sees an address, whatever a proxy that is trusted hands on', async (t) => {
  const echo = defineRoute({
    ...{ method: 'GET', path: '/address', summary: 'Test.', who: 'anyone', limit: 'read', sensitive: false },
    reply: Type.Object({ address: Type.String() }),
    handle: async ({ head }) => ({ address: head.address }),
  })
  const { server, port } = await openHttpServer({ routes: [echo], trustedProxies: ['127.0.0.1'] })
  t.after(() => server.drain(0))
  const seen = async (forwarded: string) => {
    const reply = await fetch(`http://localhost:${port}/address`, { headers: { 'x-forwarded-for': forwarded } })
    return ((await reply.json()) as { address: string }).address
  }
  assert.equal(await seen('203.0.113.9, 198.51.100.7:51034'), '198.51.100.7')
  assert.equal(await seen('198.51.100.7, unknown'), '127.0.0.1')
  assert.equal(await seen('x'.repeat(5_000)), '127.0.0.1')
})
