import assert from 'node:assert/strict'
import test from 'node:test'
import { newId } from '../platform/random.ts'
import { serve } from '../sessions/testing.ts'
import { applicationOf, declared, openAskingHouse } from './authzen/testing.ts'
import { usualDecisions } from './decisions/config.ts'
import { createAccess } from './module.ts'

test('a secret that could not be had at its first use is asked for again at the next one: of tokens, and of pages', async (t) => {
  const asking = await openAskingHouse()
  const { house, organisationId } = asking
  const other = await house.process(declared)
  const away = new Set(['access-decision-token', 'access-cursor'])
  const keyring = {
    ...other.keyring,
    secret: async (purpose: string) => {
      if (away.delete(purpose)) throw new Error('the database is away')
      return await other.keyring.secret(purpose)
    },
  }
  const config = { roles: {}, privilegedRoles: [], ...usualDecisions }
  const access = createAccess({ ...other.context, config }, { keyring })
  const caller = applicationOf('inbox', organisationId)
  const server = await serve({ ...other, access }, access.routes, [{ name: 'test', authenticate: () => caller }])
  t.after(async () => {
    await server.close()
    await access.stop()
    await asking.close()
  })
  const bo = newId('usr')
  for (const id of ['a', 'b']) await asking.share(`inbox:mailbox/${id}#reader@user:${bo}`)
  const about = { subject: { type: 'user', id: bo }, action: { name: 'inbox:read' } }
  const ask = (path: string, body: object) => server.browser().call('POST', `/access/v1/${path}`, { ...about, ...body })
  for (const [path, body] of [
    ['evaluation', { resource: { type: 'inbox:mailbox', id: 'a' } }],
    ['search/resource', { resource: { type: 'inbox:mailbox' }, page: { limit: 1 } }],
  ] as const) {
    assert.equal((await ask(path, body)).status, 500, path)
    assert.equal((await ask(path, body)).status, 200, path)
  }
  assert.deepEqual([...away], [])
})
