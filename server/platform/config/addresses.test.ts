import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressRange, hostAndPort, urlOf, webOrigin } from './addresses.ts'

test('names, IPv4 and bracketed IPv6 are places to listen', () => {
  assert.deepEqual(hostAndPort('127.0.0.1:8080'), { host: '127.0.0.1', port: 8080 })
  assert.deepEqual(hostAndPort('[::1]:443'), { host: '::1', port: 443 })
  assert.deepEqual(hostAndPort('[::ffff:10.0.0.1]:0'), { host: '::ffff:10.0.0.1', port: 0 })
  assert.deepEqual(hostAndPort('db-1.internal:65535'), { host: 'db-1.internal', port: 65_535 })
})

test('what is no host and port is refused', () => {
  const wrong = [
    '',
    ':',
    ':80',
    'host',
    'host:',
    'host:port',
    'host:-1',
    'host:65536',
    'host:100000',
    '::1:80',
    '[::1]',
    '[]:80',
  ]
  const more = [
    '[::g]:80',
    '[127.0.0.1]:80',
    '256.0.0.1:80',
    '1.2.3:80',
    'a b:80',
    'http://a:80',
    'a:80/',
    'a:80\n',
    '-a:80',
    'a-:80',
  ]
  for (const text of [...wrong, ...more]) assert.throws(() => hostAndPort(text), Error, text)
})

test('every IPv4 and IPv6 address with a port is taken, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), fc.integer({ min: 0, max: 65_535 }), (four, six, port) => {
      assert.deepEqual(hostAndPort(`${four}:${port}`), { host: four, port })
      assert.deepEqual(hostAndPort(`[${six}]:${port}`), { host: six, port })
    }),
  )
})

test('whatever text comes, a host and port in bounds come out, or a reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcxyz.:[]-/ \n') }), (text) => {
      try {
        const { host, port } = hostAndPort(text)
        assert.ok(port >= 0 && port <= 65_535 && host.length > 0)
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof assert.AssertionError))
      }
    }),
  )
})

test('addresses and ranges may be trusted, everybody may not', () => {
  for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '192.168.0.0/32', '::/1', 'fd00::/128'])
    assert.equal(addressRange(text), text)
  const wrong = [
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
  ]
  for (const text of [...wrong, '', '/8', 'loopback', 'fe80::1%eth0', 'localhost', '010.0.0.1', ' 10.0.0.1'])
    assert.throws(() => addressRange(text), Error, text)
})

test('a range that is taken names a real address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.integer({ min: 1, max: 32 }), (address, length) => {
      const text = `${address}/${length}`
      if (isIP(address) !== 0) assert.equal(addressRange(text), text)
      else assert.throws(() => addressRange(text))
    }),
  )
})

test('an origin is a scheme, a host and maybe a port, written in one way', () => {
  assert.equal(webOrigin('https://ID.Example.org/'), 'https://id.example.org')
  assert.equal(webOrigin('http://custodia.localhost:8080'), 'http://custodia.localhost:8080')
  assert.equal(webOrigin('https://id.example.org:443'), 'https://id.example.org')
  const wrong = [
    '',
    'id.example.org',
    'ftp://a',
    'javascript:alert(1)',
    'https://',
    'https://a/b',
    'https://a?b',
    'https://a#b',
    'https://a:99999',
  ]
  for (const text of wrong) assert.throws(() => webOrigin(text), Error, text)
})

test('a reason never repeats a password that stands in a URL', () => {
  const silent = (error: Error) => !error.message.includes('hunter2')
  assert.throws(() => webOrigin('https://me:hunter2@id.example.org'), silent)
  for (const text of ['mysql://me:hunter2@db', 'postgres//me:hunter2@db', 'hunter2'])
    assert.throws(() => urlOf('postgres:', 'postgresql:')(text), silent)
  assert.equal(urlOf('postgres:')('postgres://me:hunter2@db/x'), 'postgres://me:hunter2@db/x')
})
