import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import test, { after, before, describe } from 'node:test'
import { eventually } from '../../server/platform/cache/testing.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import { exchange } from '../exchange.ts'
import type { Target } from './target.ts'
import { openTarget, raw, stands, unlimited } from './target.ts'

const residentMb = (target: Target) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${target.server.child.pid}/status`, 'utf8'))?.[1]) / 1024

describe('a server behind a proxy that it trusts', () => {
  let target: Target
  before(async () => {
    target = await openTarget({
      ...unlimited,
      CUSTODIA_TRUSTED_PROXIES: '127.0.0.1',
      CUSTODIA_REQUEST_TIMEOUT_SECONDS: '5',
    })
  })
  after(() => target?.remove())

  // Each test tries an account of its own: what is tried on one from everywhere counts together.
  const signIn = (password: string, from: string, email = (target.accounts[1] as Account).email) =>
    target.server.call('POST', '/v1/sign-in', {
      body: { email, password },
      headers: { 'x-forwarded-for': from },
    })

  test('only the address that the proxy itself added counts: what stands before it is the client’s word', async () => {
    const answers = []
    for (let i = 0; i < 8; i++) answers.push(await signIn('wrong', `203.0.113.${i}, 198.51.100.7`))
    assert.equal(answers.at(-1)?.status, 429)
    assert.equal((await signIn('wrong', '198.51.100.8')).status, 401)
  })

  test('addresses of one IPv6 network are one guesser', async () => {
    const answers = []
    for (let i = 0; i < 8; i++) answers.push(await signIn('wrong', `2001:db8:1:2:${i}::${i}`, 'six@example.org'))
    assert.equal(answers.at(-1)?.status, 429)
    assert.equal((await signIn('wrong', '2001:db8:1:3::1', 'six@example.org')).status, 401)
  })

  test('a crowd of sign-ins from everywhere gets answers or 503, costs bounded memory, and leaves the server well', async () => {
    const beforeMb = residentMb(target)
    let highestMb = beforeMb
    const watch = setInterval(() => (highestMb = Math.max(highestMb, residentMb(target))), 20)
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        signIn('x'.repeat(1000), `10.${i % 250}.${Math.floor(i / 250)}.1`, `crowd-${i}@example.org`),
      ),
    )
    clearInterval(watch)
    const counts = new Map<number, number>()
    for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
    assert.deepEqual([...counts.keys()].sort(), [401, 503], JSON.stringify([...counts]))
    assert.ok(highestMb - beforeMb < 350, `${beforeMb} MB grew to ${highestMb} MB`)
    // Hashes that nobody waits for any more may still stand in the queue. Who tries meanwhile is told 503, and has paid for the try.
    await eventually(async () => {
      const { text } = await exchange({ port: target.server.adminPort, path: '/metrics' })
      return /^custodia_identity_hashes_waiting 0$/m.test(text)
    }, 60_000)
    const { email, password } = target.accounts[0] as Account
    let last = 503
    for (let i = 0; last === 503 && i < 5; i++) last = (await signIn(password, '192.0.2.77', email)).status
    assert.equal(last, 200)
  })

  test('heads and bodies that come a byte at a time are cut off', async () => {
    const slow = (start: string) =>
      new Promise<number>((resolve) => {
        const startedMs = performance.now()
        const socket = connect(target.server.port, '127.0.0.1')
        const drip = setInterval(() => socket.write('a'), 500)
        socket.on('data', () => {})
        socket.on('error', () => {})
        socket.on('close', () => {
          clearInterval(drip)
          resolve(performance.now() - startedMs)
        })
        socket.write(start)
      })
    const upload = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'
    const took = await Promise.all([
      slow('GET / HTTP/1.1\r\nHost: localhost\r\nX: '),
      slow(`POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\n${upload}`),
      slow(`POST /public/x HTTP/1.1\r\nHost: ${target.appHost}\r\n${upload}`),
      slow('GET /'),
    ])
    for (const one of took) assert.ok(one < 14_000, `${took}`)
  })

  test('five hundred connections that say nothing keep nobody out', async () => {
    const idle = Array.from({ length: 500 }, () => connect(target.server.port, '127.0.0.1').on('error', () => {}))
    assert.ok(await stands(target))
    for (const socket of idle) socket.destroy()
  })
})

describe('a server that faces its clients', () => {
  let target: Target
  before(async () => {
    target = await openTarget({})
  })
  after(() => target?.remove())

  test('an address can not be chosen by a header', async () => {
    const attempt = async (i: number) => {
      const headers = {
        'x-forwarded-for': `203.0.113.${i}`,
        forwarded: `for=203.0.113.${i}`,
        'x-real-ip': `203.0.113.${i}`,
        'true-client-ip': `203.0.113.${i}`,
        'cf-connecting-ip': `203.0.113.${i}`,
      }
      const body = { email: 'nobody@example.org', password: 'wrong' }
      return (await target.server.call('POST', '/v1/sign-in', { body, headers })).status
    }
    // Side by side: every twelve seconds there is one more.
    const side = (numbers: readonly number[]) => Promise.all(numbers.map(attempt))
    assert.deepEqual(await side([0, 1, 2, 3, 4]), Array(5).fill(401))
    assert.deepEqual(await side([5, 6, 7, 8, 9, 10, 11]), Array(7).fill(429))
  })

  test('heads that are too large or too many are refused, each in its own words', async () => {
    const head = (more: string) => `GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`
    assert.match(await raw(target.server.port, head(`X: ${'a'.repeat(20_000)}\r\n`)), /^HTTP\/1\.1 431 /)
    assert.match(await raw(target.server.port, head('a:b\r\n'.repeat(10_000))), /^HTTP\/1\.1 431 /)
    assert.match(
      await raw(target.server.port, `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      /^HTTP\/1\.1 4(?:31|00) /,
    )
    assert.ok(await stands(target))
  })

  test('a body beyond its limit is refused before it is read, with or without a length', async () => {
    const post = (more: string, body: string) =>
      raw(
        target.server.port,
        `POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}\r\n\r\n${body}`,
      )
    assert.match(await post('Content-Length: 1000000000', '{'), /^HTTP\/1\.1 413 /)
    assert.match(await post('Transfer-Encoding: chunked', `40000\r\n${'x'.repeat(0x40000)}\r\n`), /^HTTP\/1\.1 413 /)
  })

  test('a stranger’s large body is not waited for where a sign-in is asked for first', async () => {
    const received = await raw(
      target.server.port,
      'POST /v1/invitations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n',
    )
    assert.match(received, /^HTTP\/1\.1 401 /)
  })

  test('figures for operators are on their own address, and not for a page whose name was bent to loopback', async () => {
    const ask = (port: number, host: string) =>
      new Promise<number>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, path: '/metrics', headers: { host } }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        sent.on('error', reject)
        sent.end()
      })
    const { adminPort, port } = target.server
    assert.equal(await ask(port, `custodia.localhost:${port}`), 404)
    assert.equal(await ask(adminPort as number, `127.0.0.1:${adminPort}`), 200)
    for (const host of ['evil.example', `evil.example:${adminPort}`, '169.254.169.254'])
      assert.equal(await ask(adminPort as number, host), 421)
  })
})
