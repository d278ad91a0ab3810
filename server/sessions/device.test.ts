import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deviceOf } from './device.ts'

const agents = {
  'Firefox on Linux': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Chrome on Windows':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Edge on Windows':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0',
  'Safari on macOS':
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
  'Safari on iPhone':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  'Firefox on Android': 'Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0',
  'Unknown browser on Linux': 'Mozilla/5.0 (X11; Linux x86_64) Something/1.0',
  'Unknown device': 'curl/8.5.0',
}

test('a device is called what its person would call it', () => {
  for (const [name, agent] of Object.entries(agents)) assert.equal(deviceOf({ 'user-agent': agent }), name)
})

test('the platform that the browser says beside its agent goes first', () => {
  const headers = { 'user-agent': agents['Chrome on Windows'], 'sec-ch-ua-platform': '"macOS"' }
  assert.equal(deviceOf(headers), 'Chrome on macOS')
})

test('a browser that says nothing of itself is unknown', () => {
  assert.equal(deviceOf({}), 'Unknown device')
  assert.equal(deviceOf({ 'user-agent': '', 'sec-ch-ua-platform': ['"Linux"', '"Linux"'] }), 'Unknown device')
})

test('nothing that a stranger wrote comes out', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (agent, platform) => {
      const name = deviceOf({ 'user-agent': agent, 'sec-ch-ua-platform': platform })
      assert.match(name, /^[A-Za-z ]{4,40}$/)
    }),
  )
})
