import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import test, { after, before, beforeEach } from 'node:test'
import type { Signer } from '../../keyring/api.ts'
import type { Principal } from '../../platform/http/principal.ts'
import { newId } from '../../platform/random.ts'
import type { Signed } from '../../sessions/testing.ts'
import { signIn } from '../../sessions/testing.ts'
import type { AskingHouse } from '../authzen/testing.ts'
import { openAskingHouse } from '../authzen/testing.ts'

let asking: AskingHouse
let signer: Signer
let owner: Signed
before(async () => {
  asking = await openAskingHouse()
  signer = await asking.one.keyring.signer('assertion')
})
after(() => asking.close())

/** Every test has a mailbox of its own, whose owner is signed in. */
let box = 0
beforeEach(async () => {
  box += 1
  owner = await signIn(asking.one, { organisationId: asking.organisationId })
  await asking.call('inbox', path, { add: [to('owner', owner.userId)] })
})

const path = '/v1/relations'
const place = (relation: string, user: string, more: object) => ({
  ...{ resource: { type: 'inbox:mailbox', id: `b${box}` }, relation, subject: { type: 'user', id: user } },
  ...more,
})
const to = (relation: string, user: string, more: object = {}) => place(relation, user, more)
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const nowSeconds = () => Math.floor(asking.house.machine.clock.nowMs() / 1_000)

type Changes = {
  readonly claims?: object
  readonly header?: object
  readonly sign?: (text: Buffer) => Uint8Array
}

/** As the gateway makes it; `AssertionMint` is held to this by the journeys. */
function assertionOf(person: Signed, { claims = {}, header = {}, ...how }: Changes = {}): string {
  const { userId, organisationId, sessionId } = person
  const iat = nowSeconds()
  const payload = {
    ...{ iss: asking.one.context.publicUrl, aud: 'inbox', sub: userId, org: organisationId, sid: sessionId },
    ...{ email: 'a@b.example', name: 'A', roles: [], permissions: [], amr: ['pwd'], iat, exp: iat + 60, ...claims },
  }
  const head = { alg: 'EdDSA', typ: 'custodia-assertion+jwt', kid: signer.keyId, ...header }
  const text = `${encode(head)}.${encode(payload)}`
  return `${text}.${Buffer.from((how.sign ?? signer.sign)(Buffer.from(text))).toString('base64url')}`
}

const write = (onBehalfOf: unknown, body: object = { add: [to('reader', newId('usr'))] }, who = 'inbox') =>
  asking.call(who, path, { ...body, onBehalfOf })
const shares = async () =>
  (await asking.call('inbox', `${path}?type=inbox:mailbox&id=b${box}`)).body.items as readonly object[]

/** Refused with the same words whatever was wrong, with nothing written; the ledger knows why. */
async function refusedFor(why: string, assertion: string, who = 'inbox'): Promise<void> {
  const { status, code } = await write(assertion, undefined, who)
  assert.deepEqual([status, code], [403, 'ACCESS_ON_BEHALF_REFUSED'], why)
  const noted = asking.house.events.findLast(({ type }) => type === 'access.on-behalf.refused')
  assert.equal(noted?.data.why, why)
  assert.equal((await shares()).length, 1)
}

test('an assertion that this server did not make as it stands proves nothing', async () => {
  const foreign = generateKeyPairSync('ed25519')
  const flipped = (text: Buffer) => {
    const signature = signer.sign(text)
    return signature.with(3, (signature[3] as number) ^ 1)
  }
  const good = assertionOf(owner)
  const [head, , signature] = good.split('.') as [string, string, string]
  const otherBody = encode({ iss: 'x', sub: newId('usr') })
  const none = `${encode({ alg: 'none', typ: 'custodia-assertion+jwt' })}.${good.split('.')[1]}`
  for (const forged of [
    assertionOf(owner, { sign: (text) => sign(null, text, foreign.privateKey) }),
    assertionOf(owner, { sign: flipped }),
    assertionOf(owner, { header: { alg: 'none' } }),
    assertionOf(owner, { header: { alg: 'HS256' } }),
    assertionOf(owner, { header: { typ: 'JWT' } }),
    assertionOf(owner, { header: { typ: undefined } }),
    assertionOf(owner, { header: { crit: ['b64'], b64: false } }),
    assertionOf(owner, { claims: { iss: 'https://elsewhere.example' } }),
    assertionOf(owner, { claims: { sid: undefined } }),
    // What the gateway says of a program with a person's key: nobody is there.
    assertionOf(owner, { claims: { sid: undefined, key: newId('key'), scopes: ['inbox:*'], amr: [] } }),
    assertionOf(owner, { claims: { exp: undefined } }),
    assertionOf(owner, { claims: { iat: undefined } }),
    assertionOf(owner, { claims: { iat: nowSeconds() + 60, exp: nowSeconds() + 120 } }),
    `${head}.${otherBody}.${signature}`,
    `${none}.${signature}`,
  ])
    await refusedFor('not-ours', forged)
})

test('one for another application, or of another organisation, proves nothing, whoever asks', async () => {
  await refusedFor('another-application', assertionOf(owner, { claims: { aud: 'notes' } }))
  await refusedFor('another-application', assertionOf(owner, { claims: { aud: ['inbox', 'notes'] } }))
  await refusedFor('another-organisation', assertionOf(owner, { claims: { org: newId('org') } }))
  // Another application that got hold of it can't use it, and writes nothing of Inbox’s anyway.
  const { code } = await write(assertionOf(owner), undefined, 'notes')
  assert.equal(code, 'ACCESS_NOT_YOUR_APPLICATION')
  const abroad = await signIn(asking.one)
  await refusedFor('another-organisation', assertionOf(abroad))
})

test('one holds for its minute to the millisecond, and again and again until then', async () => {
  const { clock } = asking.house.machine
  const assertion = assertionOf(owner)
  const friends = [newId('usr'), newId('usr')]
  for (const friend of friends) assert.equal((await write(assertion, { add: [to('reader', friend)] })).status, 200)
  const endsMs = (nowSeconds() + 60) * 1_000
  clock.advance(endsMs - clock.nowMs() - 1)
  assert.equal((await write(assertion, { remove: [to('reader', friends[0] as string)] })).body.changed, 1)
  assert.equal((await write(assertion, { remove: [to('reader', friends[1] as string)] })).body.changed, 1)
  clock.advance(1)
  await refusedFor('expired', assertion)
  // Long after it, too.
  clock.advance(60_000)
  await refusedFor('not-ours', assertion)
})

test('whoever was signed out, held or disabled since is not asking any more', async () => {
  const { database } = asking.one.context
  const assertion = assertionOf(owner)
  const { organisationId, sessionId, userId } = owner
  const states = new Map<string, 'active' | 'disabled'>([[userId, 'disabled']])
  asking.one.access.lendDirectory({ states: async () => states, active: async () => [] })
  await refusedFor('inactive', assertion)
  states.clear()
  await refusedFor('inactive', assertion)
  states.set(userId, 'active')
  assert.equal((await write(assertion, { remove: [to('reader', newId('usr'))] })).status, 200)
  await database.transaction((tx) =>
    asking.one.sessions.end(tx, organisationId, sessionId, 'signed-out', { kind: 'system' }),
  )
  await refusedFor('signed-out', assertion)
  await refusedFor('signed-out', assertionOf(owner, { claims: { sid: newId('ses') } }))
})

test('a person without the right gives and takes nothing, though the application alone could', async () => {
  asking.one.access.lendDirectory({
    states: async (_tx, _org, ids) => new Map(ids.map((id) => [id, 'active'])),
    active: async () => [],
  })
  const guest = await signIn(asking.one, { organisationId: asking.organisationId })
  await asking.call('inbox', path, { add: [to('reader', guest.userId)] })
  for (const body of [
    { add: [to('reader', newId('usr'))] },
    { add: [to('owner', guest.userId)] },
    { remove: [to('owner', owner.userId)] },
    { add: [to('reader', newId('usr'))], remove: [to('reader', guest.userId)] },
  ]) {
    const { status, code } = await write(assertionOf(guest), body)
    assert.deepEqual([status, code], [403, 'ACCESS_RELATION_NOT_YOURS_TO_GIVE'])
  }
  const claims = { permissions: ['inbox:read', 'inbox:write'], roles: ['administrator'] }
  assert.equal(
    (await write(assertionOf(guest, { claims }))).status,
    403,
    'what it says they may do is not what they may',
  )
  assert.equal((await shares()).length, 2)
  // They may leave.
  assert.equal((await write(assertionOf(guest), { remove: [to('reader', guest.userId)] })).body.changed, 1)
})

test('what somebody has for a time they give for no longer, and what was taken a moment ago not at all', async () => {
  const until = new Date((nowSeconds() + 300) * 1_000).toISOString()
  const deputy = await signIn(asking.one, { organisationId: asking.organisationId })
  await asking.call('inbox', path, { add: [to('owner', deputy.userId, { expiresAt: until })] })
  const friend = newId('usr')
  assert.equal(
    (await write(assertionOf(deputy), { add: [to('reader', friend)] })).code,
    'ACCESS_RELATION_OUTLIVES_YOURS',
  )
  const lent = { add: [to('reader', friend, { expiresAt: until })] }
  assert.equal((await write(assertionOf(deputy), lent)).body.changed, 1)
  await write(assertionOf(owner), { remove: [to('owner', deputy.userId)] })
  assert.equal((await write(assertionOf(deputy))).code, 'ACCESS_RELATION_NOT_YOURS_TO_GIVE')
})

test('only an application asks for somebody, and only about its own', async () => {
  const id = owner.userId
  const key: Principal = {
    ...{ kind: 'key', owner: { kind: 'user', id }, id, organisationId: asking.organisationId },
    ...{ roles: ['administrator'], keyId: 'key_x', scopes: ['access:relations:*'] },
  }
  asking.callers.set('person', key)
  await refusedFor('not-an-application', assertionOf(owner), 'person')
  const note = { resource: { type: 'notes:note', id: '1' }, relation: 'reader', subject: { type: 'user', id } }
  assert.equal((await write(assertionOf(owner), { add: [note] })).code, 'ACCESS_NOT_YOUR_APPLICATION')
  for (const malformed of ['', 'a.b', 'a.b.c.d', 'a.b.c=', `${'a'.repeat(16_384)}.b.c`, null, 7, ['a.b.c']])
    assert.equal((await write(malformed)).body.field, 'body.onBehalfOf', JSON.stringify(malformed)?.slice(0, 20))
})

test('the ledger names the person, and the application that asked for them', async () => {
  const friend = newId('usr')
  const { status, body } = await write(assertionOf(owner), { add: [to('reader', friend)] })
  assert.deepEqual([status, body.changed], [200, 1])
  const changed = asking.house.events.findLast(({ type }) => type === 'access.relations.changed')
  assert.deepEqual(changed?.actor, { kind: 'user', id: owner.userId })
  assert.deepEqual(changed?.data, {
    ...{ added: [`inbox:mailbox/b${box}#reader@user:${friend}`], removed: [], through: 'inbox' },
  })
  await asking.call('inbox', path, { remove: [to('reader', friend)] })
  const own = asking.house.events.findLast(({ type }) => type === 'access.relations.changed')
  assert.deepEqual(own?.actor, { kind: 'application', id: 'inbox' })
  assert.equal('through' in (own?.data ?? {}), false)
})
