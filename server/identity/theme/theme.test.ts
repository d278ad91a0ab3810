import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Reply, Route } from '../../platform/http/route.ts'
import type { Browser } from '../../sessions/testing.ts'
import { administratorOf, begin, holder, newcomer, unhurried } from '../factors/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { openIdentityHouse, setUp, tokenOf } from '../testing.ts'
import { picture, png, pngChunk } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser
before(async () => {
  house = await openIdentityHouse()
  one = await unhurried(house)
  await setUp(one)
})
after(() => house.close())
beforeEach(async () => {
  administrator = await administratorOf(one)
  await administrator.call('PATCH', path, { name: null, accent: null, logo: null })
  house.house.events.length = 0
})

const path = '/v1/theme'
const plain = { name: null, accent: null, logo: null }
const change = (body: object, browser = administrator) => browser.call('PATCH', path, body)
const stranger = () => one.server.browser()
const upload = (bytes: Buffer, type = 'image/png') => ({ type, data: bytes.toString('base64url') })
const seen = async (browser = stranger(), query = '') => (await browser.call('GET', path + query)).body
const told = () => house.house.events.filter(({ type }) => type === 'identity.organisation.theme-changed')
const logoPath = async (browser = stranger()) => ((await seen(browser)).logo as { path: string }).path

test('where nothing was set the pages look as Custodia does, and the organisation’s name is nobody’s to see', async () => {
  assert.deepEqual(await seen(), plain)
  assert.deepEqual(await seen(administrator), plain)
})

test('what an administrator sets, strangers see; what the change leaves out stays; null goes back', async () => {
  assert.deepEqual((await change({ name: 'Northwind', accent: '#0a7d5c' })).body, {
    name: 'Northwind',
    accent: '#0a7d5c',
    logo: null,
  })
  const { body } = await change({ logo: upload(png()) })
  assert.partialDeepStrictEqual(body, { name: 'Northwind', logo: { width: 24, height: 16 } })
  assert.deepEqual(await seen(), body)
  assert.deepEqual((await change({ name: null })).body, { ...body, name: null })
  assert.deepEqual((await change({ accent: null, logo: null })).body, plain)
  assert.deepEqual(await seen(), plain)
})

test('each change stands in the ledger with what it changed, without the picture; what changes nothing does not', async () => {
  await change({ name: 'Northwind', accent: '#0a7d5c' })
  const { body } = await change({ logo: upload(png()) })
  await change({ logo: upload(png()), name: 'Northwind' })
  await change({})
  const [first, second, ...more] = told()
  assert.deepEqual(more, [])
  assert.deepEqual(first?.data, { changed: ['name', 'accent'], name: 'Northwind', accent: '#0a7d5c', logo: null })
  const { path: at } = body.logo as { path: string }
  assert.deepEqual(second?.data, {
    changed: ['logo'],
    name: 'Northwind',
    accent: '#0a7d5c',
    logo: at.split('/').at(-1),
  })
  assert.equal(second?.actor.kind, 'user')
})

test('a name is kept in one form, however it was typed', async () => {
  assert.equal((await change({ name: 'Cafe\u0301 Nord' })).body.name, 'Caf\u00e9 Nord')
})

describe('nobody but an administrator changes it', () => {
  test('a stranger and a member are refused, and it stays as it was', async () => {
    const { browser: member } = await newcomer(one)
    for (const [browser, code] of [
      [stranger(), 'AUTHENTICATION_REQUIRED'],
      [member, 'ACCESS_DENIED'],
    ] as const)
      assert.equal((await change({ name: 'Mine now' }, browser)).code, code)
    assert.deepEqual(await seen(), plain)
    assert.deepEqual(told(), [])
  })

  test('a page of another site is refused', async () => {
    const answer = await administrator.call('PATCH', path, { name: 'Evil' }, { origin: 'http://evil.example' })
    assert.equal(answer.code, 'CROSS_SITE_REFUSED')
    assert.deepEqual(await seen(), plain)
  })

  test('a session that was not confirmed lately is asked to be', async () => {
    house.house.machine.clock.advance(601_000)
    assert.equal((await change({ name: 'Late' })).code, 'FRESH_FACTOR_REQUIRED')
    assert.deepEqual(await seen(), plain)
  })
})

describe('refused whole is', () => {
  const long = 'n'.repeat(61)
  for (const [what, body, field] of [
    ['a name of nothing', { name: '' }, 'body.name'],
    ['a name of space', { name: '   ' }, 'body.name'],
    ['a name that begins with space', { name: ' Northwind' }, 'body.name'],
    ['a name that is too long', { name: long }, 'body.name'],
    ['a name of two lines', { name: 'Northwind\nSign in here' }, 'body.name'],
    ['a name that turns the text around it', { name: 'Northwind\u202eaidotsuC' }, 'body.name'],
    ['a name with an isolate that nothing ends', { name: 'North\u2067wind' }, 'body.name'],
    ['a name with what can’t be seen', { name: 'North\u200bwind' }, 'body.name'],
    ['a name of nothing but joiners', { name: '\u200d\u200d' }, 'body.name'],
    ['half of a character', { name: 'North\ud800wind' }, 'body.name'],
    ['a colour by its name', { accent: 'rebeccapurple' }, 'body.accent'],
    ['a colour with transparency', { accent: '#0a7d5c00' }, 'body.accent'],
    ['a colour that closes the rule', { accent: '#0a7d5c;}*{display:none' }, 'body.accent'],
    ['a colour in capitals', { accent: '#0A7D5C' }, 'body.accent'],
    ['SVG', { logo: upload(Buffer.from('<svg/>'), 'image/svg+xml') }, 'body.logo'],
    ['a GIF', { logo: upload(Buffer.from('GIF89a'), 'image/gif') }, 'body.logo'],
    ['what is called a PNG and is SVG', { logo: upload(Buffer.from('<svg/>')) }, 'body.logo.data'],
    ['what is called a PNG and is a JPEG', { logo: upload(picture('still.jpg')) }, 'body.logo.data'],
    ['what is a PNG and a page', { logo: upload(Buffer.concat([png(), Buffer.from('<html>')])) }, 'body.logo.data'],
    ['a logo by its address', { logo: { path: '/favicon.svg' } }, 'body.logo'],
    ['something that is not known', { css: '*{display:none}' }, 'body.css'],
  ] as const)
    test(what, async () => {
      const answer = await change({ name: 'Northwind', accent: '#0a7d5c', ...body })
      assert.ok([400, 422].includes(answer.status), `${answer.status} ${JSON.stringify(answer.body)}`)
      assert.ok(String(answer.body.field).startsWith(field), String(answer.body.field))
      assert.deepEqual(await seen(), plain, 'nothing of it holds')
      assert.deepEqual(told(), [])
    })

  test('a picture of a byte more than 64 KiB, and a body that is larger than any change', async () => {
    const filled = (length: number) => png({ before: [pngChunk('tEXt', Buffer.alloc(length - png().length - 12))] })
    assert.equal((await change({ logo: upload(filled(65_536)) })).status, 200)
    assert.ok([400, 422].includes((await change({ logo: upload(filled(65_537)) })).status))
    assert.equal((await change({ logo: upload(Buffer.alloc(80_000)) })).code, 'REQUEST_TOO_LARGE')
  })
})

describe('a logo', () => {
  test('is sent as the very kind that it is, to be kept for ever, and runs nothing wherever it is opened', async () => {
    for (const [type, bytes] of [
      ['image/png', png()],
      ['image/jpeg', picture('still.jpg')],
      ['image/webp', picture('alpha.webp')],
    ] as const) {
      await change({ logo: upload(bytes, type) })
      const at = await logoPath()
      const file = await get(at)
      assert.equal(file.status, 200)
      assert.equal(createHash('sha256').update(file.body).digest('base64url'), at.split('/').at(-1))
      assert.partialDeepStrictEqual(file.headers, {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  test('holds nothing of what was hidden in it', async () => {
    const secret = 'taken at 52.5200 N 13.4050 E'
    await change({ logo: upload(png({ before: [pngChunk('tEXt', Buffer.from(secret))] })) })
    assert.equal(Buffer.from((await get(await logoPath())).body).includes(secret), false)
    const rows = await house.house.db.asOwner(`select encode(logo, 'escape') as kept from identity.theme`)
    assert.equal(JSON.stringify(rows).includes(secret), false)
  })

  test('is gone from its address once another one took its place', async () => {
    await change({ logo: upload(png()) })
    const before = await logoPath()
    await change({ logo: upload(picture('still.jpg'), 'image/jpeg') })
    assert.notEqual(await logoPath(), before)
    assert.equal((await stranger().call('GET', before)).code, 'IDENTITY_LOGO_UNKNOWN')
  })

  test('that nobody has is unknown, and an address of another form is none', async () => {
    assert.equal((await stranger().call('GET', `${path}/logos/${'A'.repeat(43)}`)).code, 'IDENTITY_LOGO_UNKNOWN')
    for (const form of ['A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}'`, '..%2f..%2fetc%2fpasswd'])
      assert.equal((await stranger().call('GET', `${path}/logos/${form}`)).status, 400, form)
  })
})

test('a stranger’s answer may be kept for a minute; what depends on who asks is kept nowhere', async () => {
  const { headers } = await stranger().call('GET', path)
  assert.equal(headers['cache-control'], 'public, max-age=60')
  assert.equal(headers.vary, 'cookie, authorization')
  assert.equal((await administrator.call('GET', path)).headers['cache-control'], 'no-store')
  const guess = await stranger().call('GET', path, undefined, { cookie: '__Host-custodia-attempt=x' })
  assert.equal(guess.headers['cache-control'], 'no-store')
})

test('administrators who change different things at once both have their way, and each is told of once', async () => {
  const names = Array.from({ length: 6 }, (_, i) => `Northwind ${i}`)
  await Promise.all([
    ...names.map((name) => change({ name })),
    change({ accent: '#0a7d5c' }),
    change({ logo: upload(png()) }),
  ])
  const now = await seen()
  assert.ok(names.includes(String(now.name)))
  assert.equal(now.accent, '#0a7d5c')
  assert.notEqual(now.logo, null)
  assert.equal(told().length, 8)
})

test('a change whose event can’t be recorded did not happen', async () => {
  const { recorder } = one.context
  const record = recorder.record
  Object.assign(recorder, { record: () => Promise.reject(new Error('the ledger is full')) })
  try {
    assert.equal((await change({ name: 'Unseen' })).status, 500)
  } finally {
    Object.assign(recorder, { record })
  }
  assert.deepEqual(await seen(), plain)
})

// Last: from here on there are two organisations.
describe('where there are several organisations', () => {
  // The last in their order: whoever took the first for the only one would show it.
  const other = `org_${'z'.repeat(26)}`
  before(() => house.house.db.asOwner(`insert into identity.organisation values ('${other}', 'Brightwater', now())`))

  test('strangers see none of them, unless they name it', async () => {
    await change({ name: 'Northwind' })
    const { organisationId: own } = (await administrator.call('GET', '/v1/me')).body.user as { organisationId: string }
    assert.deepEqual(await seen(), plain)
    assert.equal((await seen(stranger(), `?organisation=${own}`)).name, 'Northwind')
    assert.deepEqual(await seen(stranger(), `?organisation=${other}`), plain)
    assert.deepEqual(await seen(stranger(), `?organisation=org_${'c'.repeat(26)}`), plain, 'one that is not there')
    assert.equal((await stranger().call('GET', `${path}?organisation=%27%20or%20true`)).status, 400)
  })

  test('a sign-in under way looks as its organisation does, and one that is over as none', async () => {
    await change({ name: 'Northwind' })
    const { email } = await holder(house, one)
    const { browser } = await begin(one, email)
    assert.equal((await seen(browser, `?organisation=${other}`)).name, 'Northwind')
    house.house.machine.clock.advance(600_000)
    assert.deepEqual(await seen(browser), plain)
  })

  test('a one-time link looks as the organisation of whose it is', async () => {
    await change({ name: 'Northwind' })
    const body = { email: 'theme@example.org', name: 'Mira', roles: ['member'] }
    const link = String((await administrator.call('POST', '/v1/invitations', body)).body.link)
    const facts = (await stranger().call('POST', '/v1/links/check', { token: tokenOf(link) })).body
    assert.deepEqual(facts.theme, { ...plain, name: 'Northwind' })
  })

  test('a person sees their own whatever they name, and changes no other one', async () => {
    await change({ name: 'Northwind' })
    assert.equal((await seen(administrator, `?organisation=${other}`)).name, 'Northwind')
    const rows = await house.house.db.asOwner('select organisation_id, name from identity.theme')
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['Northwind'],
    )
  })
})

/** By the route itself: the browser of these tests reads JSON only. What goes over the wire is tested in `tests/journeys/theme.test.ts`. */
async function get(at: string): Promise<Reply<Uint8Array>> {
  const route = one.identity.routes.find(({ path: known }) => known === '/v1/theme/logos/:hash') as Route
  const request = { params: { hash: at.split('/').at(-1) } } as unknown as Parameters<Route['handle']>[0]
  return (await route.handle(request)) as Reply<Uint8Array>
}
