import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('policies and the decisions they make', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  before(async () => {
    server = await startTestServer({ environment: { CUSTODIA_MAIL_MAILBOX: 'off' } })
    ;[administrator, member, auditor] = (await withAccounts(server)) as [Account, Account, Account]
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  it('a refusal stands in the log with what decided, is found by each filter, and others see no log', async () => {
    const theirs = await signIn(server.call, member)
    assert.equal((await server.call('GET', '/v1/users', { cookie: theirs })).status, 403)
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, leave } = await newVisitor(browser, { colorScheme })
      await signInTo(page, `${server.publicUrl}/`, administrator)
      await page.getByRole('link', { name: 'Decisions' }).click()
      const row = page.getByRole('button', { name: 'Priya Raman identity:users:read Refused' })
      await row.click()
      await page.getByText('Nothing gives this permission').waitFor()
      await page.getByText('No own policies were live').waitFor()
      await page.getByText(/^[\d,]+ µs$/).waitFor()
      await assertWellMade(page)
      await page.getByRole('link', { name: 'Only these: decisions with identity:users:read' }).click()
      assert.equal(new URL(page.url()).search, '?action=identity%3Ausers%3Aread')
      await row.waitFor()
      await page.getByRole('combobox', { name: 'Answer', exact: true }).selectOption('Allowed')
      await page.getByLabel('Who', { exact: true }).fill('usr_nobody')
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('No logged decision matches').waitFor()
      await page.getByRole('button', { name: 'Clear' }).click()
      await page.getByLabel('To day').fill('2020-01-01')
      await page.getByRole('button', { name: 'Apply' }).click()
      await page.getByText('No logged decision matches').waitFor()
      await assertWellMade(page)
      await leave()
    }
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, `${server.publicUrl}/decisions`, auditor)
    await page.getByText('You may not do this.').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Decisions' }).count(), 0)
    await leave()
  })
})
