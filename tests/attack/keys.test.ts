import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test, { after, before } from 'node:test'
import { createCustodia } from '@custodia/sdk'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'
import type { Target } from './target.ts'
import { openTarget, raw, signedIn } from './target.ts'

let target: Target
let superuser: Superuser
let organisationId: string
const keys: Record<string, string> = {}
before(async () => {
  target = await openTarget({ ...process.env, CUSTODIA_LOG_LEVEL: 'debug' })
  superuser = await superuserOf(target.server.folder)
  for (const [name, roles] of [
    ['app', []],
    ['other', []],
    ['custodia', []],
    ['watchdog', ['verifier']],
  ] as const) {
    const issued = target.server.command('applications', 'key', name, ...roles)
    keys[name] = String(issued.key)
    organisationId = String(issued.organisationId)
  }
})
after(async () => {
  await superuser?.close()
  await target?.remove()
})

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const ask = (key: string, path: string, body?: unknown) =>
  target.server.call(body === undefined ? 'GET' : 'POST', path, {
    headers: bearer(key),
    ...(body === undefined ? {} : { body }),
  })
const client = (name: string) =>
  createCustodia({ url: target.server.publicUrl, application: name, key: keys[name] as string })

test('a data key of one application opens for no other, by whatever name it is asked for', async () => {
  const { body } = await ask(keys.app as string, '/v1/keyring/data-keys', {
    subject: 'mailbox:team',
    collection: 'messages',
  })
  const name = { keyId: String(body.keyId), number: Number(body.number) }
  const open = (key: string, collection: string, ...names: object[]) =>
    ask(key, '/v1/keyring/data-keys/open', { collection, keys: names })
  const mine = await open(keys.app as string, 'messages', name)
  assert.deepEqual(
    (mine.body.keys as { key: string }[]).map(({ key }) => key),
    [body.key],
  )
  const theirs = await open(keys.other as string, 'messages', name)
  assert.deepEqual([theirs.status, theirs.body], [200, { keys: [], shredded: [] }])
  const elsewhere = await open(keys.app as string, 'contacts', name)
  assert.notEqual((elsewhere.body.keys as { key: string }[])[0]?.key, body.key)
  const upper = await open(keys.app as string, 'messages', { ...name, keyId: name.keyId.toUpperCase() })
  assert.deepEqual(upper.body.keys ?? [], [])
})

test("the server's own keys, and those of another organisation, are nobody's data keys", async () => {
  const rows = await superuser.run('select id from keyring.key')
  assert.ok(rows.length > 3)
  const names = rows.slice(0, 256).map(({ id }) => ({ keyId: String(id), number: 1 }))
  const answer = await ask(keys.other as string, '/v1/keyring/data-keys/open', { collection: 'messages', keys: names })
  assert.deepEqual([answer.status, answer.body], [200, { keys: [], shredded: [] }])
  for (const path of ['/v1/keyring/data-keys', '/v1/keyring/index-keys'])
    assert.equal(
      (
        await ask(keys.custodia as string, path, {
          subject: 'a',
          collection: 'b',
          ...(path.includes('index') ? { field: 'c' } : {}),
        })
      ).status,
      403,
    )
})

test('an application can do nothing but what its role says, to nobody', async () => {
  for (const [method, path, body] of [
    ['GET', '/v1/users'],
    ['GET', '/v1/me'],
    ['GET', '/v1/sessions'],
    ['GET', '/v1/ledger/entries'],
    ['GET', '/ledger/tile/entries/000'],
    ['DELETE', '/v1/keyring/subjects/mailbox:team'],
    ['POST', '/v1/invitations', { email: 'x@example.org', name: 'X', roles: [] }],
    ['POST', '/v1/hand-over', { host: 'app.localhost', state: 'A'.repeat(43) }],
  ] as const) {
    const headers = bearer(keys.app as string)
    assert.equal(
      (await target.server.call(method, path, { headers, ...(body === undefined ? {} : { body }) })).status,
      403,
      path,
    )
  }
  assert.equal(
    (await ask(keys.watchdog as string, '/v1/keyring/data-keys', { subject: 'a', collection: 'b' })).status,
    403,
  )
})

test('a key counts as a bearer token and nowhere else, whole and unbent', async () => {
  const key = keys.app as string
  const body = { subject: 'a', collection: 'b' }
  const flipped = key.slice(0, 40) + (key[40] === 'a' ? 'b' : 'a') + key.slice(41)
  for (const headers of [
    {},
    { authorization: key },
    { authorization: `Basic ${Buffer.from(`app:${key}`).toString('base64')}` },
    { authorization: `Bearer ${key.slice(0, -1)}` },
    { authorization: `Bearer ${key}a` },
    { authorization: `Bearer ${key.toUpperCase()}` },
    { authorization: `Bearer ${flipped}` },
    { authorization: `Bearer ${key}, Bearer ${key}` },
    { authorization: 'Bearer ' },
    { 'x-api-key': key },
    { cookie: `__Host-custodia=${key}` },
  ] as Record<string, string>[])
    assert.equal(
      (await target.server.call('POST', '/v1/keyring/data-keys', { body, headers })).status,
      401,
      JSON.stringify(Object.keys(headers)),
    )
  for (const query of [`?key=${key}`, `?access_token=${key}`, `?authorization=Bearer%20${key}`])
    assert.equal((await target.server.call('POST', `/v1/keyring/data-keys${query}`, { body })).status, 401)
})

test('a sealed field that was moved, swapped or cut opens nowhere', async () => {
  const collection = (name: string, of: string, schemaVersion = 1) => client(name).collection(of, { schemaVersion })
  const messages = collection('app', 'messages')
  const one = await messages.seal({ subject: 'mailbox:team', record: '1', fields: { title: 'one', text: 'first' } })
  const two = await messages.seal({ subject: 'mailbox:team', record: '2', fields: { title: 'two', text: 'second' } })
  const { title, text } = one
  const open = (from: typeof messages, record: string, fields: Record<string, Uint8Array>, subject = 'mailbox:team') =>
    from.openText([{ subject, record, fields }])
  assert.deepEqual(await open(messages, '1', { title, text }), [{ title: 'one', text: 'first' }])
  const bent = Buffer.from(title)
  bent.writeUInt8(bent.readUInt8(bent.length - 1) ^ 1, bent.length - 1)
  for (const [record, fields] of [
    ['2', { title }],
    ['1', { text: title }],
    ['1', { title: two.title }],
    ['1', { title: bent }],
    ['1', { title: title.subarray(0, -1) }],
    ['1', { title: Buffer.concat([title, Buffer.alloc(1)]) }],
    ['1', { title: Buffer.alloc(0) }],
  ] as [string, Record<string, Uint8Array>][])
    await assert.rejects(open(messages, record, fields))
  await assert.rejects(open(messages, '1', { title }, 'mailbox:other'))
  await assert.rejects(open(collection('other', 'messages'), '1', { title }))
  await assert.rejects(open(collection('app', 'contacts'), '1', { title }))
  await assert.rejects(open(collection('app', 'messages', 2), '1', { title }))
})

test('entries of the ledger are reached by no spelling of their address without the right to them', async () => {
  const member = await signedIn(target, 1)
  for (const path of [
    '/ledger/tile/entries/000',
    '/ledger/tile/entries%2f000',
    '/ledger/tile/%65ntries/000',
    '/ledger/tile/Entries/000',
    '/ledger/tile/0/../entries/000',
    '/ledger/tile//entries/000',
    '/ledger/tile/entries/000/',
    '/ledger/tile/-1/000',
    '/ledger/tile/0/entries/000',
  ]) {
    for (const cookie of [undefined, member]) {
      const received = await raw(
        target.server.port,
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cookie === undefined ? '' : `Cookie: ${cookie}\r\n`}Connection: close\r\n\r\n`,
      )
      assert.match(received, /^HTTP\/1\.1 4\d\d /, path)
      assert.doesNotMatch(received, /identity\.|sessions\./)
    }
  }
})

test('an entry of another organisation has no proof here, and stands in no search', async () => {
  const administrator = await signedIn(target, 0)
  const entries = async (query: string) =>
    (await target.server.call('GET', `/v1/ledger/entries?${query}`, { cookie: administrator })).body.items as {
      body: string
    }[]
  const found = await entries('limit=100')
  assert.ok(found.length > 0)
  for (const { body } of found)
    assert.equal((JSON.parse(body) as { organisation: string }).organisation, organisationId)
  const rows = await superuser.run(
    'select node.index from audit.node join audit.entry on entry.id = node.entry where organisation_id is null limit 3',
  )
  assert.ok(rows.length > 0)
  for (const { index } of rows)
    assert.equal(
      (await target.server.call('GET', `/v1/ledger/entries/${index}/proof`, { cookie: administrator })).status,
      404,
    )
  for (const query of [
    "type=a'or'1",
    'type=%25',
    'actor=%27',
    'cursor=AAAA',
    'limit=1e3',
    'since=0001-01-01T00:00:00Z',
    'organisation=x',
  ])
    assert.equal(
      (await target.server.call('GET', `/v1/ledger/entries?${query}`, { cookie: administrator })).status,
      400,
      query,
    )
})

test('secrets of a whole journey stand in no log and in no row of the database', async () => {
  const administrator = await signedIn(target, 0)
  const invited = await target.server.call('POST', '/v1/invitations', {
    cookie: administrator,
    body: { email: 'quiet.person@example.org', name: 'Quiet Person', roles: ['member'] },
  })
  const token = String(invited.body.link).split('#')[1] as string
  const password = 'seventeen purple anchors'
  const { cookie } = await target.server.call('POST', '/v1/invitations/accept', {
    body: { token, name: 'Quiet Person', password },
  })
  const application = await target.enter(cookie as string)
  await target.server.call('GET', '/x', { cookie: application, headers: { host: target.appHost } })
  const { body } = await ask(keys.app as string, '/v1/keyring/data-keys', { subject: 'quiet', collection: 'notes' })
  const wrong = 'the wrong passphrase here'
  await target.server.call('POST', '/v1/sign-in', { body: { email: 'quiet.person@example.org', password: wrong } })
  await target.server.call('POST', '/v1/sign-in', { body: { email: `${wrong}`, password, extra: wrong } })
  target.answer = (_seen, response) => void response.destroy()
  await target.server
    .call('GET', `/x?secret=${wrong.replaceAll(' ', '-')}`, { cookie: application, headers: { host: target.appHost } })
    .catch(() => {})
  const value = (one: string | null) => String(one).split('=')[1] as string
  const secrets = {
    password,
    wrong,
    'wrong in a query': wrong.replaceAll(' ', '-'),
    token,
    session: value(cookie),
    'session of the application': value(application),
    'api key': (keys.app as string).split('_').at(-1)?.slice(0, 52) as string,
    'data key': String(body.key),
    'administrator’s password': target.accounts[0]?.password as string,
    name: 'Quiet Person',
    email: 'quiet.person',
    'root key': /[\w+/-]{40,}/.exec(readFileSync(`${target.server.folder}/root.key`, 'utf8'))?.[0] as string,
  }
  const tables = await superuser.run(
    `select table_schema || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  )
  const rows: string[] = []
  for (const { name } of tables)
    rows.push(JSON.stringify(await superuser.run(`select row_to_json(t)::text from ${name} t`)))
  const stored = rows.join('\n')
  assert.ok(stored.includes('Brightwater Boats') && target.log().includes('"level"'), 'there is something to look into')
  for (const [what, secret] of Object.entries(secrets)) {
    assert.ok(secret.length >= 8, what)
    const hex = Buffer.from(secret).toString('hex')
    const decoded = Buffer.from(secret, 'base64url').toString('hex')
    for (const form of [secret, hex, decoded, encodeURIComponent(secret), Buffer.from(secret).toString('base64url')]) {
      assert.ok(!target.log().includes(form), `${what} stands in the log`)
      assert.ok(!stored.includes(form), `${what} stands in the database`)
    }
  }
})

test('what a client writes can not begin a line of the log', async () => {
  for (const path of ['/%0a%7b%22level%22:%22error%22%7d', '/v1/users/%0d%0aforged'])
    await raw(
      target.server.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {"level":"error","message":"forged"}\r\nConnection: close\r\n\r\n`,
    )
  // Whole lines: the last one may still be on its way.
  const said = target.log()
  for (const line of said.slice(0, said.lastIndexOf('\n')).split('\n').filter(Boolean)) {
    assert.ok(line.startsWith('{"level":"'), line.slice(0, 200))
    assert.notEqual((JSON.parse(line) as { message?: string }).message, 'forged')
  }
})
