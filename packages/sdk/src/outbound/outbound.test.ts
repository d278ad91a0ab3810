import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { isCustodiaError } from '../errors.ts'
import { fetchPublic } from './outbound.ts'

const fails = (code: 'ADDRESS_REFUSED' | 'ADDRESS_FAILED', reason?: string) => (error: unknown) =>
  isCustodiaError(error, code) && (reason === undefined || error.details.reason === reason)

test('what leads to the inside is refused before anything is connected to', async (t) => {
  let connected = 0
  const inside = createServer((socket) => {
    connected += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(inside, 'listening')
  t.after(() => inside.close())
  const { port } = inside.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0'])
    await assert.rejects(fetchPublic(`https://${host}:${port}/`), fails('ADDRESS_REFUSED'), host)
  for (const address of ['https://169.254.169.254/latest/meta-data/', 'https://10.0.0.1/', 'https://[fd00::1]/'])
    await assert.rejects(fetchPublic(address), fails('ADDRESS_REFUSED'), address)
  assert.equal(connected, 0)
})

test('other schemes, names with passwords and what is no address are refused', async () => {
  for (const address of [
    'http://example.org/',
    'file:///etc/passwd',
    'https://a:b@example.org/',
    'gopher://x',
    '',
    '//x',
  ])
    await assert.rejects(fetchPublic(address), fails('ADDRESS_REFUSED'), address)
})

test('a name that nobody has is told apart from one that may not be asked', async () => {
  await assert.rejects(fetchPublic('https://nobody.invalid/'), fails('ADDRESS_FAILED', 'unreachable'))
})
