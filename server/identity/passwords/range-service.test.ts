import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { after, before, test } from 'node:test'
import { secureServer } from '../../platform/outbound/testing.ts'
import { createMetrics } from '../../platform/telemetry/registry.ts'
import { keepingLog } from '../../platform/telemetry/testing.ts'
import { openBreached } from './breached.ts'
import { rangeServiceOf } from './range-service.ts'
import { passwordSettings } from './settings.ts'

const digestOf = (password: string) => createHash('sha1').update(password).digest('hex').toUpperCase()
const suffixOf = (password: string) => digestOf(password).slice(5)
const filling = '0018A45C4D1DEF81644B54AB7F969B88D65:0'
const leaked = 'seven grey herons wade'

const seen: { url: string; headers: IncomingHttpHeaders }[] = []
let reply = { status: 200, body: '' }
let server: Awaited<ReturnType<typeof secureServer>>
before(async () => {
  server = await secureServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers })
    response.writeHead(reply.status, { 'content-type': 'text/plain' }).end(reply.body)
  })
})
after(() => server.close())

function open(url: string | null = `https://localhost:${server.port}/range`, breachRangePrivate = true) {
  const metrics = createMetrics()
  const { log, lines } = keepingLog()
  const range = rangeServiceOf({ breachRangeUrl: url, breachRangePrivate })
  const breached = openBreached({ file: null, range, metrics, log })
  const count = async (outcome: string) =>
    new RegExp(`custodia_identity_breach_range_total\\{outcome="${outcome}"\\} (\\d+)`).exec(
      await metrics.text(),
    )?.[1] ?? '0'
  return { ...breached, count, lines }
}

test('five digits of forty go out with a request for padding, and what comes back decides', async () => {
  reply = { status: 200, body: [filling, `${suffixOf(leaked)}:3`, `${suffixOf('another one')}:12`].join('\r\n') }
  const { leaked: ask, count } = open()
  assert.equal(await ask(leaked), true)
  const { url, headers } = seen.at(-1) ?? { url: '', headers: {} }
  assert.equal(url, `/range/${digestOf(leaked).slice(0, 5)}`)
  assert.partialDeepStrictEqual(headers, { 'add-padding': 'true', 'user-agent': 'custodia' })
  assert.equal(headers.cookie, undefined)
  assert.equal(await ask('a phrase that nobody else has'), false)
  assert.deepEqual([await count('listed'), await count('absent'), await count('failed')], ['1', '1', '0'])
})

test('what was filled in, with a count of 0, is not listed', async () => {
  reply = { status: 200, body: `${suffixOf(leaked)}:0\r\n${filling}` }
  assert.equal(await open().leaked(leaked), false)
})

test('where nothing is configured nobody is asked', async () => {
  const asked = seen.length
  const { leaked: ask, count } = open(null)
  assert.equal(await ask('password'), false)
  assert.deepEqual([seen.length - asked, await count('absent')], [0, '0'])
})

test('a service that fails, talks nonsense or redirects is counted, and the embedded list decides', async () => {
  const replies = [
    { status: 503, body: '' },
    { status: 429, body: '' },
    { status: 302, body: '' },
    { status: 404, body: `${suffixOf(leaked)}:3` },
    { status: 200, body: '' },
    { status: 200, body: '<html>a captive portal</html>' },
    { status: 200, body: `${suffixOf(leaked)}:3\r\n${'x'.repeat(1_048_576)}` },
  ]
  const { leaked: ask, count, listed, lines } = open()
  for (const one of replies) {
    reply = one
    assert.equal(await ask(leaked), false)
  }
  assert.equal(await count('failed'), String(replies.length))
  assert.equal(listed('password'), true)
  assert.doesNotMatch(JSON.stringify(lines), new RegExp(`${leaked}|${digestOf(leaked).slice(0, 5)}`))
})

test('a service on this machine is not asked unless the setting allows it', async () => {
  const asked = seen.length
  const { leaked: ask, count } = open(undefined, false)
  assert.equal(await ask(leaked), false)
  assert.deepEqual([seen.length - asked, await count('failed')], [0, '1'])
})

test('the setting takes https without anything that would leak', () => {
  const { breachRangeUrl } = passwordSettings
  assert.equal(breachRangeUrl.defaultValue, null)
  assert.equal(breachRangeUrl.parse('https://api.pwnedpasswords.com/range'), 'https://api.pwnedpasswords.com/range')
  for (const text of [
    'http://api.pwnedpasswords.com/range',
    'api.pwnedpasswords.com',
    'https://a:b@host/',
    'https://host/?key=1',
    'https://host/#x',
    'file:///x',
  ])
    assert.throws(() => breachRangeUrl.parse(text), text)
})
