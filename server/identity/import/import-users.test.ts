import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Browser } from '../../sessions/testing.ts'
import type { IdentityHouse, IdentityProcess } from '../testing.ts'
import { join, openIdentityHouse, setUp, signInAs } from '../testing.ts'
import { ImportRefused } from './read-import.ts'

// Each from the vectors beside the hasher.
const known = {
  bcrypt: ['pässword', '$2b$05$abcdefghijklmnopqrstuucZGbUxuMlEqps0qcu2pjhO7vaatQZIC'],
  scrypt: [
    'pleaseletmein',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
  ],
  'pbkdf2-sha256': [
    'passwd',
    '$pbkdf2-sha256$i=1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw',
  ],
  argon2id: ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
} as const

let house: IdentityHouse
let one: IdentityProcess
let administrator: Browser
let organisationId: string
before(async () => {
  house = await openIdentityHouse()
  one = await house.process()
  administrator = await setUp(one)
  organisationId = (await one.identity.organisations(1))[0] as string
})
after(async () => await house.close())

let nets = 0
function stranger(): Browser {
  const address = `198.51.100.${++nets}`
  const browser = one.server.browser()
  const call = browser.call.bind(browser)
  browser.call = (method, path, body, headers) => call(method, path, body, { 'x-forwarded-for': address, ...headers })
  return browser
}
const stored = async (): Promise<{ password: string | null; last_sign_in_at: Date | null }[]> =>
  (
    await sql<{
      password: string | null
      last_sign_in_at: Date | null
    }>`select password, last_sign_in_at from identity.person order by created_at, id`.execute(
      one.context.database.queries,
    )
  ).rows
const importing = (users: readonly object[], progress: (done: number, of: number) => void = () => {}) =>
  one.identity.importUsers({ organisationId, text: users.map((user) => JSON.stringify(user)).join('\n'), progress })
const someone = (email: string, changes: object = {}) => ({
  email,
  name: 'Somebody',
  roles: ['member'],
  hash: known.bcrypt[1],
  ...changes,
})

test('people from elsewhere sign in with what they have, and their hash is ours from then on', async () => {
  const people = Object.entries(known).map(([scheme, [password, hash]]) => ({
    email: `${scheme}@example.org`,
    password,
    hash,
    scheme,
  }))
  const seen: [number, number][] = []
  const count = await importing(
    people.map(({ email, hash }) => someone(email, { hash })),
    (...step) => void seen.push(step),
  )
  assert.equal(count, people.length)
  assert.deepEqual(seen.at(-1), [people.length, people.length])
  for (const { email, password, hash, scheme } of people) {
    const imported = house.house.events.find(
      (event) => event.type === 'identity.user.imported' && event.data.scheme === scheme,
    )
    assert.ok(imported, scheme)
    assert.doesNotMatch(JSON.stringify(imported), /\$/, 'no hash in the ledger')
    assert.equal((await signInAs(stranger(), email, `${password}!`)).code, 'IDENTITY_CREDENTIALS_WRONG', scheme)
    const before = (await stored()).filter(({ password: text }) => text?.startsWith('imported:'))
    assert.ok(
      before.every(({ password: text, last_sign_in_at }) => !text?.includes(hash.slice(8)) && last_sign_in_at === null),
    )
    assert.equal((await signInAs(stranger(), email, password)).status, 200, scheme)
    const after = (await stored()).filter(({ password: text }) => text?.startsWith('imported:'))
    assert.equal(after.length, before.length - 1, `${scheme} is renewed`)
    assert.equal((await signInAs(stranger(), email, password)).status, 200, `${scheme} again`)
    assert.equal((await signInAs(stranger(), email, `${password}!`)).code, 'IDENTITY_CREDENTIALS_WRONG', scheme)
  }
})

test('where two sign in at once with an imported hash, nobody is left outside', async () => {
  await importing([someone('twice@example.org')])
  const answers = await Promise.all([1, 2].map(() => signInAs(stranger(), 'twice@example.org', known.bcrypt[0])))
  assert.ok(answers.some(({ status }) => status === 200))
  assert.equal((await signInAs(stranger(), 'twice@example.org', known.bcrypt[0])).status, 200)
})

test('one line that is wrong keeps everybody out', async () => {
  const { email } = await join(one, administrator)
  const before = await stored()
  const bad: [object, number, string][] = [
    [someone('b@example.org', { hash: 'md5' }), 2, 'hash'],
    [someone('b@example.org', { roles: ['nothing'] }), 2, 'roles.0'],
    [someone('b@example.org', { roles: ['application'] }), 2, 'roles'],
    [someone('b@example.org', { roles: ['verifier'] }), 2, 'roles'],
    [someone(email.toUpperCase()), 2, 'email'],
    [someone('A@example.org'), 2, 'email'],
  ]
  for (const [user, line, field] of bad)
    await assert.rejects(importing([someone('a@example.org'), user, someone('c@example.org')]), (error) => {
      assert.ok(error instanceof ImportRefused)
      assert.deepEqual(
        error.faults.map((fault) => [fault.line, fault.field]),
        [[line, field]],
      )
      return true
    })
  assert.deepEqual(await stored(), before)
  assert.equal(await importing([someone('a@example.org')]), 1, 'the file works once it is right')
})

test('the same file a second time imports nobody', async () => {
  await importing([someone('again@example.org')])
  await assert.rejects(importing([someone('again@example.org')]), /Line 1: email belongs to somebody already\.\nNobody/)
  const both = [someone('again@example.org'), someone('new@example.org'), someone('ada@northwind.example')]
  await assert.rejects(importing(both), /^ImportRefused: Line 1: email .+\nLine 3: email .+\nNobody/, 'each is named')
})

test('who was imported can change the password, and the old one is over', async () => {
  await importing([someone('changes@example.org')])
  const browser = stranger()
  assert.equal((await signInAs(browser, 'changes@example.org', known.bcrypt[0])).status, 200)
  const next = 'eight grey herons wade'
  const changed = await browser.call('PUT', '/v1/me/password', { current: known.bcrypt[0], next })
  assert.equal(changed.status, 204)
  assert.equal((await signInAs(stranger(), 'changes@example.org', known.bcrypt[0])).code, 'IDENTITY_CREDENTIALS_WRONG')
  assert.equal((await signInAs(stranger(), 'changes@example.org', next)).status, 200)
})
