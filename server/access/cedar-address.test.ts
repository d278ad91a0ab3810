import assert from 'node:assert/strict'
import { test } from 'node:test'
import { valueFromJson } from './cedar/api.ts'
import { cedarAddress } from './cedar-address.ts'

for (const [address, expected] of [
  ['10.0.0.1', '10.0.0.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['64:ff9b::10.0.0.1', '192.0.2.0'],
  ['999.0.0.1', '192.0.2.0'],
  ['::ffff:999.0.0.1', '192.0.2.0'],
  ['10.0.0.0/8', '192.0.2.0'],
  ['somewhere', '192.0.2.0'],
  ['', '192.0.2.0'],
  [null, '192.0.2.0'],
] as const)
  test(`${address} is ${expected} to a policy, which Cedar takes`, () => {
    assert.equal(cedarAddress(address), expected)
    assert.doesNotThrow(() => valueFromJson({ __extn: { fn: 'ip', arg: cedarAddress(address) } }))
  })
