import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { join } from '../identity/testing.ts'
import type { Browser } from '../sessions/testing.ts'
import type { WebhooksHouse, WebhooksProcess } from './testing.ts'
import { addEndpoint, endpointsOf, openWebhooksHouse } from './testing.ts'

let house: WebhooksHouse
let strict: WebhooksProcess
let administrator: Browser
before(async () => {
  house = await openWebhooksHouse()
  strict = await house.process({ private: false })
})
after(async () => await house.close())
beforeEach(async () => {
  await house.house.db.asOwner('delete from webhooks.endpoint')
  administrator = await house.administrator()
})

const url = 'https://hooks.example.org/custodia?token=hidden'

test('an endpoint is told nothing that whoever makes or changes it may not read', async () => {
  const { browser: blind } = await join(house.first, administrator, { roles: ['blind'] })
  const { browser: operator } = await join(house.first, administrator, { roles: ['operator'] })
  assert.equal((await addEndpoint(blind, { url })).answer.code, 'WEBHOOKS_ABOVE_YOU')
  assert.equal((await addEndpoint(operator, { url, personal: true })).answer.code, 'WEBHOOKS_ABOVE_YOU')
  const { endpoint, answer } = await addEndpoint(operator, { url })
  assert.equal(answer.status, 201)
  const path = `/v1/webhooks/endpoints/${endpoint.id}`
  assert.equal((await operator.call('PATCH', path, { personal: true })).code, 'WEBHOOKS_ABOVE_YOU')
  for (const change of [{ url: 'https://elsewhere.example.org/' }, { enabled: true }, { events: null }])
    assert.equal((await blind.call('PATCH', path, change)).code, 'WEBHOOKS_ABOVE_YOU')
  // To switch off is never too much.
  assert.equal((await blind.call('PATCH', path, { enabled: false })).status, 200)
  // Nor may somebody lead elsewhere what is told more than they may read.
  await administrator.call('PATCH', path, { personal: true })
  assert.equal((await operator.call('PATCH', path, { url })).code, 'WEBHOOKS_ABOVE_YOU')
})

test('nobody reads or changes endpoints without the permission, nor those of another organisation', async () => {
  const { endpoint } = await addEndpoint(administrator, { url })
  const { browser: person } = await join(house.first, administrator)
  const stranger = house.first.server.browser()
  const calls = [
    ['GET', ''],
    ['POST', '', { url }],
    ['PATCH', `/${endpoint.id}`, { enabled: false }],
    ['DELETE', `/${endpoint.id}`],
    ['POST', `/${endpoint.id}/rotate`, {}],
    ['POST', `/${endpoint.id}/test`],
    ['POST', `/${endpoint.id}/replay`],
  ] as const
  for (const [method, path, body] of calls) {
    assert.equal((await person.call(method, `/v1/webhooks/endpoints${path}`, body)).code, 'ACCESS_DENIED', path)
    assert.equal((await stranger.call(method, `/v1/webhooks/endpoints${path}`, body)).code, 'AUTHENTICATION_REQUIRED')
  }
  await house.house.db.asOwner(`update webhooks.endpoint set organisation_id = 'org_aaaaaaaaaaaaaaaaaaaaaaaaaa'`)
  for (const [method, path, body] of calls.slice(2))
    assert.equal(
      (await administrator.call(method, `/v1/webhooks/endpoints${path}`, body)).code,
      'WEBHOOKS_ENDPOINT_UNKNOWN',
      path,
    )
  assert.deepEqual(await endpointsOf(administrator), [])
})

test('an address that can never be right is refused when it is written down, and repeated nowhere', async () => {
  const { browser } = strict.server
  const fresh = browser(administrator.cookie === null ? undefined : `${administrator.cookie};`)
  for (const wrong of [
    'https://localhost/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/',
    'https://printer.local/',
    'https://intranet/',
    'https://db.internal./',
    'https://name:hidden@hooks.example.org/',
    'https://hooks.example.org/#hidden',
    'https://hooks.example.org:22/',
    'https://hooks.example.org:80/',
  ]) {
    const { answer } = await addEndpoint(fresh, { url: wrong })
    assert.equal(answer.code, 'WEBHOOKS_URL_REFUSED', wrong)
    assert.equal(JSON.stringify(answer.body).includes('hidden'), false)
  }
  for (const wrong of [
    'http://hooks.example.org/',
    'javascript:alert(1)',
    `https://hooks.example.org/${'x'.repeat(2_000)}`,
  ])
    assert.equal((await addEndpoint(fresh, { url: wrong })).answer.status, 400, wrong)
  assert.equal((await addEndpoint(fresh, { url: 'https://hooks.example.org:8443/' })).answer.status, 201)
})

test('a type that nothing has is told, and there are no more than twenty', async () => {
  for (const events of [['identity.user.flown'], ['*'], ['identity.*', 'nothing.*'], []])
    assert.notEqual((await addEndpoint(administrator, { url, events })).answer.status, 201)
  const all = await Promise.all(
    Array.from({ length: 24 }, () => addEndpoint(administrator, { url, events: ['identity.*'] })),
  )
  assert.equal(all.filter(({ answer }) => answer.status === 201).length, 20)
  assert.equal(all.filter(({ answer }) => answer.code === 'WEBHOOKS_TOO_MANY').length, 4)
})

test('the secret is shown once, and neither it nor the address stands anywhere in the clear', async () => {
  const { secret, endpoint } = await addEndpoint(administrator, { url })
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(JSON.stringify(await endpointsOf(administrator)).includes(secret), false)
  assert.equal((await endpointsOf(administrator))[0]?.url, url)
  const rotated = await administrator.call('POST', `/v1/webhooks/endpoints/${endpoint.id}/rotate`, {})
  assert.notEqual((rotated.body as { secret: string }).secret, secret)
  await house.first.audit.settle()
  const rows = await Promise.all(
    ['webhooks.endpoint', 'audit.entry'].map((table) => house.house.db.asOwner(`select * from ${table}`)),
  )
  const all = JSON.stringify([rows, house.house.machine.lines], (_key, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  for (const word of [secret.slice(6), 'hooks.example.org', 'hidden']) assert.equal(all.includes(word), false, word)
})

test('what a person set up is in their export, and without their name once they are erased', async () => {
  const { user } = (await administrator.call('GET', '/v1/me')).body as { user: { id: string } }
  const { endpoint } = await addEndpoint(administrator, { url })
  const { subjectData } = house.first.webhooks
  assert.deepEqual(await subjectData.export(house.organisationId, user.id), { endpoints: [endpoint.id], sources: [] })
  for (let twice = 0; twice < 2; twice += 1)
    await house.first.context.database.transaction((tx) => subjectData.erase(tx, house.organisationId, user.id))
  assert.equal((await endpointsOf(administrator))[0]?.createdBy, null)
})
