import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test, { after, before, beforeEach } from 'node:test'
import type { Target } from './target.ts'
import { openTarget, raw, signedIn, stands, statuses } from './target.ts'

let target: Target
let cookies: Readonly<Record<Door, string>>
before(async () => {
  target = await openTarget()
  const own = await signedIn(target, 1)
  cookies = { own, gateway: await target.enter(own) }
})
after(async () => {
  await target?.remove()
})
beforeEach(() => {
  target.seen.length = 0
})

/** Custodia's own routes, and an application behind the gateway. */
type Door = 'own' | 'gateway'
const doors: readonly Door[] = ['own', 'gateway']
const hostOf = (door: Door) => (door === 'own' ? new URL(target.server.publicUrl).host : target.appHost)
const pathOf = (door: Door) => (door === 'own' ? '/v1/sign-out' : '/x')

type Got = { readonly text: string; readonly ended: boolean }

/** By itself the server ends a connection whose next head is not whole after ten seconds. What is asked here is whether it does so before. */
const stillOpenMs = 8_000

/** Sends exactly these bytes, and leaves the connection open: whether it ends is for the server to say. */
function send(bytes: string): Promise<Got> {
  return new Promise((resolve) => {
    const socket = connect(target.server.port, '127.0.0.1')
    let text = ''
    let ended = false
    socket.setTimeout(stillOpenMs, () => socket.destroy())
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('end', () => (ended = true))
    socket.on('error', () => (ended = true))
    socket.on('close', () => resolve({ text, ended }))
    socket.write(bytes, 'latin1')
  })
}

const marker = '/livez'
/** What would be taken for the next request: a page that anybody gets, and that is told apart from any refusal. */
const second = (door: Door) =>
  `GET ${door === 'own' ? marker : '/public/smuggled'} HTTP/1.1\r\nHost: ${hostOf(door)}\r\nConnection: close\r\n\r\n`
const post = (door: Door, headers: readonly string[], body: string, version = 'HTTP/1.1') =>
  [
    `POST ${pathOf(door)} ${version}`,
    `Host: ${hostOf(door)}`,
    `Cookie: ${cookies[door]}`,
    `Origin: http://${hostOf(door)}`,
    ...headers,
    '',
    body,
  ].join('\r\n')

function nothingSmuggled(door: Door, { text }: Got): void {
  assert.ok(!target.seen.some(({ url }) => url.includes('smuggled')), JSON.stringify(target.seen))
  if (door === 'own') assert.doesNotMatch(text, /"status":"ok"/)
}

const chunk = '5\r\nhello\r\n0\r\n\r\n'
/** Heads that two servers in a row could read as two different requests, each with a body that ends where one of them thinks. */
const ambiguous: readonly (readonly [string, readonly string[], string])[] = [
  ['a length beside chunks', ['Content-Length: 15', 'Transfer-Encoding: chunked'], chunk],
  ['chunks beside a length', ['Transfer-Encoding: chunked', 'Content-Length: 3'], chunk],
  ['a length of nothing beside chunks', ['Content-Length: 0', 'Transfer-Encoding: chunked'], chunk],
  ['an unknown coding', ['Transfer-Encoding: xchunked'], chunk],
  ['a coding in quotes', ['Transfer-Encoding: "chunked"'], chunk],
  ['a coding with a parameter', ['Transfer-Encoding: chunked;a=b'], chunk],
  ['a coding after a tab and text', ['Transfer-Encoding: x\tchunked'], chunk],
  ['a coding with a vertical tab', ['Transfer-Encoding: \u000bchunked'], chunk],
  ['a coding after a byte of Latin-1', ['Transfer-Encoding: \u00a0chunked'], chunk],
  ['two codings', ['Transfer-Encoding: gzip, chunked'], chunk],
  ['chunked and then another', ['Transfer-Encoding: chunked, identity'], chunk],
  ['chunked twice in a line', ['Transfer-Encoding: chunked, chunked'], chunk],
  ['chunked in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunk],
  ['chunked and identity in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunk],
  ['an empty coding', ['Transfer-Encoding:', 'Content-Length: 5'], 'hello'],
  ['a coding alone on a folded line', ['Transfer-Encoding:', ' chunked'], chunk],
  ['a space before the colon', ['Transfer-Encoding : chunked'], chunk],
  ['a tab before the colon', ['Transfer-Encoding\t: chunked'], chunk],
  ['a space before the name', [' Transfer-Encoding: chunked'], chunk],
  ['a name with a byte that is none', ['Transfer\u0000-Encoding: chunked'], chunk],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 0'], 'hello'],
  ['the same length twice', ['Content-Length: 5', 'Content-Length: 5'], 'hello'],
  ['a list of lengths', ['Content-Length: 5, 5'], 'hello'],
  ['a length with a plus sign', ['Content-Length: +5'], 'hello'],
  ['a length below nothing', ['Content-Length: -5'], 'hello'],
  ['a length in hexadecimal', ['Content-Length: 0x5'], 'hello'],
  ['a length with a fraction', ['Content-Length: 5.0'], 'hello'],
  ['a length with a space in it', ['Content-Length: 1 5'], 'hello'],
  ['a length with an underscore', ['Content-Length: 1_5'], 'hello'],
  ['a length beyond all numbers', ['Content-Length: 18446744073709551621'], 'hello'],
  ['an empty length', ['Content-Length:'], 'hello'],
  ['a length in Arabic digits', ['Content-Length: \u00d9\u00a5'], 'hello'],
  ['a bare line feed between lines', ['X-A: 1\nTransfer-Encoding: chunked'], chunk],
  ['a bare carriage return between lines', ['X-A: 1\rTransfer-Encoding: chunked'], chunk],
  ['a bare line feed at the end of the head', ['Content-Length: 0\n'], ''],
  ['a folded line', ['X-A: 1', '\tTransfer-Encoding: chunked', 'Content-Length: 0'], ''],
  ['a line without a colon', ['X-A', 'Content-Length: 0'], ''],
  ['a line without a name', [': x', 'Content-Length: 0'], ''],
  ['a zero byte in a value', ['X-A: a\u0000b', 'Content-Length: 0'], ''],
  ['another host', ['Host: evil.example', 'Content-Length: 0'], ''],
  ['the same host again', ['host: custodia.localhost', 'Content-Length: 0'], ''],
]

for (const door of doors)
  for (const [what, headers, body] of ambiguous)
    test(`${door}: ${what} is refused once, and the connection ends`, async () => {
      const got = await send(post(door, headers, body) + second(door))
      assert.deepEqual(statuses(got.text), ['400'], got.text)
      assert.equal(got.ended, true)
      assert.deepEqual(target.seen, [])
      nothingSmuggled(door, got)
    })

/** Bodies in chunks that are read in several ways. Their head is sound, so that it may have been answered before they are met. */
const brokenChunks: readonly (readonly [string, string])[] = [
  ['a size with a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a size below nothing', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
  ['a size after a space', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a size before a space', '5 \r\nhello\r\n0\r\n\r\n'],
  ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
  ['a size beyond all numbers', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a size that ends with a bare line feed', '5\nhello\r\n0\r\n\r\n'],
  ['a size that ends with a bare carriage return', '5\rhello\r\n0\r\n\r\n'],
  ['data that ends with a bare line feed', '5\r\nhello\n0\r\n\r\n'],
  ['data that is longer than its size', '5\r\nhelloworld\r\n0\r\n\r\n'],
  ['an extension with a bare line feed', '5;a\nhello\r\n0\r\n\r\n'],
  ['an extension with a bare carriage return', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['an extension of 20 kB', `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
]

for (const door of doors)
  for (const [what, body] of brokenChunks)
    test(`${door}: chunks with ${what} end the connection, and nothing after them is a request`, async () => {
      const got = await send(
        post(door, ['Transfer-Encoding: chunked', 'Content-Type: text/plain'], body) + second(door),
      )
      assert.equal(got.ended, true, got.text)
      for (const status of statuses(got.text)) assert.match(String(status), /^4\d\d$/)
      nothingSmuggled(door, got)
    })

for (const door of doors) {
  test(`${door}: what follows a refusal of a head is not read, however much of it there is`, async () => {
    const got = await send(post(door, ['Content-Length: x'], '') + second(door).repeat(50))
    assert.deepEqual([statuses(got.text), got.ended], [['400'], true])
    nothingSmuggled(door, got)
  })

  test(`${door}: requests in one piece are answered in order, each once`, async () => {
    const one = `GET ${door === 'own' ? '/livez' : '/public/a'} HTTP/1.1\r\nHost: ${hostOf(door)}\r\n\r\n`
    assert.deepEqual(statuses((await send(one + one + second(door))).text), ['200', '200', '200'])
  })

  test(`${door}: CONNECT and TRACE are not taken, and echo nothing`, async () => {
    for (const method of ['CONNECT', 'TRACE', 'TRACK', 'PRI']) {
      const got = await send(
        `${method} ${method === 'CONNECT' ? 'evil.example:80' : pathOf(door)} HTTP/1.1\r\nHost: ${hostOf(door)}\r\nX-Secret: hunter2\r\n\r\n${second(door)}`,
      )
      for (const status of statuses(got.text).slice(0, 1))
        assert.match(String(status), /^4\d\d$/, `${method}: ${got.text}`)
      assert.doesNotMatch(got.text, /hunter2/)
      assert.ok(!target.seen.some((seen) => seen.method === method))
    }
    assert.ok(await stands(target))
  })

  test(`${door}: a target in absolute form is not taken for another host or path`, async () => {
    for (const form of [
      'http://evil.example/',
      `http://${hostOf(door)}@evil.example/`,
      `http://${target.appHost}/admin`,
      'file:///etc/passwd',
    ]) {
      const got = await send(
        `GET ${form} HTTP/1.1\r\nHost: ${hostOf(door)}\r\nCookie: ${cookies[door]}\r\nConnection: close\r\n\r\n`,
      )
      assert.match(statuses(got.text).join(), /^40\d$/, `${form}: ${got.text}`)
    }
    assert.deepEqual(target.seen, [])
  })

  test(`${door}: HTTP/1.0 and what is older or newer opens nothing`, async () => {
    for (const version of ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/9.9', 'http/1.1', 'XTTP/1.1', '']) {
      const got = await send(post(door, ['Transfer-Encoding: chunked'], chunk, version) + second(door))
      assert.equal(got.ended, true, `${version}: ${got.text}`)
      nothingSmuggled(door, got)
    }
  })

  test(`${door}: an upgrade to h2c is not taken, and its preface is no request`, async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    const got = await send(
      `GET ${pathOf(door)} HTTP/1.1\r\nHost: ${hostOf(door)}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n${preface}`,
    )
    assert.ok(!statuses(got.text).includes('101'), got.text)
    assert.equal(got.ended, true)
    const prior = await send(preface)
    assert.ok(!prior.text.includes('\u0000\u0000'), 'frames')
    assert.equal(prior.ended, true)
  })
}

test('a header that a client makes hop-by-hop is not taken from the request that was decided on', async () => {
  const body = '{"a":1}'
  for (const option of [
    ...['Content-Type', 'Content-Length', 'close, content-type', 'Cookie', 'Authorization', 'Origin', 'Host'],
    ...['Signature', 'Custodia-Assertion', 'X-Forwarded-For', 'Accept', 'X-Own'],
  ]) {
    const got = await send(
      post(
        'gateway',
        ['Content-Type: application/json', `Content-Length: ${body.length}`, `Connection: ${option}`],
        body,
      ),
    )
    assert.deepEqual([statuses(got.text), got.ended], [['400'], true], option)
  }
  assert.deepEqual(target.seen, [])
})

test('options of a connection that are its own business pass', async () => {
  for (const option of ['close', 'keep-alive', 'Keep-Alive, close', 'TE, close', 'close,', 'HTTP2-Settings, close']) {
    const got = await raw(
      target.server.port,
      `GET /public/a HTTP/1.1\r\nHost: ${target.appHost}\r\nTE: trailers\r\nConnection: ${option}\r\n\r\n`,
    )
    assert.deepEqual(statuses(got), ['200'], option)
  }
})

test('the server still stands, in the same process', async () => assert.ok(await stands(target)))
