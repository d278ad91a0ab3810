import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { signWebhook } from '@custodia/edge/webhooks/standard.ts'
import type { Source } from '@custodia/wire/http/webhooks.ts'
import { join } from '../identity/testing.ts'
import type { Answer, Browser } from '../sessions/testing.ts'
import type { ReceivedWebhook } from './api.ts'
import type { WebhooksHouse, WebhooksProcess } from './testing.ts'
import { openWebhooksHouse } from './testing.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const text = "It's a Secret to Everybody"

let house: WebhooksHouse
let first: WebhooksProcess
let second: WebhooksProcess
let administrator: Browser
/** What came to the application, and what it answers. */
const taken: ReceivedWebhook[] = []
let answer: () => number | Promise<number> = () => 204
const lend = (process: WebhooksProcess) =>
  process.webhooks.lendForwarder({
    applications: new Map([['shop', ['/hooks/pay']]]),
    async forward(webhook) {
      taken.push(webhook)
      return await answer()
    },
  })
before(async () => {
  house = await openWebhooksHouse()
  first = house.first
  second = await house.process()
  lend(first)
  lend(second)
})
after(async () => await house.close())
beforeEach(async () => {
  administrator = await house.administrator()
  taken.length = 0
  answer = () => 204
})

const clock = () => house.house.machine.clock
const nowSeconds = () => Math.floor(clock().nowMs() / 1_000)
const wanted = { name: 'Payments', sender: 'standard', application: 'shop', path: '/hooks/pay', secret }
async function add(changes: Record<string, unknown> = {}, browser = administrator): Promise<Source & { said: Answer }> {
  const said = await browser.call('POST', '/v1/webhooks/sources', { ...wanted, ...changes })
  return { ...(said.body as unknown as Source), said }
}

type Sent = { status: number; code: string | null; received: string | null }
type Headers = Readonly<Record<string, string | string[]>>

/** As a sender does: no cookie, no origin, bytes as they are. */
function send(
  source: string,
  body: string | Buffer,
  headers: Headers,
  { process = first, query = '' }: { process?: WebhooksProcess; query?: string } = {},
): Promise<Sent> {
  const { port } = process.server
  return new Promise((resolve, reject) => {
    const path = `/v1/webhooks/in/${source}${query}`
    const all = { host: 'custodia.localhost', 'content-length': String(Buffer.byteLength(body)), ...headers }
    const asked = httpRequest(
      { host: '127.0.0.1', port, method: 'POST', path, headers: all, agent: false },
      async (reply) => {
        const said = JSON.parse((await reply.toArray()).join('') || '{}') as { code?: string; received?: string }
        resolve({ status: reply.statusCode ?? 0, code: said.code ?? null, received: said.received ?? null })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}
const json = { 'content-type': 'application/json' }
const signed = (
  body: string,
  id = `msg_${crypto.randomUUID()}`,
  by = secret,
  timestamp = nowSeconds(),
): Record<string, string> => ({
  ...json,
  ...signWebhook({ id, timestamp, body: Buffer.from(body) }, [by]),
})

test('what holds goes to the application byte for byte, with who sent it, and counts once', async () => {
  const source = await add()
  assert.equal(source.said.status, 201, JSON.stringify(source.said.body))
  assert.equal(JSON.stringify(source.said.body).includes(secret), false)
  const body = '{ "amount":1.10, "amount":2,\n "name":"\\u00e9" }  '
  const headers = signed(body)
  assert.deepEqual(await send(source.id, body, headers), { status: 200, code: null, received: 'taken' })
  assert.equal(taken[0]?.body.toString(), body)
  assert.partialDeepStrictEqual(taken[0], {
    application: 'shop',
    path: '/hooks/pay',
    sourceId: source.id,
    name: 'Payments',
  })
  assert.equal(taken[0]?.headers['webhook-id'], headers['webhook-id'])
  // Twice, and by another process: answered alike, and passed on no more.
  assert.equal((await send(source.id, body, headers)).received, 'repeated')
  assert.equal((await send(source.id, body, headers, { process: second })).received, 'repeated')
  // Signed anew, as a sender does when it tries again.
  clock().advance(20_000)
  assert.equal((await send(source.id, body, signed(body, headers['webhook-id']))).received, 'repeated')
  assert.equal(taken.length, 1)
})

test('of many at once with one message the application gets one', async () => {
  const source = await add()
  const headers = signed('{}')
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  answer = () => held.then(() => 204)
  const sent = Array.from({ length: 8 }, (_, i) =>
    send(source.id, '{}', headers, { process: i % 2 === 0 ? first : second }),
  )
  await Promise.any(sent.map(async (one) => assert.equal((await one).code, 'WEBHOOKS_BUSY')))
  release()
  const all = await Promise.all(sent)
  assert.equal(all.filter(({ received }) => received === 'taken').length, 1)
  assert.equal(taken.length, 1)
})

test('what the application does not take may come again', async () => {
  const source = await add()
  const headers = signed('{}')
  answer = () => 500
  assert.equal((await send(source.id, '{}', headers)).code, 'WEBHOOKS_NOT_PASSED_ON')
  answer = () => Promise.reject(new Error('it is away'))
  assert.equal((await send(source.id, '{}', headers)).code, 'WEBHOOKS_NOT_PASSED_ON')
  answer = () => 302
  assert.equal((await send(source.id, '{}', headers)).code, 'WEBHOOKS_NOT_PASSED_ON')
  answer = () => 200
  assert.equal((await send(source.id, '{}', headers)).received, 'taken')
})

test('what is forged, late, early, changed, there twice, or for another source is refused alike, and burns nothing', async () => {
  const source = await add()
  const other = await add({ secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' })
  const body = '{"a":1}'
  const good = signed(body, 'msg_good')
  const cases: [string, string, Headers][] = [
    ['nothing', body, json],
    ['forged', body, { ...good, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` }],
    ['late', body, signed(body, 'msg_good', secret, nowSeconds() - 301)],
    ['early', body, signed(body, 'msg_good', secret, nowSeconds() + 301)],
    ['changed', '{"a":2}', good],
    ['spaces', `${body} `, good],
    ['other secret', body, signed(body, 'msg_good', 'whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB')],
    [
      'twice',
      body,
      { ...good, 'webhook-signature': [good['webhook-signature'] as string, good['webhook-signature'] as string] },
    ],
    ['id twice', body, { ...good, 'webhook-id': ['msg_good', 'msg_good'] }],
  ]
  for (const [name, bytes, headers] of cases) {
    const { status, code } = await send(source.id, bytes, headers)
    assert.deepEqual([status, code], [401, 'WEBHOOKS_REFUSED'], name)
  }
  assert.equal((await send(other.id, body, good)).code, 'WEBHOOKS_REFUSED')
  assert.equal((await send(`whs_${'a'.repeat(26)}`, body, good)).code, 'WEBHOOKS_SOURCE_UNKNOWN')
  assert.equal((await send('whs_x', body, good)).status, 400)
  assert.equal(taken.length, 0)
  assert.equal((await send(source.id, body, good)).received, 'taken')
})

test('refusals stand in the ledger once a minute for each reason, however many there are', async () => {
  const source = await add()
  const before = (await house.events('message.refused')).length
  for (let i = 0; i < 20; i += 1) await send(source.id, '{}', json)
  await send(source.id, '{}', { ...signed('{}'), 'webhook-signature': 'v1,AAAA' })
  const noted = (await house.events('message.refused')).slice(before)
  assert.deepEqual(noted, [
    { source: source.id, why: 'missing' },
    { source: source.id, why: 'signature' },
  ])
})

test('a body that is too large is refused before it is looked at, whatever its type', async () => {
  const source = await add()
  const body = Buffer.alloc(1_048_577, 'x')
  for (const type of [
    'application/json',
    'text/plain',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
  ])
    assert.equal((await send(source.id, body, { 'content-type': type })).status, 413, type)
})

test('a sender without a time is held to once for as long as that is remembered, under any delivery number', async () => {
  const source = await add({ sender: 'github', secret: text })
  const body = '{"ref":"refs/heads/main"}'
  const digest = createHmac('sha256', text).update(body).digest('hex')
  const headers = { ...json, 'x-hub-signature-256': `sha256=${digest}`, 'x-github-delivery': 'one' }
  assert.equal((await send(source.id, body, headers)).received, 'taken')
  clock().advance(80 * 86_400_000)
  await first.run('webhooks.sweep')
  // What is not signed, whoever repeats it may change.
  assert.equal((await send(source.id, body, { ...headers, 'x-github-delivery': 'two' })).received, 'repeated')
  assert.equal(taken.length, 1)
})

test('where the address is signed, it is the one that was given to the sender, with its query', async () => {
  const source = await add({ sender: 'twilio', secret: 'a token of Twilio' })
  assert.equal(source.url, `http://custodia.localhost/v1/webhooks/in/${source.id}`)
  const sign = (what: string) => createHmac('sha1', 'a token of Twilio').update(what).digest('base64')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const by = (what: string, type: Headers = form) => ({ ...type, 'x-twilio-signature': sign(what) })
  const fields = 'From=%2B1&Body=Hello'
  assert.equal((await send(source.id, fields, by(`${source.url}BodyHelloFrom+1`))).received, 'taken')
  const elsewhere = source.url.replace('custodia.localhost', 'evil.example')
  assert.equal((await send(source.id, fields, by(`${elsewhere}BodyHelloFrom+1`))).code, 'WEBHOOKS_REFUSED')
  assert.equal((await send(source.id, fields, by(`${source.url}BodyHelloFrom+1`), { query: '?a=1' })).status, 400)
  const query = `?bodySHA256=${createHash('sha256').update('{}').digest('hex')}`
  assert.equal((await send(source.id, '{}', by(source.url + query, json), { query })).received, 'taken')
  assert.equal((await send(source.id, '{ }', by(source.url + query, json), { query })).code, 'WEBHOOKS_REFUSED')
})

test('two secrets hold while they overlap, then the new one alone', async () => {
  const source = await add()
  const next = 'whsec_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC'
  const rotated = await administrator.call('POST', `/v1/webhooks/sources/${source.id}/rotate`, {
    secret: next,
    overlapSeconds: 60,
  })
  assert.equal(rotated.status, 200)
  const takes = async (by: string) => (await send(source.id, '{}', signed('{}', undefined, by))).received === 'taken'
  assert.deepEqual([await takes(secret), await takes(next)], [true, true])
  clock().advance(61_000)
  assert.deepEqual([await takes(secret), await takes(next)], [false, true])
})

test('a source goes only where the operator said that webhooks are taken, and takes only what can be a secret', async () => {
  for (const [changes, code] of [
    [{ path: '/admin' }, 'WEBHOOKS_TARGET_REFUSED'],
    [{ application: 'inbox' }, 'WEBHOOKS_TARGET_REFUSED'],
    [{ path: '/hooks/pay/../../admin' }, 'WEBHOOKS_TARGET_REFUSED'],
    [{ secret: 'whsec_short' }, 'WEBHOOKS_SENDER_SECRET'],
    [{ sender: 'discord', secret: 'not a key' }, 'WEBHOOKS_SENDER_SECRET'],
    [{ sender: 'paypal' }, 'REQUEST_INVALID'],
    [{ toleranceSeconds: 86_400 }, 'REQUEST_INVALID'],
  ] as const)
    assert.equal((await add(changes)).said.code, code, JSON.stringify(changes))
})

test('nobody sets up, changes or reads sources without the permission, nor those of another organisation', async () => {
  const source = await add()
  const person = await join(first, administrator)
  const stranger = first.server.browser()
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['POST', '', wanted],
    ['PATCH', `/${source.id}`, { name: 'Mine' }],
    ['POST', `/${source.id}/rotate`, { secret }],
    ['DELETE', `/${source.id}`, undefined],
  ] as const) {
    assert.equal((await person.browser.call(method, `/v1/webhooks/sources${path}`, body)).code, 'ACCESS_DENIED')
    assert.equal((await stranger.call(method, `/v1/webhooks/sources${path}`, body)).code, 'AUTHENTICATION_REQUIRED')
  }
  await house.house.db.asOwner(
    `update webhooks.source set organisation_id = 'org_aaaaaaaaaaaaaaaaaaaaaaaaaa' where id = '${source.id}'`,
  )
  for (const [method, path, body] of [
    ['PATCH', '', { name: 'Mine' }],
    ['POST', '/rotate', { secret }],
    ['DELETE', '', undefined],
  ] as const)
    assert.equal(
      (await administrator.call(method, `/v1/webhooks/sources/${source.id}${path}`, body)).code,
      'WEBHOOKS_SOURCE_UNKNOWN',
    )
})

test('neither the database nor the log nor the ledger holds a secret or a body', async () => {
  const source = await add({ name: 'Kept' })
  await send(source.id, '{"iban":"DE02120300000000202051"}', signed('{"iban":"DE02120300000000202051"}'))
  const tables = ['webhooks.source', 'webhooks.seen', 'audit.entry']
  const rows = await Promise.all(tables.map((table) => house.house.db.asOwner(`select * from ${table}`)))
  const all = JSON.stringify([rows, house.house.machine.lines], (_key, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  for (const word of ['DE0212', secret, secret.slice(6), 'MfKQ9r8G']) assert.equal(all.includes(word), false, word)
})
