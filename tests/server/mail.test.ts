import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import type { TestServer } from '../harness.ts'
import { inheritedEnvironment, newFolder, serverScript, signIn, startTestServer, withAccounts } from '../harness.ts'
import { runToEnd } from '../run-to-end.ts'

const secret = 'hunter2-and-nobody-else'

describe('the mail of a real process', () => {
  const servers: TestServer[] = []
  after(async () => {
    for (const server of servers) await server.remove()
  })
  const start = async (environment: NodeJS.ProcessEnv = {}) => {
    const server = await startTestServer({ environment })
    servers.push(server)
    return server
  }

  test('it is kept where the address is of this machine; the administrator reads it, and the ledger says so', async () => {
    const server = await start()
    const [administrator, member] = await withAccounts(server)
    assert.ok(administrator && member)
    const cookie = await signIn(server.call, administrator)
    const read = await server.call('GET', '/v1/mailbox', { cookie })
    assert.equal(read.status, 200)
    assert.ok(Array.isArray(read.body.items))
    const refused = await server.call('GET', '/v1/mailbox', { cookie: await signIn(server.call, member) })
    assert.equal(refused.status, 403)
    const found = await server.call('GET', '/v1/ledger/entries?type=mail.mailbox.read', { cookie })
    assert.equal((found.body.items as unknown[]).length, 1)
  })

  test('with a mail server there is no mailbox to read, and the password of the server is shown nowhere', async () => {
    const server = await start({
      CUSTODIA_MAIL_SMTP_URL: `smtp://custodia:${secret}@127.0.0.1:1`,
      CUSTODIA_MAIL_FROM: 'Brightwater Boats <accounts@brightwater.example>',
    })
    const [administrator] = await withAccounts(server)
    assert.ok(administrator)
    const answer = await server.call('GET', '/v1/mailbox', { cookie: await signIn(server.call, administrator) })
    assert.deepEqual([answer.status, answer.body.code], [404, 'MAIL_MAILBOX_OFF'])
    const { out } = await runToEnd(serverScript, ['config', '--json'], server.environment)
    assert.match(out, /CUSTODIA_MAIL_SMTP_URL/)
    assert.doesNotMatch(out, new RegExp(secret))
  })

  test('a mail server without a sender, or badly written, stops the start with a reason', async () => {
    const folder = newFolder()
    after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
    const environment = { ...inheritedEnvironment(), CUSTODIA_DATA: folder, CUSTODIA_LISTEN: '127.0.0.1:0' }
    await runToEnd(serverScript, ['keyring', 'init'], environment)
    const smtp = { CUSTODIA_MAIL_SMTP_URL: `smtps://custodia:${secret}@mail.example.org` }
    const from = { CUSTODIA_MAIL_FROM: 'accounts@brightwater.example' }
    for (const [more, reason] of [
      [smtp, /CUSTODIA_MAIL_FROM is not/],
      [{ ...from, CUSTODIA_MAIL_SMTP_URL: `https://x:${secret}@mail.example.org` }, /CUSTODIA_MAIL_SMTP_URL/],
      [{ ...smtp, CUSTODIA_MAIL_FROM: 'nobody' }, /CUSTODIA_MAIL_FROM/],
    ] as const) {
      const { code, out, err } = await runToEnd(serverScript, ['start'], { ...environment, ...more })
      assert.equal(code, 2, err)
      assert.match(err, reason)
      assert.doesNotMatch(out + err, new RegExp(secret))
    }
  })
})
