import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { Bus } from '../platform/cache/cache.ts'
import { newId } from '../platform/random.ts'
import type { TestProcess } from '../sessions/testing.ts'
import { serve } from '../sessions/testing.ts'
import type { AskingHouse } from './authzen/testing.ts'
import { applicationOf, declared, openAskingHouse } from './authzen/testing.ts'
import { raiseRevision } from './revision.ts'

/** It believes itself alive, and hears nothing. */
const deaf: Bus = {
  publish: async () => {},
  subscribe: () => () => {},
  healthy: () => true,
  onGap: () => () => {},
  close: async () => {},
}

let asking: AskingHouse
let other: TestProcess
let ask: (path: string, body: object) => Promise<{ status: number; code: string | null; body: Record<string, never> }>
let end: () => Promise<void>
before(async () => {
  asking = await openAskingHouse()
  other = await asking.house.process({ ...declared, bus: deaf })
  const caller = applicationOf('inbox', asking.organisationId)
  const server = await serve(other, other.access.routes, [{ name: 'test', authenticate: () => caller }])
  const browser = server.browser()
  ask = (path, body) => browser.call('POST', path, body) as never
  end = () => server.close()
})
after(async () => {
  await end()
  await asking.close()
})

const path = '/access/v1/evaluation'
const question = (id: string, mailbox: string, atLeast?: unknown) => ({
  subject: { type: 'user', id },
  action: { name: 'inbox:read' },
  resource: { type: 'inbox:mailbox', id: mailbox },
  ...(atLeast === undefined ? {} : { context: { custodia: { atLeast } } }),
})
const elsewhere = async (id: string, mailbox: string, atLeast?: unknown) => {
  const { status, body } = await ask(path, question(id, mailbox, atLeast))
  assert.equal(status, 200, JSON.stringify(body))
  return body as unknown as { decision: boolean; context: { token: string } }
}
const tokenHere = async (id: string, mailbox: string) => {
  const { body } = await asking.call('inbox', path, question(id, mailbox))
  return (body.context as { token: string }).token
}

test('a process that lost every message decides as freshly as a token asks: a share, a role, a change of a role, taken and given', async () => {
  const bo = newId('usr')
  assert.equal((await elsewhere(bo, 'r')).decision, false)
  await asking.share(`inbox:mailbox/r#reader@user:${bo}`)
  assert.equal((await elsewhere(bo, 'r')).decision, false, 'it remembers what was')
  const token = await tokenHere(bo, 'r')
  assert.equal((await elsewhere(bo, 'r', token)).decision, true)
  // From then on everybody there knows it.
  assert.equal((await elsewhere(bo, 'r')).decision, true)

  const ann = newId('usr')
  assert.equal((await elsewhere(ann, 'r')).decision, false)
  await asking.give(asking.one.access, ann, ['reader'])
  const given = await tokenHere(ann, 'r')
  assert.equal((await elsewhere(ann, 'r')).decision, false)
  assert.equal((await elsewhere(ann, 'r', given)).decision, true)
  await asking.give(asking.one.access, ann, [])
  assert.equal((await elsewhere(ann, 'r', given)).decision, true, 'an old token asks for no more than it was made of')
  assert.equal((await elsewhere(ann, 'r', await tokenHere(ann, 'r'))).decision, false)
})

test('every endpoint honours a token, wherever it stands', async () => {
  const bo = newId('usr')
  const { subject, action } = question(bo, 'x')
  const search = async (atLeast?: unknown) => {
    const context = atLeast === undefined ? {} : { context: { custodia: { atLeast } } }
    const { body } = await ask('/access/v1/search/resource', {
      subject,
      action,
      resource: { type: 'inbox:mailbox' },
      ...context,
    })
    return (body.results as unknown as { id: string }[]).map(({ id }) => id)
  }
  for (const at of ['context', 'evaluation'] as const) {
    assert.equal((await elsewhere(bo, at)).decision, false)
    await asking.share(`inbox:mailbox/${at}#reader@user:${bo}`)
    const context = { custodia: { atLeast: await tokenHere(bo, at) } }
    const evaluations = [question(bo, 'none'), { ...question(bo, at), context: at === 'context' ? {} : context }]
    const { body } = await ask('/access/v1/evaluations', { ...(at === 'context' ? { context } : {}), evaluations })
    assert.deepEqual(
      (body.evaluations as unknown as { decision: boolean }[]).map(({ decision }) => decision),
      [false, true],
    )
  }
  assert.equal((await elsewhere(bo, 'found')).decision, false)
  await asking.share(`inbox:mailbox/found#reader@user:${bo}`)
  assert.ok(!(await search()).includes('found'))
  assert.ok((await search(await tokenHere(bo, 'found'))).includes('found'))
})

test('a token of another organisation, a changed one and another text for the same bytes are refused by their field', async () => {
  const bo = newId('usr')
  const token = await tokenHere(bo, 'r')
  const bytes = Buffer.from(token, 'base64url')
  const raised = Buffer.from(bytes)
  raised.writeBigUInt64BE(raised.readBigUInt64BE() + 1n)
  const foreignId = newId('org')
  const { database } = asking.one.context
  await database.transaction((tx) => raiseRevision(tx, foreignId))
  asking.callers.set('foreign', applicationOf('inbox', foreignId))
  const foreign = (await asking.call('foreign', path, question(bo, 'r'))).body.context as { token: string }
  for (const forged of [
    foreign.token,
    raised.toString('base64url'),
    bytes.subarray(1).toString('base64url'),
    bytes.subarray(0, 8).toString('base64url'),
    `${token}=`,
    `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
    `${token} `,
    '',
    'x',
  ]) {
    const { status, code, body } = await ask(path, question(bo, 'r', forged))
    const expected = [400, 'ACCESS_DECISION_TOKEN_INVALID', 'body.context.custodia.atLeast']
    assert.deepEqual([status, code, body.field], expected, forged)
  }
  for (const wrong of ['x'.repeat(201), 7, null, [token]])
    assert.equal((await ask(path, question(bo, 'r', wrong))).status, 400)
})
