import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'

const configuration = `
gateway:
  applications:
    inbox:
      title: Inbox
      host: inbox.localhost
      upstream: http://127.0.0.1:9
      permissions: { "inbox:read": Read mail., "inbox:write": Write mail. }
      resources:
        mailbox:
          manage: owner
          relations:
            owner: { is: { direct: [user] }, permissions: ["inbox:read", "inbox:write"] }
            reader: { is: { direct: [user, "user:*"] }, permissions: ["inbox:read"] }
      rules: [{ path: "/**", methods: [GET], permission: "inbox:read" }]
`

let server: TestServer
let member: Account
let memberId: string
let administratorId: string
let cookie: string
let administratorCookie: string
let headers: Record<string, string>
before(async () => {
  server = await startTestServer({ configuration })
  const [administrator, one] = (await withAccounts(server)) as [Account, Account]
  member = one
  cookie = await signIn(server.call, member)
  administratorCookie = await signIn(server.call, administrator)
  ;[memberId, administratorId] = [await idOf(cookie), await idOf(administratorCookie)]
  headers = { authorization: `Bearer ${String(server.command('applications', 'key', 'inbox').key)}` }
})
after(async () => await server.remove())

async function idOf(theirs: string): Promise<string> {
  return ((await server.call('GET', '/v1/me', { cookie: theirs })).body.user as { id: string }).id
}

const mailbox = (id: string) => ({ type: 'inbox:mailbox', id })
const subject = () => ({ type: 'user', id: memberId })
const read = { name: 'inbox:read' }
const ask = async (path: string, body: object) => {
  const answer = await server.call('POST', path, { body, headers })
  assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

test('an application shares, asks, lists and explains, each by its address in the configuration document', async () => {
  const { body: document } = await server.call('GET', '/.well-known/authzen-configuration')
  const at = (name: string) => {
    const url = new URL(String(document[`${name}_endpoint`]))
    assert.equal(url.origin, document.policy_decision_point)
    return url.pathname
  }
  const tuple = { resource: mailbox('7'), relation: 'owner', subject: subject() }
  const { changed, token } = await ask('/v1/relations', { add: [tuple] })
  assert.equal(changed, 1)
  const context = { custodia: { atLeast: token, address: '10.0.0.1', assurance: 2 } }
  const question = { subject: subject(), action: read, resource: mailbox('7'), context }
  const { decision } = await ask(at('access_evaluation'), question)
  assert.equal(decision, true)
  const evaluations = [{}, { resource: mailbox('8') }]
  const all = (await ask(at('access_evaluations'), { ...question, evaluations })).evaluations as { decision: boolean }[]
  assert.deepEqual(
    all.map((one) => one.decision),
    [true, false],
  )
  const results = async (name: string, body: object) => (await ask(at(`search_${name}`), body)).results
  assert.deepEqual(await results('subject', { ...question, subject: { type: 'user' } }), [
    // The administrator may by their role.
    ...[memberId, administratorId].sort().map((id) => ({ type: 'user', id })),
  ])
  assert.deepEqual(await results('resource', { ...question, resource: { type: 'inbox:mailbox' } }), [mailbox('7')])
  const { action: _action, ...any } = question
  assert.deepEqual(await results('action', any), [read, { name: 'inbox:write' }])
  const { body: shares } = await server.call('GET', '/v1/relations?type=inbox:mailbox&id=7', { headers })
  assert.deepEqual(shares.items, [tuple])
  const asked = { subject: subject(), permission: 'inbox:read', resource: mailbox('7') }
  const { body: explained } = await server.call('POST', '/v1/access/explain', { body: asked, cookie })
  assert.deepEqual([explained.decision, explained.policies], [true, ['relation/inbox:mailbox/owner']])
})

test('who is disabled is denied on the next question, and found no more', async () => {
  await ask('/v1/relations', { add: [{ resource: mailbox('9'), relation: 'reader', subject: subject() }] })
  const question = { subject: subject(), action: read, resource: mailbox('9') }
  assert.equal((await ask('/access/v1/evaluation', question)).decision, true)
  server.command('users', 'disable', member.email)
  assert.equal((await ask('/access/v1/evaluation', question)).decision, false)
  assert.deepEqual((await ask('/access/v1/search/subject', { ...question, subject: { type: 'user' } })).results, [
    { type: 'user', id: administratorId },
  ])
  const asked = { subject: subject(), permission: 'inbox:read', resource: mailbox('9') }
  const { body } = await server.call('POST', '/v1/access/explain', { body: asked, cookie: administratorCookie })
  assert.deepEqual([body.decision, body.reason], [false, 'inactive'])
  assert.equal(
    (await server.call('POST', '/access/v1/evaluation', { body: question, cookie: administratorCookie })).status,
    200,
  )
})
