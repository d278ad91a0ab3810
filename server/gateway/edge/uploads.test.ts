import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import test, { after, before, beforeEach } from 'node:test'
import { scanWithClamd } from '@custodia/edge/uploads/clamd.ts'
import { startClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { casesRule, formCases } from '@custodia/edge/uploads/form/cases-testing.ts'
import { eicar, makeZip } from '@custodia/edge/uploads/testing.ts'
import { isRefusal } from '../../platform/errors.ts'
import type { Ask, TestGateway } from '../testing.ts'
import { codeOf, openTestGateway, scanning } from '../testing.ts'
import { checkEdge } from './config.ts'
import { UploadDefence } from './uploads.ts'
import type { UploadRule } from './uploads-config.ts'
import { uploadRuleFor } from './uploads-config.ts'

const samples = new URL('../../../packages/edge/src/uploads/samples/', import.meta.url)
const png = readFileSync(new URL('images/benign.png', samples))
const virus = eicar(readFileSync(new URL('eicar-reversed.txt', samples), 'latin1'))
const skip = spawnSync('which', ['clamd']).status === 0 ? false : 'clamd is not installed'

const { kinds, maxBytes, maxFiles, maxFields, repeated } = casesRule
const rule = { path: '/photos/**', kinds, maxBytes, seconds: 1 }
const edge = {
  uploads: [
    { ...rule, repeated, maxFiles, maxFields },
    { ...rule, path: '/kept', images: 'keep' },
    { ...rule, path: '/avatar', as: 'body', methods: ['PUT'] },
  ],
}

let rig: TestGateway
let received = Buffer.alloc(0)
before(async () => {
  rig = await openTestGateway((upstream) => ({
    album: {
      host: 'album.localhost',
      upstream,
      timeoutSeconds: 5,
      permissions: { 'album:use': 'Use it.' },
      rules: [
        { path: '/closed/**', permission: 'album:use' },
        { path: '/**', public: true },
      ],
      edge,
    },
  }))
})
after(() => rig.close())
beforeEach(() => {
  rig.reset()
  received = Buffer.alloc(0)
  Object.assign(scanning, { scan: null, context: { config: { scanner: 'off' } } })
  rig.behave = async (request, response) => {
    received = Buffer.concat(await request.toArray())
    response.end('ok')
  }
})

const ask = (path: string, more: Ask = {}) =>
  rig.get(path, {
    host: 'album.localhost',
    method: 'POST',
    ...more,
    headers: { accept: 'application/json', ...more.headers },
  })

type File = {
  readonly name?: string
  readonly bytes: Uint8Array | string
  readonly field?: string
  readonly type?: string
}

/** A form as a browser writes it. */
function form(files: readonly File[], fields: Readonly<Record<string, string>> = {}, boundary = 'x'): Buffer {
  const parts = [
    ...Object.entries(fields).map(([name, value]) => [`form-data; name="${name}"`, '', value] as const),
    ...files.map(
      ({ name = 'a.png', bytes, field = 'file', type = 'image/png' }) =>
        [`form-data; name="${field}"; filename="${name}"`, `Content-Type: ${type}\r\n`, bytes] as const,
    ),
  ]
  return Buffer.concat([
    ...parts.map(([head, type, content]) =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: ${head}\r\n${type}\r\n`),
        Buffer.from(content as string),
        Buffer.from('\r\n'),
      ]),
    ),
    Buffer.from(`--${boundary}--\r\n`),
  ])
}

const post = (body: Buffer, path = '/photos/1', headers: Record<string, string> = {}) =>
  ask(path, { body, headers: { 'content-type': 'multipart/form-data; boundary=x', ...headers } })

/** What the application got, read by Node. */
async function got(): Promise<FormData> {
  const headers = { 'content-type': String(rig.seen?.headers['content-type']) }
  return await new Response(received, { headers }).formData()
}

test('a form goes on anew once its files were looked at: fields as they are, images from their pixels, names made safe', async () => {
  const hostile = Buffer.concat([png, Buffer.from('<script>alert(1)</script>')])
  const body = form(
    [
      { name: '../../a.php.png', bytes: hostile },
      { name: 'note.txt', bytes: 'hi', field: 'note', type: 'text/html' },
    ],
    { title: 'Lake "one"' },
  )
  assert.equal((await post(body)).status, 200)
  const parts = await got()
  const file = parts.get('file') as File & globalThis.File
  assert.deepEqual([file.name, file.type], ['a_php.png', 'image/png'])
  assert.equal(Buffer.from(await file.arrayBuffer()).includes('script'), false)
  assert.equal((parts.get('note') as globalThis.File).type, 'text/plain')
  assert.equal(parts.get('title'), 'Lake "one"')
  assert.equal(Number(rig.seen?.headers['content-length']), received.length)
  assert.doesNotMatch(String(rig.seen?.headers['content-type']), /boundary=x$/)
})

test('an image is passed on as it was sent where that is configured, after it was looked at', async () => {
  assert.equal((await post(form([{ bytes: png }]), '/kept')).status, 200)
  const file = (await got()).get('file') as globalThis.File
  assert.ok(Buffer.from(await file.arrayBuffer()).equals(png))
  assert.equal((await post(form([{ bytes: png.subarray(0, png.length / 2) }]), '/kept')).status, 422)
})

test('a file that is the body is looked at by its type, and goes on anew', async () => {
  const put = (bytes: Uint8Array, type: string, more: Record<string, string> = {}) =>
    ask('/avatar', { method: 'PUT', body: bytes, headers: { 'content-type': type, ...more } })
  assert.equal(
    (await put(png, 'image/png', { digest: 'sha-256=x', 'content-disposition': 'inline; filename=a.html' })).status,
    200,
  )
  assert.equal(rig.seen?.headers['content-type'], 'image/png')
  assert.equal(Number(rig.seen?.headers['content-length']), received.length)
  assert.deepEqual([rig.seen?.headers.digest, rig.seen?.headers['content-disposition']], [undefined, undefined])
  rig.seen = null
  for (const [type, status] of [
    ['image/jpeg', 422],
    ['text/html', 415],
    ['image/svg+xml', 422],
    ['multipart/form-data; boundary=x', 415],
    ['', 415],
    ['constructor/x', 415],
  ] as const)
    assert.equal((await put(png, type)).status, status, type)
  assert.equal((await put(Buffer.alloc(0), 'image/png')).status, 422)
  assert.equal(rig.seen, null)
})

test('what is not of the path or method of a rule passes as it comes, and a form without a file is a form', async () => {
  assert.equal((await post(form([{ name: 'a.exe', bytes: 'MZ' }]), '/elsewhere')).status, 200)
  assert.equal(received.includes('a.exe'), true)
  assert.equal((await ask('/photos/1', { method: 'GET' })).status, 200)
  assert.equal((await post(form([], { title: 'x' }))).status, 200)
  assert.equal((await post(form([{ name: '', bytes: '', type: 'application/octet-stream' }]))).status, 200)
  assert.equal(((await got()).get('file') as globalThis.File).size, 0)
})

// The same cases as the SDK's middleware has: packages/sdk/src/uploads/intake.test.ts.
for (const { what, body, headers, chunked, refused } of formCases)
  test(`the gateway and ${what}`, async () => {
    const length = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(body.length) }
    const answer = await post(body, '/photos/1', { ...headers, ...length })
    if (refused === null) return assert.deepEqual([answer.status, answer.body], [200, 'ok'])
    const { code, reason, field } = JSON.parse(answer.body)
    const { status, ...said } = refused
    assert.deepEqual([answer.status, code.replace('GATEWAY_', ''), reason], [status, said.code, said.reason])
    assert.equal(answer.headers.connection, 'close')
    assert.equal(rig.seen, null)
    assert.doesNotMatch(answer.body, /script|a\.html|Evil/)
    if (reason === undefined) return
    assert.equal(field, 'body.file')
    const told = rig.context.events.filter(({ type }) => type === 'gateway.file.refused')
    assert.deepEqual(
      told.map(({ data }) => data),
      [{ application: 'album', reason, signature: null }],
    )
  })

test('a path that a lax server would take for one of a rule is looked at, too', async () => {
  for (const path of ['/Photos/1', '/photos/1/', '/PHOTOS/x/y', '/kept/', '/KEPT'])
    assert.equal((await post(form([{ name: 'a.html', bytes: '<script>' }]), path)).status, 422, path)
  assert.equal(rig.seen, null)
})

/** Sends the begin of a form and then waits. @returns the whole answer. */
function begin(text: string): { answered: Promise<string>; end(): void } {
  const socket = connect(rig.port, '127.0.0.1')
  let said = ''
  socket.on('data', (chunk) => (said += chunk))
  socket.on('error', () => {})
  const answered = new Promise<string>((resolve) => socket.on('close', () => resolve(said)))
  const head = [
    `POST /photos/1 HTTP/1.1`,
    `Host: album.localhost:${rig.port}`,
    'Content-Type: multipart/form-data; boundary=x',
  ]
  socket.write([...head, 'Content-Length: 1000', '', text].join('\r\n'))
  return { answered, end: () => socket.destroy() }
}

test('who sends too slowly is cut off, and who sends many at once waits for nobody else', async () => {
  const slow = [1, 2, 3, 4].map(() => begin('--x\r\n'))
  // The fifth of an address, once the others are there.
  let status = 0
  for (let tries = 0; tries < 200 && status !== 503; tries += 1)
    status = (await post(form([{ name: 'a.txt', bytes: 'x' }]))).status
  assert.equal(status, 503)
  for (const { answered } of slow) assert.match(await answered, /^HTTP\/1\.1 408 .*REQUEST_TIMEOUT/s)
  assert.equal((await post(form([{ name: 'a.txt', bytes: 'x' }]))).status, 200)
})

test('the addresses of one IPv6 network have its places together, and take none of another', async () => {
  const defence = new UploadDefence(async () => ({ verdict: 'unsure', why: 'stopped' }))
  const [one] = checkEdge({ uploads: [{ path: '/a', as: 'body' }] }, '').uploads
  const releases: (() => void)[] = []
  const send = (address: string) => {
    const payload = new PassThrough()
    payload.end('hi')
    const sent = { payload, contentType: 'text/plain', contentLength: '2', address, turned() {} }
    return defence.receive(one as UploadRule, sent, (release) => releases.push(release))
  }
  const is = (code: string) => (error: unknown) => isRefusal(error, code)
  for (const last of [1, 2, 3, 4]) await assert.rejects(send(`2001:db8:1:2::${last}`), is('GATEWAY_FILE_NOT_SCANNED'))
  await assert.rejects(send('2001:db8:1:2:3::5'), is('SERVER_BUSY'))
  await assert.rejects(send('2001:db8:1:3::1'), is('GATEWAY_FILE_NOT_SCANNED'))
  for (const release of releases) release()
  await assert.rejects(send('2001:db8:1:2::5'), is('GATEWAY_FILE_NOT_SCANNED'))
  releases.at(-1)?.()
})

test('who goes away leaves nothing behind: neither a place nor a file', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 3; round += 1) {
    const some = [1, 2, 3, 4].map(() =>
      begin('--x\r\nContent-Disposition: form-data; name="a"; filename="a.txt"\r\n\r\nsecret'),
    )
    for (const one of some) one.end()
    await Promise.all(some.map(({ answered }) => answered))
  }
  let status = 0
  for (let tries = 0; tries < 200 && status !== 200; tries += 1)
    status = (await post(form([{ name: 'a.txt', bytes: 'x' }]))).status
  assert.equal(status, 200)
  // A file that is held has no name: what is left of it would be ours to close.
  while (openSpools() > 0) await new Promise(setImmediate)
})

const openSpools = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /custodia-[0-9a-f]{8}-[0-9a-f-]{27}( \(deleted\))?$/.test(readlinkSync(`/proc/self/fd/${fd}`))
    } catch {
      return false
    }
  }).length

test('without an answer of the scanner nothing is passed on', async () => {
  Object.assign(scanning, { context: { config: { scanner: 'clamd' } } })
  const unset = await post(form([{ bytes: png }]))
  assert.deepEqual([unset.status, codeOf(unset)], [503, 'GATEWAY_FILE_NOT_SCANNED'])
  for (const address of [{ path: '/nowhere.sock' }, { host: '127.0.0.1', port: 1 }]) {
    scanning.scan = (bytes) => scanWithClamd(bytes, address, 2)
    const lost = await post(form([{ bytes: png }]))
    assert.deepEqual([lost.status, codeOf(lost)], [503, 'GATEWAY_FILE_NOT_SCANNED'])
    assert.ok(Number(lost.headers['retry-after']) > 0)
  }
  assert.equal(rig.seen, null)
})

test('what a real scanner finds is refused, alone and within an archive, and what it does not passes', {
  skip,
}, async () => {
  const clamd = await startClamd(virus)
  try {
    scanning.scan = (bytes) => scanWithClamd(bytes, { path: clamd.path }, 20)
    for (const file of [
      { name: 'a.txt', bytes: virus },
      { name: 'a.zip', bytes: makeZip([{ name: 'a.txt', content: virus }]) },
    ]) {
      const answer = await post(form([file]))
      assert.deepEqual([answer.status, JSON.parse(answer.body).reason], [422, 'malware'])
      assert.doesNotMatch(answer.body, /Eicar/)
    }
    assert.equal(rig.seen, null)
    assert.match(JSON.stringify(rig.context.events), /Eicar/)
    assert.equal((await post(form([{ bytes: png }]))).status, 200)
  } finally {
    await clamd.stop()
  }
})

test('a stranger is asked who they are before a byte of their file is read', async () => {
  const answer = await post(form([{ bytes: png }]), '/closed/photos')
  assert.deepEqual([answer.status, codeOf(answer)], [401, 'AUTHENTICATION_REQUIRED'])
})

for (const [what, uploads] of [
  ['no list', {}],
  ['no path', [{}]],
  ['a path that is none', [{ path: 'photos' }]],
  ['a path that goes on behind its end', [{ path: '/a/**/b' }]],
  ['a kind that is none', [{ path: '/a', kinds: ['html'] }]],
  ['another way', [{ path: '/a', as: 'json' }]],
  ['images of another kind', [{ path: '/a', images: 'drop' }]],
  ['drawings that would be passed on', [{ path: '/a', kinds: ['svg'], images: 'keep' }]],
  ['a rule that fits no method', [{ path: '/a', methods: [] }]],
  ['a rule that takes no kind', [{ path: '/a', kinds: [] }]],
  ['a method that has no body', [{ path: '/a', methods: ['GET'] }]],
  ['more bytes than there may be', [{ path: '/a', maxBytes: 1e9 }]],
  ['half a file', [{ path: '/a', maxFiles: 1.5 }]],
  ['a word that is not known', [{ path: '/a', scan: false }]],
  ['too many rules', Array.from({ length: 51 }, () => ({ path: '/a' }))],
] as const)
  test(`edge.uploads with ${what} is a mistake in the configuration`, () => {
    assert.throws(() => checkEdge({ uploads }, 'album.edge'), /^Error: album\.edge\.uploads/)
  })

test('the first rule that fits counts', () => {
  const { uploads } = checkEdge(
    {
      uploads: [
        { path: '/a/*', maxFiles: 1 },
        { path: '/**', maxFiles: 2 },
      ],
    },
    '',
  )
  assert.deepEqual(
    [
      uploadRuleFor(uploads, 'POST', '/a/b'),
      uploadRuleFor(uploads, 'POST', '/a'),
      uploadRuleFor(uploads, 'DELETE', '/a'),
    ].map((one) => one?.maxFiles),
    [1, 2, undefined],
  )
})
