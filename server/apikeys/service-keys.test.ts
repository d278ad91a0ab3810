import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IssuedKey } from '@custodia/wire/http/keys.ts'
import { join, setUp } from '../identity/testing.ts'
import { newId } from '../platform/random.ts'
import type { Browser } from '../sessions/testing.ts'
import type { KeysHouse, KeysProcess } from './testing.ts'
import { callWith, openKeysHouse } from './testing.ts'

let house: KeysHouse
let one: KeysProcess
let other: KeysProcess
let administrator: Browser
let organisationId: string

before(async () => {
  house = await openKeysHouse()
  one = await house.process()
  other = await house.process()
  administrator = await setUp(one)
  organisationId = ((await administrator.call('GET', '/v1/me')).body.user as { organisationId: string }).organisationId
})
after(async () => await house.close())

let accounts = 0
/** A service account, with these roles. */
async function account(roles: readonly string[] = []): Promise<string> {
  const made = await administrator.call('POST', '/v1/service-accounts', {
    name: `report-${++accounts}`,
    description: 'x',
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const id = String(made.body.id)
  const by = { by: null, actor: { kind: 'system' } as const }
  await one.context.database.transaction(
    async (tx) => await one.access.setRoles(tx, { organisationId, subjectId: id, roles, ...by }),
  )
  return id
}
const make = async (id: string, scopes = ['identity:users:read'], by = administrator) => {
  const answer = await by.call('POST', `/v1/service-accounts/${id}/keys`, { name: 'Report', scopes })
  return { ...(answer.body as unknown as IssuedKey), answer }
}
const everywhere = async (token: string | null) =>
  (await Promise.all([callWith(one, token), callWith(other, token)])).map(({ code, status }) => code ?? status)
const both = (what: string | number) => [what, what]

test('a service account calls with a key that an administrator made, as itself', async () => {
  const id = await account(['reader'])
  const { token, key } = await make(id)
  assert.deepEqual((await callWith(one, token)).body, { kind: 'key', id })
  assert.deepEqual(key.owner, { kind: 'service', id })
  const listed = (await administrator.call('GET', `/v1/service-accounts/${id}/keys`)).body.items as unknown[]
  assert.equal(listed.length, 1)
})

test('what the account may not do its key may not, and neither what the scopes do not name', async () => {
  const nobody = await make(await account())
  assert.deepEqual(await everywhere(nobody.token), both('ACCESS_DENIED'))
  const narrow = await make(await account(['reader']), ['sessions:read'])
  assert.deepEqual(await everywhere(narrow.token), both('ACCESS_DENIED'))
})

test('an account that is disabled or deleted has no key on the very next request, in every process', async () => {
  const id = await account(['reader'])
  const { token } = await make(id)
  assert.deepEqual(await everywhere(token), both(200))
  const change = async (disabled: boolean) =>
    assert.equal((await administrator.call('PATCH', `/v1/service-accounts/${id}`, { disabled })).status, 200)
  await change(true)
  assert.deepEqual(await everywhere(token), both('APIKEY_INVALID'))
  await change(false)
  assert.deepEqual(await everywhere(token), both(200))
  await administrator.call('DELETE', `/v1/service-accounts/${id}`)
  assert.deepEqual(await everywhere(token), both('APIKEY_INVALID'))
})

test('nobody makes or rotates a key of an account that may do more than they, nor without the permission', async () => {
  const [keeper, member] = [await join(one, administrator, { roles: ['keeper'] }), await join(one, administrator)]
  const above = await account(['reader'])
  const made = await make(above)
  assert.equal((await make(above, ['apikeys:keys:read'], keeper.browser)).answer.code, 'APIKEY_OWNER_ABOVE_YOU')
  const rotate = `/v1/service-accounts/${above}/keys/${made.key.id}/rotate`
  assert.equal((await keeper.browser.call('POST', rotate, {})).code, 'APIKEY_OWNER_ABOVE_YOU')
  assert.deepEqual(await everywhere(made.token), both(200))
  assert.equal((await make(await account(), undefined, keeper.browser)).answer.status, 201)
  assert.equal((await make(above, undefined, member.browser)).answer.code, 'ACCESS_DENIED')
})

test('an account that is not there, or of another organisation, gets no key; a key makes none either', async () => {
  assert.equal((await make(newId('svc'))).answer.code, 'APIKEY_OWNER_UNKNOWN')
  const id = await account(['administrator'])
  const { token } = await make(id, ['apikeys:*', 'access:*'])
  const headers = { authorization: `Bearer ${token}` }
  const body = { name: 'Another', scopes: ['apikeys:*'] }
  const answer = await one.server.browser().call('POST', `/v1/service-accounts/${id}/keys`, body, headers)
  assert.equal(answer.code, 'KEY_NOT_ENOUGH')
})

const reason = 'Found in a log'

test('its keys are rotated and revoked by administrators, under its own name only', async () => {
  const [id, beside] = [await account(['reader']), await account(['reader'])]
  const { token, key } = await make(id)
  const elsewhere = `/v1/service-accounts/${beside}/keys/${key.id}`
  assert.equal((await administrator.call('POST', `${elsewhere}/revoke`, { reason })).code, 'APIKEY_UNKNOWN')
  assert.equal((await administrator.call('POST', `${elsewhere}/rotate`, {})).code, 'APIKEY_UNKNOWN')
  const path = `/v1/service-accounts/${id}/keys`
  const next = (await administrator.call('POST', `${path}/${key.id}/rotate`, {})).body as unknown as IssuedKey
  assert.deepEqual(await everywhere(next.token), both(200))
  assert.deepEqual((await administrator.call('POST', `${path}/revoke`, { reason })).body, { revoked: 1 })
  for (const one of [token, next.token]) assert.deepEqual(await everywhere(one), both('APIKEY_INVALID'))
})

test('a key is revoked once, with a reason that only the ledger has, sealed', async () => {
  const id = await account(['reader'])
  const [{ token, key }, stays] = [await make(id), await make(id)]
  const path = `/v1/service-accounts/${id}/keys/${key.id}/revoke`
  for (const body of [{}, { reason: '' }, { reason: 'x'.repeat(501) }, { reason: 'two\nlines' }, { reason, more: 1 }])
    assert.equal((await administrator.call('POST', path, body)).code, 'REQUEST_INVALID', JSON.stringify(body))
  const member = await join(one, administrator, { roles: ['reader'] })
  assert.equal((await member.browser.call('POST', path, { reason })).code, 'ACCESS_DENIED')
  assert.deepEqual(await everywhere(token), both(200))
  const asked = await Promise.all([1, 2, 3].map(() => administrator.call('POST', path, { reason })))
  assert.deepEqual(asked.map(({ status }) => status).sort(), [200, 404, 404])
  assert.deepEqual(await everywhere(token), both('APIKEY_INVALID'))
  assert.deepEqual(await everywhere(stays.token), both(200))
  const about = house.house.events.filter(({ type, data }) => type === 'apikeys.key.revoked' && data.key === key.id)
  assert.deepEqual(
    about.map(({ data, personal, subjectId }) => [data.why, personal, subjectId]),
    [['revoked', { reason }, null]],
  )
})
