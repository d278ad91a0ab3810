import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from './public-address.ts'

test('an address of the public network is one', () => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700::6812:1',
    '2a00:1450:4001:800::200e',
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('this machine, its networks, a cloud’s metadata and ranges for other ends are not public', () => {
  for (const address of [
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    '3fff::1',
    '4000::1',
  ])
    assert.equal(isPublicAddress(address), false, address)
})

test('IPv4 inside IPv6 is not public, whatever it stands for', () => {
  for (const address of [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '2002:7f00:1::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  ])
    assert.equal(isPublicAddress(address), false, address)
})

test('what is no address is not public', () => {
  for (const address of [
    '',
    'localhost',
    '2130706433',
    '0x7f.1',
    '1.1.1',
    'fe80::1%eth0',
    '2606:4700::1%1',
    '[2606:4700::1]',
    '1.1.1.1 ',
  ])
    assert.equal(isPublicAddress(address), false, address)
})
