import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'

describe('what somebody may do is changed while they are signed in', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let accounts: readonly Account[]
  before(async () => {
    server = await startTestServer({ environment: { CUSTODIA_MAIL_MAILBOX: 'off', CUSTODIA_IDENTITY_RISK_ASK: '200' } })
    accounts = await withAccounts(server)
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  it('their cookie is replaced, every tab goes on, and the home page says what their account needs next', async () => {
    const [administrator, member] = accounts as [Account, Account]
    const { page, context, leave } = await newVisitor(browser)
    await signInTo(page, `${server.publicUrl}/`, member)
    const cookie = async () => (await context.cookies()).find(({ name }) => name === '__Host-custodia')?.value
    const before = await cookie()
    await page.getByText('A stolen password would open your account').waitFor()
    const tab = await context.newPage()
    await tab.goto(`${server.publicUrl}/account/sessions`)
    await tab.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(await cookie(), before)

    const theirs = await signIn(server.call, administrator)
    const { body: me } = await server.call('GET', `/v1/users?search=${encodeURIComponent(member.email)}`, {
      cookie: theirs,
    })
    const { id } = (me.items as { id: string }[])[0] as { id: string }
    const changed = await server.call('PATCH', `/v1/users/${id}`, {
      cookie: theirs,
      body: { roles: ['administrator'] },
    })
    assert.equal(changed.status, 200)

    const navigation = page.getByRole('navigation', { name: 'Main' })
    await page.reload()
    await navigation.getByRole('link', { name: 'People' }).waitFor()
    assert.equal(await navigation.getByRole('link', { name: 'Mailbox' }).count(), 0, 'no mail is kept here')
    assert.notEqual(await cookie(), before)
    await tab.reload()
    await tab.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'People' }).waitFor()
    const sessions = await page.evaluate(async () => (await fetch('/v1/sessions')).json())
    assert.deepEqual(
      (sessions as { items: { held: unknown }[] }).items.map(({ held }) => held),
      [null],
    )

    await page.getByRole('link', { name: 'Go to security' }).click()
    await page.waitForURL(`${server.publicUrl}/account/security`)
    await leave()
  })
})
