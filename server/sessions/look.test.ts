import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { browserOf } from './device.ts'
import { changesOf, lookOf, networkOf } from './look.ts'
import { firefox, head } from './testing.ts'

const key = Buffer.alloc(32, 7)
const agent = (text: string) => head({ headers: { 'user-agent': text } })
const noted = (look: ReturnType<typeof lookOf>) => ({
  browser_hash: look.browserHash,
  browser_version: look.version,
  networks: [look.networkHash],
})
const first = lookOf(head(), 'ses_a', key)

test('another family or platform is another browser', () => {
  for (const other of [
    firefox['user-agent'].replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64'),
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
    'curl/8.5.0',
    '',
  ])
    assert.ok(changesOf(noted(first), lookOf(agent(other), 'ses_a', key)).includes('browser'), other)
  assert.ok(changesOf(noted(first), lookOf(head({ headers: {} }), 'ses_a', key)).includes('browser'))
  assert.notEqual(browserOf('curl/8.5.0').name, browserOf('python-requests/2.32').name)
})

test('another version, or another network, is that and nothing more', () => {
  const newer = agent(firefox['user-agent'].replaceAll('128', '129'))
  assert.deepEqual(changesOf(noted(first), lookOf(newer, 'ses_a', key)), ['version'])
  assert.deepEqual(changesOf(noted(first), lookOf(head({ address: '198.51.100.7' }), 'ses_a', key)), ['network'])
})

test('another address of the same network is no change, nor is a patch of the browser', () => {
  assert.deepEqual(changesOf(noted(first), lookOf(head({ address: '192.0.2.200' }), 'ses_a', key)), [])
  const patched = agent(firefox['user-agent'].replaceAll('128.0', '128.5'))
  assert.deepEqual(changesOf(noted(first), lookOf(patched, 'ses_a', key)), [])
})

test('two sessions that look alike have no hash in common, nor have two keys', () => {
  const all = [first, lookOf(head(), 'ses_b', key), lookOf(head(), 'ses_a', Buffer.alloc(32, 8))]
  const hashes = all.flatMap((look) => [look.browserHash.toString('hex'), look.networkHash.toString('hex')])
  assert.equal(new Set(hashes).size, 6)
})

test('a network is named by its prefix, however the address is written', () => {
  const networks = {
    '192.0.2.7': '192.0.2.0/24',
    '::ffff:192.0.2.7': '192.0.2.0/24',
    '2001:db8:7:1::5': '2001:db8:7::/48',
    '2001:0DB8:0007:ffff:1:2:3:4': '2001:db8:7::/48',
    '2001::7:1:2:3:4:5': '2001:0:7::/48',
    '2001:db8::': '2001:db8:0::/48',
    '::1': '0:0:0::/48',
    'fe80::1%eth0': 'fe80:0:0::/48',
    '64:ff9b::192.0.2.33': '64:ff9b:0::/48',
    '': 'unknown',
    '1.2.3': 'unknown',
  }
  for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network, address)
})

test('whatever a request says of itself, a look comes out', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_000 }), fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text, address) => {
      const look = lookOf(head({ headers: { 'user-agent': text }, address }), 'ses_a', key)
      assert.deepEqual(changesOf(noted(look), look), [])
    }),
  )
})
