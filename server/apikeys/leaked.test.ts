import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IssuedKey } from '@custodia/wire/http/keys.ts'
import { mailOf, mailsOf, tokenIn } from '../identity/recovery/testing.ts'
import { join, setUp } from '../identity/testing.ts'
import { systemRandom } from '../platform/random.ts'
import type { Answer, Browser } from '../sessions/testing.ts'
import { makeKey, scannerPattern } from './key-format.ts'
import type { KeysHouse, KeysProcess } from './testing.ts'
import { callWith, keysOf, makeKeyAs, openKeysHouse } from './testing.ts'

let house: KeysHouse
let one: KeysProcess
let other: KeysProcess
let administrator: Browser
let browser: Browser

before(async () => {
  house = await openKeysHouse()
  one = await house.process()
  other = await house.process()
  administrator = await setUp(one)
  browser = (await join(one, administrator, { roles: ['reader'] })).browser
})
after(async () => await house.close())

/** By a stranger, worked off. */
async function report(tokens: readonly (string | null)[], foundAt?: string): Promise<Answer> {
  const scanner = one.server.browser()
  const answer = await scanner.call('POST', '/v1/keys/leaked', {
    tokens,
    ...(foundAt === undefined ? {} : { foundAt }),
  })
  await one.keys.settled()
  return answer
}
const holds = async (token: string | null) =>
  (await Promise.all([callWith(one, token), callWith(other, token)])).map(({ code, status }) => code ?? status)
const both = (what: string | number) => [what, what]
const leaks = () => house.house.events.filter(({ type }) => type === 'apikeys.key.leaked')

test('a leaked key is dead on the very next request in every process, and its owner finds out where it was found', async () => {
  const { token, key } = await makeKeyAs(browser)
  assert.deepEqual(await holds(token), both(200))
  const answer = await report([token], 'https://example.org/repository/blob/main/.env')
  assert.deepEqual([answer.status, answer.body], [202, { accepted: [true] }])
  assert.deepEqual(await holds(token), both('APIKEY_INVALID'))
  const event = leaks().at(-1)
  assert.partialDeepStrictEqual(event, {
    actor: { kind: 'anonymous' },
    subjectId: key.owner.id,
    data: { key: key.id, secret: 'current' },
    personal: { foundAt: 'https://example.org/repository/blob/main/.env' },
  })
  assert.ok(!JSON.stringify(house.house.events).includes(String(token).slice(36)))
})

test('who knows the public half of a key ends nobody’s', async () => {
  const { token, key } = await makeKeyAs(browser)
  const [, , id] = String(token).split('_')
  const forged = Array.from({ length: 100 }, () => makeKey(systemRandom, 'live', `key_${id}`).key)
  assert.deepEqual((await report(forged)).body, { accepted: forged.map(() => true) })
  assert.deepEqual(await holds(token), both(200))
  assert.ok((await keysOf(browser)).some((one) => one.id === key.id))
})

test('the answer is the same for a key that is real, revoked, expired, forged or made up', async () => {
  const [real, revoked] = [await makeKeyAs(browser), await makeKeyAs(browser)]
  await browser.call('DELETE', `/v1/keys/${revoked.key.id}`)
  const forged = makeKey(systemRandom, 'live', real.key.id).key
  const answers: Answer[] = []
  for (const token of [makeKey(systemRandom, 'live').key, forged, revoked.token, real.token, real.token])
    answers.push(await report([token]))
  const [first, ...others] = answers.map(({ status, body, headers }) => {
    const { date, 'request-id': _, ...rest } = headers
    return { status, body, rest }
  })
  for (const answer of others) assert.deepEqual(answer, first)
})

test('nothing is looked up before the answer: its time says nothing', async () => {
  const { token } = await makeKeyAs(browser)
  const asked: string[] = []
  const { database } = one.context
  const spied = await house.process({
    database: {
      ...database,
      queries: new Proxy(database.queries, {
        get(target, name) {
          asked.push(String(name))
          return Reflect.get(target, name)
        },
      }),
    } as typeof database,
  })
  asked.length = 0
  const route = spied.keys.routes.find(({ path }) => path === '/v1/keys/leaked')
  const replies = []
  for (const tokens of [[token], [makeKey(systemRandom, 'live').key]]) {
    const reply = route?.handle({ body: { tokens } } as never)
    // What the handler does before it first waits is all that stands before the answer.
    assert.deepEqual(asked, [])
    replies.push(await reply)
    await spied.keys.settled()
    assert.ok(asked.length > 0)
    asked.length = 0
  }
  assert.deepEqual(replies[0], replies[1])
})

test('what is no key is told from what could be one, as anybody could; typing errors are no keys', async () => {
  const { token } = await makeKeyAs(browser)
  const swapped = String(token).replace(/(.)(.)(.{6})$/, (_, a, b, rest) =>
    a === b ? `z${b}${rest}` : `${b}${a}${rest}`,
  )
  const { body } = await report(['x', swapped, `${token} `, `x${token}`, 'cus_'])
  assert.deepEqual(body, { accepted: [false, false, true, false, false] })
  assert.deepEqual(await holds(token), both('APIKEY_INVALID'))
})

test('more than a hundred, none, one that is huge, or text that is no line is refused whole', async () => {
  const key = makeKey(systemRandom, 'live').key
  const tries = [
    [Array.from({ length: 101 }, () => key)],
    [[]],
    [[`${key}${'a'.repeat(200)}`]],
    [[key], 'a\nb'],
    [[key], 'x'.repeat(501)],
  ]
  for (const [tokens, foundAt] of tries)
    assert.equal((await report(tokens as string[], foundAt as string | undefined)).code, 'REQUEST_INVALID')
})

test('the old half of a rotated key ends alone while it overlaps; once it is over it ends nothing', async () => {
  const made = await makeKeyAs(browser)
  const next = (await browser.call('POST', `/v1/keys/${made.key.id}/rotate`, {})).body as unknown as IssuedKey
  await report([made.token])
  assert.deepEqual(await holds(made.token), both('APIKEY_INVALID'))
  assert.deepEqual(await holds(next.token), both(200))
  assert.equal(leaks().at(-1)?.data.secret, 'previous')
  await report([made.token])
  assert.deepEqual(await holds(next.token), both(200))
  await report([made.token, next.token])
  assert.deepEqual(await holds(next.token), both('APIKEY_INVALID'))
})

test('the secret that signs has the form of a key: found, it ends the key, and it opens nothing by itself', async () => {
  const { token, key, signingSecret } = await makeKeyAs(browser, { signing: { algorithm: 'hmac-sha256' } })
  assert.match(String(signingSecret), new RegExp(scannerPattern))
  assert.deepEqual(await holds(signingSecret), both('APIKEY_INVALID'))
  await report([signingSecret])
  assert.deepEqual(await holds(token), both('APIKEY_INVALID'))
  assert.ok(!(await keysOf(browser)).some(({ id }) => id === key.id))
})

test('the form is published: the pattern finds what is made, and the checksum is as it says', async () => {
  const { token } = await makeKeyAs(browser, { environment: 'staging' })
  const { body } = await one.server.browser().call('GET', '/v1/keys/format')
  assert.deepEqual(
    `token: "${token}"`.match(new RegExp(String(body.pattern))),
    Object.assign([token], { index: 8, input: `token: "${token}"`, groups: undefined }),
  )
  assert.equal(body.report, 'http://custodia.localhost/v1/keys/leaked')
  assert.ok(String(token).startsWith(`${body.prefix}staging_`))
})

test('the same report a hundred times at once ends a key once', async () => {
  const { token } = await makeKeyAs(browser)
  const before = leaks().length
  await Promise.all(Array.from({ length: 100 }, () => report([token, token])))
  assert.equal(leaks().length, before + 1)
})

test('a person is told when a key is made in their name, and when one was found; neither mail has the key or who found it', async () => {
  const { user, browser: by } = await join(one, administrator, { roles: ['reader'] })
  const { token } = await makeKeyAs(by, { name: 'Secret plan' })
  await mailOf(one, user, 'key-made')
  await report([token], 'https://example.org/look-here')
  await mailOf(one, user, 'key-leaked')
  const text = (await mailsOf(one, user)).map((mail) => `${mail.subject} ${mail.text}`).join()
  for (const told of [String(token).slice(36), 'Secret plan', 'look-here']) assert.ok(!text.includes(told), told)
})

test('who says that it was not them loses the keys that somebody made in their account, with no session left too', async () => {
  const { user, browser: by } = await join(one, administrator, { roles: ['reader'] })
  const made = await makeKeyAs(by)
  const beside = await makeKeyAs(browser)
  assert.deepEqual(await holds(made.token), both(200))
  await by.call('DELETE', '/v1/sessions')
  const token = tokenIn(await mailOf(one, user, 'key-made'), 'not-me')
  assert.equal((await one.server.browser().call('POST', '/v1/not-me', { token })).status, 204)
  assert.deepEqual(await holds(made.token), both('APIKEY_INVALID'))
  assert.deepEqual(await holds(beside.token), both(200))
})
