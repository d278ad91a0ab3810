import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually } from '../platform/cache/testing.ts'
import type { Browser } from '../sessions/testing.ts'
import { whoIs, withCookie } from '../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from './testing.ts'
import { goodPassword, join, openIdentityHouse, setUp, signInAs, usualCost } from './testing.ts'

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser

before(async () => {
  house = await openIdentityHouse()
  one = await house.process(usualCost)
  administrator = await setUp(one)
})
after(async () => await house.close())

let nets = 0
/** A browser from a network of its own, so that tests do not wait for each other's tries. */
function stranger(address = `198.51.${Math.floor(++nets / 250)}.${nets % 250}`): Browser {
  const browser = one.server.browser()
  const call = browser.call.bind(browser)
  browser.call = (method, path, body, headers) => call(method, path, body, { 'x-forwarded-for': address, ...headers })
  return browser
}
const lastRefusal = () => house.house.events.findLast((event) => event.type === 'identity.user.sign-in-refused')

test('the right address and password sign in, and the cookie then speaks for the person', async () => {
  const { email, user } = await join(one, administrator)
  const browser = stranger()
  const answer = await signInAs(browser, email)
  assert.equal(answer.status, 200)
  assert.partialDeepStrictEqual(answer.body.user, { id: user.id, email, name: 'Mira Okafor', state: 'active' })
  const me = await browser.call('GET', '/v1/me')
  assert.partialDeepStrictEqual(me.body, { user: { id: user.id }, session: { factors: ['pwd'] }, permissions: [] })
})

test('an address signs in however it is spelled, and a password however it is composed', async () => {
  const email = 'zoë@exämple.org'
  const { browser } = await join(one, administrator, { email })
  const next = 'vier große Äpfel am Fluß'
  const changed = await browser.call('PUT', '/v1/me/password', { current: goodPassword, next: next.normalize('NFD') })
  assert.equal(changed.status, 204)
  for (const spelled of ['ZOË@EXÄMPLE.ORG', 'zoe\u0308@xn--exmple-cua.org'])
    assert.equal((await signInAs(stranger(), spelled, next.normalize('NFC'))).status, 200, spelled)
  assert.equal((await signInAs(stranger(), email, next.toLowerCase())).code, 'IDENTITY_CREDENTIALS_WRONG')
})

test('unknown, disabled, invited and wrong get one answer after one hash each', async () => {
  const known = await join(one, administrator)
  const disabled = await join(one, administrator)
  await administrator.call('PATCH', `/v1/users/${disabled.user.id}`, { state: 'disabled' })
  await administrator.call('POST', '/v1/invitations', { email: 'only-invited@example.org', name: 'I', roles: [] })
  const tries: [string, string, string][] = [
    ['nobody@example.org', goodPassword, 'unknown'],
    ['nobody@-.%', goodPassword, 'unknown'],
    [disabled.email, goodPassword, 'disabled'],
    [disabled.email, 'not the password at all', 'disabled'],
    ['only-invited@example.org', goodPassword, 'invited'],
    [known.email, 'not the password at all', 'password-wrong'],
    [known.email, ' ', 'password-wrong'],
    [known.email, `${goodPassword} `, 'password-wrong'],
    [known.email, goodPassword.slice(0, -1), 'password-wrong'],
    [known.email, 'x'.repeat(1_024), 'password-wrong'],
  ]
  const answers = new Set<string>()
  for (const [email, password, reason] of tries) {
    const before = one.hashes()
    const { status, body, setCookie } = await signInAs(stranger(), email, password)
    assert.equal(one.hashes() - before, 1, `${reason} costs one hash`)
    assert.equal(setCookie, null)
    answers.add(JSON.stringify([status, { ...body, requestId: '' }]))
    assert.equal(lastRefusal()?.data.reason, reason)
  }
  assert.equal(answers.size, 1)
})

test('the ledger names the account that was tried by a pseudonym, never by its address or password', async () => {
  await signInAs(stranger(), 'Somebody@example.org', 'a secret that was typed')
  const first = lastRefusal()
  await signInAs(stranger(), 'somebody@EXAMPLE.org', 'a secret that was typed')
  assert.equal(lastRefusal()?.data.account, first?.data.account)
  assert.doesNotMatch(JSON.stringify([first, house.house.machine.lines]), /somebody|a secret that was typed/i)
})

test('what is missing, too long or of another kind is refused before anything is looked up', async () => {
  const before = one.hashes()
  for (const body of [
    {},
    { email: 'ada@northwind.example' },
    { email: 'ada@northwind.example', password: '' },
    { email: 'ada@northwind.example', password: 'x'.repeat(1_025) },
    { email: 'ada@northwind.example', password: [goodPassword] },
    { email: { $ne: null }, password: goodPassword },
    { email: `${'a'.repeat(250)}@b.example`, password: goodPassword },
    { email: 'ada@northwind.example', password: goodPassword, roles: ['administrator'] },
  ])
    assert.equal((await stranger().call('POST', '/v1/sign-in', body)).code, 'REQUEST_INVALID')
  assert.equal(one.hashes(), before)
})

test('a browser’s earlier session is never continued: it ends at the sign-in, whoever’s it was', async () => {
  const { email, browser } = await join(one, administrator)
  const fixed = browser.cookie as string
  assert.equal((await signInAs(browser, email)).status, 200)
  assert.notEqual(browser.cookie, fixed)
  assert.equal(await whoIs(one, withCookie(`${fixed};`)), null)
  const other = await join(one, administrator)
  const before = other.browser.cookie as string
  assert.equal((await signInAs(other.browser, email)).status, 200)
  assert.equal(await whoIs(one, withCookie(`${before};`)), null)
})

test('a cookie that was planted before the sign-in is worth nothing after it', async () => {
  const { email } = await join(one, administrator)
  const browser = stranger()
  browser.cookie = `__Host-custodia=${'p'.repeat(43)}`
  const planted = browser.cookie
  assert.equal((await signInAs(browser, email)).status, 200)
  assert.notEqual(browser.cookie, planted)
  assert.equal(await whoIs(one, withCookie(`${planted};`)), null)
})

test('a failed sign-in leaves the session that the browser had', async () => {
  const { email, browser } = await join(one, administrator)
  assert.equal((await signInAs(browser, email, 'not the password at all')).status, 401)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
})

test('after five tries one waits, the known and the unknown alike, and then longer', async () => {
  const { email } = await join(one, administrator)
  const waits = []
  for (const account of [email, 'nobody-at-all@example.org']) {
    const browser = stranger()
    for (let tries = 0; tries < 5; tries++)
      assert.equal((await signInAs(browser, account, 'not the password at all')).code, 'IDENTITY_CREDENTIALS_WRONG')
    const hashes = one.hashes()
    const refused = await signInAs(browser, account)
    assert.deepEqual([refused.status, refused.code], [429, 'IDENTITY_TOO_MANY_TRIES'])
    assert.equal(one.hashes(), hashes, 'a try that is refused costs nothing')
    waits.push(JSON.stringify({ ...refused.body, requestId: '' }))
  }
  assert.equal(waits[0], waits[1])
})

test('tries from one network keep nobody out who comes from another', async () => {
  const { email } = await join(one, administrator)
  const attacker = stranger()
  for (let tries = 0; tries < 8; tries++) await signInAs(attacker, email, 'not the password at all')
  assert.equal((await signInAs(attacker, email)).status, 429)
  assert.equal((await signInAs(stranger(), email)).status, 200)
})

test('all addresses of one IPv6 network count as one', async () => {
  const { email } = await join(one, administrator)
  let last = 0
  for (let tries = 0; tries < 6; tries++)
    last = (await signInAs(stranger(`2001:db8:1:2::${tries + 1}`), email, 'not the password at all')).status
  assert.equal(last, 429)
})

test('guesses that come all at once do not slip through', async () => {
  const { email } = await join(one, administrator)
  const browser = stranger()
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await signInAs(browser, email, 'not the password at all')).status),
  )
  assert.equal(statuses.filter((status) => status === 401).length, 5)
})

test('a sign-in that succeeds gives the tries back', async () => {
  const { email } = await join(one, administrator)
  const browser = stranger()
  for (let round = 0; round < 3; round++) {
    for (let tries = 0; tries < 3; tries++) await signInAs(browser, email, 'not the password at all')
    assert.equal((await signInAs(browser, email)).status, 200, `round ${round}`)
  }
})

test('while the shared cache is lost tries are still counted', async () => {
  const lost = new Proxy(one.context.cache, {
    get: () => async () => {
      throw new Error('the cache is lost')
    },
  })
  const alone = await house.process({}, { cache: lost })
  const browser = alone.server.browser()
  const statuses = []
  for (let tries = 0; tries < 7; tries++)
    statuses.push((await signInAs(browser, 'ada@northwind.example', 'not the password at all')).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
})

test('a hash of yesterday’s cost is renewed at the sign-in, and still verifies', async () => {
  const { email, user } = await join(one, administrator)
  const stored = async () =>
    String((await house.house.db.asOwner(`select password from identity.person where id = '${user.id}'`))[0]?.password)
  const before = await stored()
  assert.match(before, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const dearer = await house.process({ ...usualCost, argon2Passes: 3 })
  assert.equal((await signInAs(dearer.server.browser(), email, 'not the password at all')).status, 401)
  assert.equal(await stored(), before)
  assert.equal((await signInAs(dearer.server.browser(), email)).status, 200)
  assert.match(await stored(), /^\$argon2id\$v=19\$m=19456,t=3,p=1\$/)
  assert.equal((await signInAs(dearer.server.browser(), email)).status, 200)
})

test('when too many wait for their hash, the rest are told when to come back', async () => {
  const narrow = await house.process({ ...usualCost, argon2Passes: 1, hashesAtOnce: 1 })
  // Far more than have room to wait, since some hashes are made before the last one is here.
  const answers = await Promise.all(
    Array.from({ length: 220 }, (_, n) =>
      narrow.server
        .browser()
        .call(
          'POST',
          '/v1/sign-in',
          { email: `n${n}@example.org`, password: 'x' },
          { 'x-forwarded-for': `203.0.113.${n}` },
        ),
    ),
  )
  const busy = answers.filter((answer) => answer.code === 'IDENTITY_BUSY')
  assert.ok(busy.length >= 1)
  assert.ok(busy.every((answer) => answer.status === 503))
  assert.ok(answers.every((answer) => answer.status === 503 || answer.status === 401))
})

test('a try that nobody had room to look at costs nothing: whoever comes back as told is signed in', async () => {
  const { email } = await join(one, administrator)
  const narrow = await house.process({ ...usualCost, argon2Passes: 1, hashesAtOnce: 1 })
  const signIn = async (who: string, secret: string, from: string) => {
    const body = { email: who, password: secret }
    return (await narrow.server.browser().call('POST', '/v1/sign-in', body, { 'x-forwarded-for': from })).code
  }
  let strangers = 0
  let over = false
  const crowd = Array.from({ length: 160 }, async () => {
    while (!over) {
      const n = ++strangers
      await signIn(`stranger${n}@example.org`, 'x', `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    }
  })
  const told = new Set<string | null>()
  // Far more often than an account is tried for nothing.
  for (let busy = 0; busy < 12 && !told.has('IDENTITY_TOO_MANY_TRIES'); ) {
    const code = await signIn(email, goodPassword, '203.0.113.9')
    told.add(code)
    if (code === 'IDENTITY_BUSY') busy += 1
  }
  over = true
  await Promise.all(crowd)
  told.add(await signIn(email, goodPassword, '203.0.113.9'))
  assert.deepEqual(told, new Set(['IDENTITY_BUSY', null]))
})

test('a password that was changed while it was being verified does not sign in', async () => {
  const { email, user } = await join(one, administrator)
  const changed = Promise.withResolvers<void>()
  const locked = Promise.withResolvers<void>()
  const { sql } = await import('kysely')
  const changing = one.context.database.transaction(async (tx) => {
    await sql`update identity.person set password = password || 'x' where id = ${user.id}`.execute(tx)
    locked.resolve()
    await changed.promise
  })
  await locked.promise
  const before = one.hashes()
  const signingIn = signInAs(stranger(), email)
  await eventually(() => one.hashes() > before)
  changed.resolve()
  await changing
  assert.equal((await signingIn).code, 'IDENTITY_CREDENTIALS_WRONG')
  // It was looked at a second time, as it is now.
  assert.equal(lastRefusal()?.data.reason, 'password-wrong')
})

test('of two sign-ins at once that both renew an old hash, both get in', async () => {
  const dearer = await house.process({ ...usualCost, argon2Passes: 3 })
  const { email } = await join(one, administrator)
  const answers = await Promise.all([1, 2].map(() => signInAs(dearer.server.browser(), email)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
})

test('an account that is being guessed at asks strangers to work, with a challenge in the refusal', async () => {
  const guarded = await house.process({ workAfterFailures: 2 })
  const { email } = await join(one, administrator)
  const answers = []
  for (let time = 0; time < 4; time++)
    answers.push(await signInAs(guarded.server.browser(), email, 'not the password of anybody'))
  assert.deepEqual(
    answers.map(({ code }) => code),
    ['IDENTITY_CREDENTIALS_WRONG', 'IDENTITY_CREDENTIALS_WRONG', 'IDENTITY_PROOF_OF_WORK', 'IDENTITY_PROOF_OF_WORK'],
  )
  assert.equal(typeof answers.at(-1)?.body.challenge, 'string')
})
