import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { mail } from '../../mail/module.ts'
import type { RequestHead } from '../../platform/http/ports.ts'
import { newId } from '../../platform/random.ts'
import type { TestHouse, TestProcess } from '../../sessions/testing.ts'
import { cookieOf, head, openTestHouse } from '../../sessions/testing.ts'
import { Guesses } from '../guesses.ts'
import { identity } from '../module.ts'
import type { Parts } from '../parts.ts'
import type { PersonRow } from '../store.ts'
import { insertOrganisation, insertPerson } from '../store.ts'
import { testConfig } from '../testing.ts'
import type { Assessment } from './assess.ts'
import { assess as assessWith } from './assess.ts'
import { devicesOf, isDeviceOf, knowsDevice } from './device.ts'
import { readDeviceTokens } from './device-cookie.ts'
import { openRisk } from './open-risk.ts'
import type { Places } from './places.ts'
import { remember } from './remember.ts'
import { countDevices, deleteDevices, deleteUnused } from './store.ts'

let house: TestHouse
let process: TestProcess
before(async () => {
  house = await openTestHouse([mail, identity])
  process = await house.process()
})
after(async () => await house.close())

const dayMs = 86_400_000
const home = '192.0.2.7'
const abroad = '203.0.113.9'
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15'
const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36'

const places: Places = {
  find: (address) =>
    address === abroad
      ? { country: 'NZ', latitude: -41, longitude: 175, asn: 64_501 }
      : { country: 'DE', latitude: 52, longitude: 13, asn: 64_500 },
}

async function partsWith(config: Partial<typeof testConfig> = {}, where: Places = places): Promise<Parts> {
  const context = { ...process.context, config: { ...testConfig, riskAsk: 0, riskNotify: 10, ...config } }
  const { cache, clock, random, log } = context
  const risk = { ...(await openRisk(context, process.keyring)), places: where }
  return { context, keyring: process.keyring, guesses: new Guesses({ cache, clock, random, log }), risk } as Parts
}

async function newPerson(parts: Parts): Promise<PersonRow> {
  const organisation = { id: newId('org'), name: 'Somewhere', created_at: new Date() }
  const row: PersonRow = {
    id: newId('usr'),
    organisation_id: organisation.id,
    email_index: parts.context.random.bytes(32),
    email_sealed: Buffer.alloc(1),
    name_sealed: Buffer.alloc(1),
    state: 'active',
    password: 'x',
    password_changed_at: null,
    created_at: new Date(),
    last_sign_in_at: null,
  }
  await parts.context.database.transaction(async (tx) => {
    await insertOrganisation(tx, organisation)
    await insertPerson(tx, row)
  })
  return row
}

const from = (address: string, agent: string, cookie: string | null = null): RequestHead =>
  head({ address, headers: { 'user-agent': agent, ...(cookie === null ? {} : { cookie }) } })

const signIn = async (parts: Parts, person: PersonRow, request: RequestHead): Promise<string> =>
  cookieOf(await parts.context.database.transaction((tx) => remember(parts, tx, person, request, null)))

/** @returns the cookie of their computer at home. */
async function settle(parts: Parts, person: PersonRow, times = 30): Promise<string> {
  let cookie: string | null = null
  for (let time = 0; time < times; time++) {
    house.machine.clock.advance(dayMs)
    cookie = await signIn(parts, person, from(home, mac, cookie))
  }
  await parts.risk.common.flush()
  return cookie as string
}

const assess = async (parts: Parts, person: PersonRow, request: RequestHead) =>
  await assessWith(parts, person, request, await devicesOf(parts, request))

const ratioOf = ({ parts }: Assessment, feature: string) => parts.find((part) => part.feature === feature)?.ratio

test('somebody without a history is neutral: never asked, never refused', async () => {
  const parts = await partsWith({ riskRefuse: 1 })
  const person = await newPerson(parts)
  const { score, verdict, notify } = await assess(parts, person, from(abroad, windows))
  assert.deepEqual({ score, verdict, notify }, { score: 0, verdict: 'allow', notify: false })
  for (let n = 0; n < 50; n++) await parts.guesses.failed(person.email_index.toString('base64url', 0, 16), abroad)
  assert.equal((await assess(parts, person, from(abroad, windows))).verdict, 'ask', 'wrong tries are asked about')
})

test('the usual network and browser are allowed; another country, machine and no cookie are asked and told', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await settle(parts, person)
  assert.equal((await assess(parts, person, from(home, mac, cookie))).verdict, 'allow')
  const strange = await assess(parts, person, from(abroad, windows))
  assert.deepEqual([strange.verdict, strange.notify], ['ask', true])
  for (const feature of ['country', 'platform', 'device', 'travel'])
    assert.ok((ratioOf(strange, feature) ?? 0) > 2, feature)
})

test('one thing that is new alone is no reason to ask', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await settle(parts, person)
  assert.equal((await assess(parts, person, from(home, mac))).verdict, 'allow', 'a lost cookie')
  assert.equal((await assess(parts, person, from('198.51.100.3', mac, cookie))).verdict, 'allow', 'a café')
  assert.equal((await assess(parts, person, from(home, windows, cookie))).verdict, 'allow', 'another browser')
})

test('the right country and browser from another network without the cookie are asked', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  await settle(parts, person)
  assert.equal((await assess(parts, person, from('198.51.100.3', mac))).verdict, 'ask')
})

test('strangers who miss at somebody’s account do not make its owner suspicious', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await settle(parts, person)
  for (let n = 0; n < 500; n++)
    await parts.guesses.failed(person.email_index.toString('base64url', 0, 16), `10.0.${n % 250}.1`)
  assert.equal((await assess(parts, person, from(home, mac, cookie))).verdict, 'allow')
})

test('refusing is off unless it is set, and travel that can’t be never refuses by itself', async () => {
  const usual = await partsWith()
  const person = await newPerson(usual)
  await settle(usual, person)
  const strange = from(abroad, windows)
  assert.equal((await assess(usual, person, strange)).verdict, 'ask')
  const strict = await partsWith({ riskRefuse: 20 })
  assert.equal((await assess(strict, person, strange)).verdict, 'refuse')
  // The same network, on the other side of the world at once: without the travel it would not be over the limit.
  const far: Places = { find: () => ({ country: 'DE', latitude: -41, longitude: 175, asn: 64_500 }) }
  const request = from('198.51.100.3', mac)
  const fast = await assess(await partsWith({}, far), person, request)
  const travel = Math.log10(ratioOf(fast, 'travel') ?? 0)
  const riskRefuse = Math.ceil((fast.score - travel) * 10) + 1
  assert.ok(riskRefuse > 0 && fast.score * 10 > riskRefuse, `${fast.score} ${travel}`)
  assert.equal((await assess(await partsWith({ riskRefuse }, far), person, request)).verdict, 'ask')
})

test('without a database the features that need one are left out, and the rest still tells people apart', async () => {
  const parts = await partsWith(
    {},
    (await openRisk({ ...process.context, config: testConfig }, process.keyring)).places,
  )
  const person = await newPerson(parts)
  const cookie = await settle(parts, person)
  const strange = await assess(parts, person, from(abroad, windows))
  assert.equal(strange.verdict, 'ask')
  assert.deepEqual(
    ['country', 'provider', 'travel'].map((feature) => ratioOf(strange, feature)),
    [undefined, undefined, undefined],
  )
  assert.equal((await assess(parts, person, from(home, mac, cookie))).verdict, 'allow')
  // A database that comes later is no reason to ask everybody.
  const later = await partsWith()
  assert.equal((await assess(later, person, from(home, mac, cookie))).verdict, 'allow')
})

test('no address, no browser and no cookie can be read from what is stored or told', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await settle(parts, person, 3)
  await parts.risk.common.flush()
  const rows = await house.db.asOwner(
    `select h::text from identity.risk_history h union all select c::text from identity.risk_common c
     union all select d::text from identity.device d`,
  )
  const { look: _, ...assessed } = await assess(parts, person, from(abroad, windows))
  const told = JSON.stringify([rows, assessed])
  assert.doesNotMatch(told, /192\.0\.2|203\.0\.113/)
  const stored = JSON.stringify(rows)
  assert.doesNotMatch(stored, /Safari|macOS|64500/)
  assert.ok(!stored.includes(readDeviceTokens(cookie)[0] as string))
})

test('two people at one address share no value in their histories', async () => {
  const parts = await partsWith()
  const [one, two] = [await newPerson(parts), await newPerson(parts)]
  for (const person of [one, two]) await settle(parts, person, 2)
  const rows = await house.db.asOwner(
    `select jsonb_object_keys(counts->'address') as value from identity.risk_history where person_id in ('${one.id}', '${two.id}')`,
  )
  assert.equal(new Set(rows.map(({ value }) => value)).size, 2)
})

test('a history stays small and counts 200 sign-ins, however many addresses came', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const { queries } = parts.context.database
  for (let n = 0; n < 260; n++) await signIn(parts, person, from(`10.${n}.${n}.${n}`, `${mac} ${n}`))
  const found = await sql<{ sign_ins: number; kinds: number; size: number }>`select sign_ins,
    (select count(*)::int from jsonb_object_keys(counts->'address')) as kinds, octet_length(counts::text) as size
    from identity.risk_history where person_id = ${person.id}`.execute(queries)
  const row = found.rows[0]
  assert.ok(row !== undefined && row.sign_ins <= 200 && row.kinds <= 32 && row.size < 8_192, JSON.stringify(row))
  assert.equal(await countDevices(queries, person.id), 20)
})

test('two sign-ins at once are both counted', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  await Promise.all(Array.from({ length: 8 }, () => signIn(parts, person, from(home, mac))))
  const rows = await house.db.asOwner(`select sign_ins from identity.risk_history where person_id = '${person.id}'`)
  assert.equal(rows[0]?.sign_ins, 8)
})

test('what was looked at before another sign-in was counted is looked at again; a device forgotten meanwhile is a new one', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await settle(parts, person, 5)
  const request = from(home, mac, cookie)
  const { look } = await assess(parts, person, request)
  const twice = [1, 2].map(() => parts.context.database.transaction((tx) => remember(parts, tx, person, request, look)))
  assert.deepEqual((await Promise.all(twice)).map(cookieOf), [cookie, cookie])
  const rows = await house.db.asOwner(`select sign_ins from identity.risk_history where person_id = '${person.id}'`)
  assert.equal(rows[0]?.sign_ins, 7)
  await deleteDevices(parts.context.database.queries, person.id)
  const renewed = cookieOf(await parts.context.database.transaction((tx) => remember(parts, tx, person, request, look)))
  assert.notEqual(renewed, cookie)
  assert.equal(isDeviceOf(await devicesOf(parts, request), person.id), false)
  assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, renewed)), person.id), true)
})

test('a sign-in that is rolled back is not remembered', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  await assert.rejects(
    parts.context.database.transaction(async (tx) => {
      await remember(parts, tx, person, from(home, mac), null)
      throw new Error('no')
    }),
    /no/,
  )
  assert.equal(await countDevices(parts.context.database.queries, person.id), 0)
})

test('a device cookie speaks for its person, by person and by mail address, and for nobody else', async () => {
  const parts = await partsWith()
  const [one, two] = [await newPerson(parts), await newPerson(parts)]
  const cookie = await signIn(parts, one, from(home, mac))
  const request = from(home, mac, cookie)
  assert.deepEqual(
    [
      isDeviceOf(await devicesOf(parts, request), one.id),
      knowsDevice(await devicesOf(parts, request), one.email_index),
    ],
    [true, true],
  )
  assert.deepEqual(
    [
      isDeviceOf(await devicesOf(parts, request), two.id),
      knowsDevice(await devicesOf(parts, request), two.email_index),
    ],
    [false, false],
  )
  assert.equal(knowsDevice(await devicesOf(parts, request), Buffer.alloc(32)), false)
})

test('people who share a browser are each known in it', async () => {
  const parts = await partsWith()
  const [one, two] = [await newPerson(parts), await newPerson(parts)]
  const first = await signIn(parts, one, from(home, mac))
  const both = await signIn(parts, two, from(home, mac, first))
  for (const person of [one, two])
    assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, both)), person.id), true)
  assert.equal(readDeviceTokens(both).length, 2)
  const again = await signIn(parts, one, from(home, mac, both))
  assert.equal(readDeviceTokens(again).length, 2, 'and nobody gets a second one')
  let many = again
  for (let n = 0; n < 6; n++) many = await signIn(parts, await newPerson(parts), from(home, mac, many))
  assert.equal(readDeviceTokens(many).length, 4)
})

test('a token that somebody planted is not taken over', async () => {
  const parts = await partsWith()
  const [attacker, victim] = [await newPerson(parts), await newPerson(parts)]
  const planted = await signIn(parts, attacker, from(abroad, windows))
  const invented = `__Host-custodia-device=${'p'.repeat(43)}`
  await signIn(parts, victim, from(home, mac, planted))
  await signIn(parts, victim, from(home, mac, invented))
  for (const cookie of [planted, invented])
    assert.equal(isDeviceOf(await devicesOf(parts, from(abroad, windows, cookie)), victim.id), false)
})

test('a cookie of another form, or twice, is none', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  const cookie = await signIn(parts, person, from(home, mac))
  for (const bad of [
    `${cookie}; ${cookie}`,
    cookie.slice(0, -1),
    `${cookie}x`,
    `${cookie}.`,
    `x${cookie}`,
    cookie.replace('__Host-', ''),
    `${cookie}${'.a'.repeat(5_000)}`,
    '',
  ])
    assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, bad)), person.id), false, bad.slice(0, 80))
})

test('a device ends after 400 days without use, or when all are forgotten; what nobody used is swept', async () => {
  const parts = await partsWith()
  const [idle, other] = [await newPerson(parts), await newPerson(parts)]
  const { queries } = parts.context.database
  const cookie = await signIn(parts, idle, from(home, mac))
  house.machine.clock.advance(399 * dayMs)
  assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, cookie)), idle.id), true)
  house.machine.clock.advance(2 * dayMs)
  assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, cookie)), idle.id), false)
  const kept = await signIn(parts, other, from(home, mac))
  await parts.risk.common.flush()
  await deleteUnused(queries, new Date(house.machine.clock.nowMs() - 400 * dayMs), 1_000)
  assert.equal(await countDevices(queries, idle.id), 0)
  const rows = await house.db.asOwner(`select person_id from identity.risk_history`)
  assert.deepEqual(rows, [{ person_id: other.id }])
  assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, kept)), other.id), true)
  await deleteDevices(queries, other.id)
  assert.equal(isDeviceOf(await devicesOf(parts, from(home, mac, kept)), other.id), false)
})

test('counts of everybody are written together, add up, and halve in 60 days', async () => {
  const parts = await partsWith()
  const person = await newPerson(parts)
  await settle(parts, person, 4)
  const count = async () =>
    Number((await house.db.asOwner(`select count from identity.risk_common where feature = 'total'`))[0]?.count ?? 0)
  const before = await count()
  house.machine.clock.advance(60 * dayMs)
  await signIn(parts, person, from(home, mac))
  await parts.risk.common.flush()
  assert.ok(Math.abs((await count()) - (before / 2 + 1)) < 0.01, `${before} ${await count()}`)
})
