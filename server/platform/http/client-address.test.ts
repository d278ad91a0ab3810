import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import test from 'node:test'
import { clientAddresses } from './client-address.ts'

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
