import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { newId } from '../platform/random.ts'
import { signIn } from '../sessions/testing.ts'
import type { UploadsHouse, UploadsProcess } from './testing.ts'
import { inbox, openUploadsHouse } from './testing.ts'

let all: UploadsHouse
let here: UploadsProcess
before(async () => {
  all = await openUploadsHouse()
  here = await all.process()
})
after(async () => await all.close())

const sample = new URL('../../packages/edge/src/uploads/samples/images/benign.png', import.meta.url)
const text = Buffer.from('some lines\n'.repeat(60_000))
const rows = () => all.house.db.asOwner('select * from uploads.upload') as Promise<Record<string, unknown>[]>
const frames = (id: string) =>
  all.house.db.asOwner(`select * from uploads.frame where upload_id = '${id}' order by number`) as Promise<
    { version: number; number: number; sealed: Buffer }[]
  >
const pathOf = (id: string, more = '') => `/v1/uploads/${id}${more}`

test('a file goes through quarantine and comes back byte for byte; nothing of it is stored in the clear', async () => {
  const who = inbox()
  const sent = await here.send(who, 'notes ä.txt', text)
  assert.equal(sent.status, 202)
  assert.equal(sent.body.state, 'received')
  assert.equal((await here.call(who, 'GET', pathOf(sent.body.id, '/content'))).body.code, 'UPLOAD_NOT_THERE')
  await here.uploads.idle()
  const { body } = await here.call(who, 'GET', pathOf(sent.body.id))
  assert.deepEqual(
    [body.state, body.mediaType, body.name, body.sizeBytes],
    ['there', 'text/plain', 'notes ä.txt', text.length],
  )
  const content = await here.call(who, 'GET', pathOf(body.id, '/content'))
  assert.ok(content.bytes.equals(text))
  const kept = await frames(body.id)
  assert.equal(kept.length, 3)
  for (const { sealed } of kept) assert.equal(sealed.includes('some lines'), false)
  assert.equal(JSON.stringify(await rows()).includes('notes'), false)
  assert.deepEqual(
    all.house.events.filter(({ data }) => data.upload === body.id).map(({ type }) => type),
    ['uploads.file.received', 'uploads.file.accepted', 'uploads.file.loaded'],
  )
})

test('content goes out to be saved, as what it is, and may not run', async () => {
  const who = inbox()
  const { id } = await here.settle(who, 'a "b".csv', Buffer.from('a,=1\n'))
  const { headers } = await here.call(who, 'GET', pathOf(id, '/content'), { headers: { range: 'bytes=0-1' } })
  assert.equal(headers['content-type'], 'text/csv; charset=utf-8')
  assert.equal(headers['content-disposition'], `attachment; filename="a _b_.csv"; filename*=UTF-8''a%20_b_.csv`)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none'/)
  assert.equal(headers['content-length'], '5')
  assert.equal(headers['content-range'], undefined)
})

test('an image is kept as it was made anew, and nothing of what was sent', async () => {
  const who = inbox()
  const png = readFileSync(sample)
  const upload = await here.settle(who, 'a.png', Buffer.concat([png, Buffer.from('<script>')]))
  assert.equal(upload.state, 'there')
  const { bytes } = await here.call(who, 'GET', pathOf(upload.id, '/content'))
  assert.equal(bytes.includes('<script>'), false)
  assert.equal(bytes.length, upload.sizeBytes)
  assert.deepEqual(
    (await frames(upload.id)).map(({ version, number }) => [version, number]),
    [[1, 0]],
  )
})

test('what is refused is gone at once, and says why', async () => {
  const who = inbox()
  for (const [name, bytes, reason] of [
    ['photo.jpg.exe', Buffer.from('MZ'), 'extension-unknown'],
    ['a.png', Buffer.from('no image'), 'content-unknown'],
    ['a.txt', Buffer.from('<script>alert(1)</script>'), 'text-active'],
    ['a.txt', Buffer.alloc(0), 'empty'],
    ['a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'kind-not-allowed'],
  ] as const) {
    const upload = await here.settle(who, name, bytes)
    assert.deepEqual([upload.state, upload.reason], ['refused', reason])
    assert.equal((await frames(upload.id)).length, 0)
    assert.equal((await here.call(who, 'GET', pathOf(upload.id, '/content'))).body.code, 'UPLOAD_NOT_THERE')
    assert.equal((await here.call(who, 'POST', pathOf(upload.id, '/links'))).body.code, 'UPLOAD_NOT_THERE')
  }
})

test('nobody sends without a permission, and not a byte is read of those who may not', async () => {
  assert.equal((await here.send(null, 'a.txt', text)).status, 401)
  const nothing = { ...inbox(), roles: ['auditor'] }
  assert.equal((await here.send(nothing, 'a.txt', text)).status, 403)
  const before = (await rows()).length
  const refused = await new Promise<string>((resolve) => {
    const socket = connect(here.server.port, '127.0.0.1')
    socket.on('data', (data) => resolve(data.toString('latin1')))
    // Its body never comes.
    socket.write(
      'POST /v1/uploads HTTP/1.1\r\nHost: custodia.localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\n',
    )
  })
  assert.match(refused, /^HTTP\/1\.1 401/)
  assert.equal((await rows()).length, before)
})

test('a body that is too long is refused by what it says, or as soon as it is', async () => {
  const who = inbox()
  const { status, body } = await here.send(who, 'a.txt', Buffer.alloc(1_000_001, 'a'))
  assert.deepEqual([status, body.code], [413, 'REQUEST_TOO_LARGE'])
  const chunked = await new Promise<string>((resolve) => {
    const socket = connect(here.server.port, '127.0.0.1')
    let said = ''
    socket.on('data', (data) => {
      said += data.toString('latin1')
    })
    socket.on('close', () => resolve(said))
    socket.on('error', () => {})
    socket.write(
      `POST /v1/uploads HTTP/1.1\r\nHost: custodia.localhost\r\nX-Test-Application: ${JSON.stringify(who)}\r\nContent-Disposition: attachment; filename="a.txt"\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    for (let i = 0; i < 17; i++) socket.write(`10000\r\n${'a'.repeat(65_536)}\r\n`)
  })
  assert.match(chunked, /^HTTP\/1\.1 413/)
  assert.equal((await rows()).filter((row) => row.organisation_id === who.organisationId).length, 0)
})

test('what ends before its length leaves nothing', async () => {
  const who = inbox()
  const mine = async () => (await rows()).filter((row) => row.organisation_id === who.organisationId).length
  const until = async (count: number) => {
    for (let i = 0; i < 500 && (await mine()) !== count; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.equal(await mine(), count)
  }
  const socket = connect(here.server.port, '127.0.0.1')
  socket.write(
    `POST /v1/uploads HTTP/1.1\r\nHost: custodia.localhost\r\nX-Test-Application: ${JSON.stringify(who)}\r\nContent-Disposition: attachment; filename="a.txt"\r\nContent-Type: application/octet-stream\r\nContent-Length: 600000\r\n\r\n${'a'.repeat(400_000)}`,
  )
  await until(1)
  socket.destroy()
  await until(0)
})

test('bodies of other types, and files without a usable name, are not taken', async () => {
  const who = inbox()
  const disposition = { 'content-disposition': 'attachment; filename="a.txt"' }
  for (const type of [
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])
    assert.equal(
      (
        await here.call(who, 'POST', '/v1/uploads', {
          bytes: Buffer.from('{}'),
          headers: { ...disposition, 'content-type': type },
        })
      ).status,
      415,
      type,
    )
  for (const name of ['', 'inline; filename="a.txt"', 'attachment; filename=".."', 'attachment; filename="\u00e4"'])
    assert.equal(
      (
        await here.call(who, 'POST', '/v1/uploads', {
          bytes: Buffer.from('a'),
          headers: { 'content-disposition': name },
        })
      ).body.code,
      'UPLOAD_NAME_MISSING',
      name,
    )
  const bytes = Buffer.from('{}')
  assert.equal((await here.call(who, 'DELETE', pathOf(newId('upl')), { bytes })).status, 415)
})

test('of two uploads with one identifier at once one is there, and the other changes nothing', async () => {
  const who = inbox()
  const id = newId('upl')
  const replies = await Promise.all(
    ['one', 'two', 'three'].map((word) => here.send(who, 'a.txt', Buffer.from(word), `?id=${id}`)),
  )
  assert.deepEqual(replies.map(({ status }) => status).sort(), [202, 409, 409])
  await here.uploads.idle()
  const { bytes } = await here.call(who, 'GET', pathOf(id, '/content'))
  const winner = ['one', 'two', 'three'][replies.findIndex(({ status }) => status === 202)]
  assert.equal(bytes.toString(), winner)
  // Of another organisation, too.
  assert.equal((await here.send(inbox(), 'a.txt', text, `?id=${id}`)).body.code, 'UPLOAD_EXISTS')
  assert.equal((await here.call(who, 'GET', pathOf(id, '/content'))).bytes.toString(), winner)
})

test('a file is its owner’s alone: not another organisation’s, application’s or person’s', async () => {
  const who = inbox()
  const { id } = await here.settle(who, 'a.txt', text)
  const person = await signIn(here, { organisationId: who.organisationId })
  await here.context.database.transaction((tx) =>
    here.access.setRoles(tx, {
      ...{ organisationId: who.organisationId, subjectId: person.userId, roles: ['sender'], by: null },
      actor: { kind: 'system' },
    }),
  )
  const browser = here.server.browser(person.cookie)
  for (const stranger of [inbox(), { ...who, application: 'other' }])
    for (const [method, more] of [
      ['GET', ''],
      ['GET', '/content'],
      ['POST', '/links'],
      ['DELETE', ''],
    ] as const)
      assert.equal(
        (await here.call(stranger, method, pathOf(id, more))).body.code,
        'UPLOAD_UNKNOWN',
        `${method} ${more}`,
      )
  assert.equal((await browser.call('GET', pathOf(id))).code, 'UPLOAD_UNKNOWN')
  assert.equal((await browser.call('GET', pathOf(id, '/content'))).code, 'UPLOAD_BY_LINK_ONLY')
  assert.equal((await here.call(who, 'GET', pathOf(id))).status, 200)
})

test('frames that were swapped, cut off, or moved from another file are not given out', async () => {
  const who = inbox()
  const [first, second] = [await here.settle(who, 'a.txt', text), await here.settle(who, 'b.txt', text)]
  const whole = async (id: string) => {
    const reply = await here.call(who, 'GET', pathOf(id, '/content')).catch(() => null)
    return reply?.status === 200 && reply.bytes.length === text.length
  }
  const sql = (query: string) => all.house.db.asOwner(query)
  assert.equal(await whole(first.id), true)
  const set = (id: string, number: number, from: string, at: number) =>
    sql(
      `update uploads.frame f set sealed = (select sealed from uploads.frame where upload_id = '${from}' and number = ${at}) where upload_id = '${id}' and number = ${number}`,
    )
  await set(first.id, 0, first.id, 1)
  assert.equal(await whole(first.id), false)
  assert.equal(await whole(second.id), true)
  await set(second.id, 1, first.id, 1)
  assert.equal(await whole(second.id), false)
  const third = await here.settle(who, 'c.txt', text)
  await sql(`update uploads.upload set frames = 2, size_bytes = 524288 where id = '${third.id}'`)
  const cut = await here.call(who, 'GET', pathOf(third.id, '/content')).catch(() => null)
  assert.ok(cut === null || cut.bytes.length < 524_288)
})

test('quotas hold for owner and person, also for many at once, and deleting makes room', async () => {
  const small = await all.process({ quotaMegabytes: 2, quotaPerSubjectMegabytes: 1, maxUnderWay: 3 })
  const who = inbox()
  const big = Buffer.alloc(700_000, 'a')
  const replies = await Promise.all([1, 2, 3, 4].map(() => small.send(who, 'a.txt', big)))
  const taken = replies.filter(({ status }) => status === 202)
  assert.equal(taken.length, 2)
  for (const { status, body } of replies)
    if (status !== 202) assert.match(body.code ?? '', /^UPLOAD_(?:QUOTA_REACHED|BUSY)$/)
  await small.uploads.idle()
  await small.call(who, 'DELETE', pathOf(taken[0]?.body.id as string))
  const person = newId('usr')
  assert.equal((await small.send(who, 'a.txt', big, `?for=${person}`)).status, 202)
  await small.uploads.idle()
  const other = { ...who, application: 'other' }
  const { body } = await small.send(other, 'a.txt', big, `?for=${person}`)
  assert.deepEqual([body.code, (body as unknown as { quota: string }).quota], ['UPLOAD_QUOTA_REACHED', 'subject'])
})

test('a person sends for themselves alone', async () => {
  const person = await signIn(here)
  await here.context.database.transaction((tx) =>
    here.access.setRoles(tx, {
      ...{ organisationId: person.organisationId, subjectId: person.userId, roles: ['sender'], by: null },
      actor: { kind: 'system' },
    }),
  )
  const send = (query: string, headers: Record<string, string> = {}) =>
    here.call(null, 'POST', `/v1/uploads${query}`, {
      bytes: Buffer.from('abc'),
      headers: {
        ...{ cookie: person.cookie.slice(0, person.cookie.indexOf(';')), origin: 'http://custodia.localhost' },
        ...{ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' },
        ...{ 'content-disposition': 'attachment; filename="a.txt"' },
        ...headers,
      },
    })
  assert.equal((await send(`?for=${newId('usr')}`)).body.code, 'UPLOAD_SUBJECT_NOT_YOURS')
  assert.equal((await send('', { origin: 'http://evil.example' })).body.code, 'CROSS_SITE_REFUSED')
  const { status, body } = await send('')
  assert.equal(status, 202)
  const kept = (await rows()).find(({ id }) => id === body.id)
  assert.deepEqual([kept?.subject_id, kept?.owner_kind], [person.userId, 'user'])
})

test('erasing a person takes their files, whoever sent them; the export names them', async () => {
  const who = inbox()
  const person = newId('usr')
  const { id } = await here.settle(who, 'letter.txt', text, `?for=${person}`)
  const exported = await here.uploads.subjectData.export(who.organisationId, person)
  assert.deepEqual(
    (exported.uploads as { id: string; name: string }[]).map((one) => [one.id, one.name]),
    [[id, 'letter.txt']],
  )
  assert.deepEqual(await here.uploads.subjectData.export(newId('org'), person), { uploads: [] })
  for (let twice = 0; twice < 2; twice++)
    await here.context.database.transaction((tx) => here.uploads.subjectData.erase(tx, who.organisationId, person))
  assert.equal((await here.call(who, 'GET', pathOf(id))).body.code, 'UPLOAD_UNKNOWN')
  assert.equal((await frames(id)).length, 0)
})

test('what expires is unknown at once and gone with the sweep; what never arrived whole is, too', async () => {
  const who = inbox()
  const { id } = await here.settle(who, 'a.txt', text, '?days=1')
  const stuck = newId('upl')
  await all.house.db.asOwner(
    `insert into uploads.upload select '${stuck}', organisation_id, owner_kind, owner_id, subject_id, 'receiving', size_bytes, meta_sealed, null, 0, 0, created_at, expires_at + interval '30 days', null, 0 from uploads.upload where id = '${id}'`,
  )
  const there = async () => (await rows()).map((row) => row.id).filter((one) => one === id || one === stuck)
  await here.run('uploads.sweep')
  assert.deepEqual((await there()).sort(), [id, stuck].sort())
  all.house.machine.clock.advance(3_600_000)
  await here.run('uploads.sweep')
  assert.deepEqual(await there(), [id])
  all.house.machine.clock.advance(86_400_000)
  assert.equal((await here.call(who, 'GET', pathOf(id))).body.code, 'UPLOAD_UNKNOWN')
  await here.run('uploads.sweep')
  assert.deepEqual(await there(), [])
})

test('without a scanner nothing is taken, unless the operator says so', async () => {
  const unset = await all.process({ scanner: 'clamd', clamd: null })
  assert.equal((await unset.send(inbox(), 'a.txt', text)).body.code, 'UPLOAD_SCANNER_UNSET')
})
