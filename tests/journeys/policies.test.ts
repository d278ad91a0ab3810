import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

const policy = `// Agreed with the auditors themselves.

@id("auditors-see-nobody")
forbid(principal, action == Custodia::Action::"identity:users:read", resource)
when { principal in Custodia::Role::"auditor" };

// test: an auditor is refused
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "identity:users:read",
//   "resource": { "type": "Custodia::Resource", "id": "org" }, "expect": "deny", "by": ["auditors-see-nobody"],
//   "entities": [{ "uid": { "type": "Custodia::User", "id": "bo" },
//     "parents": [{ "type": "Custodia::Role", "id": "auditor" }] }] }
`
const wouldBeRefused = /^\d+ allowed decisions? would be refused\.$/
const reason = 'Auditors look at the ledger alone'

describe('policies and the decisions they make', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  before(async () => {
    server = await startTestServer({
      environment: { CUSTODIA_MAIL_MAILBOX: 'off', CUSTODIA_ACCESS_DECISION_SAMPLE: '10000' },
    })
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
      await page.waitForURL(({ search }) => search === '?action=identity%3Ausers%3Aread')
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

  /** The line in which the caret of the editor stands, 1 and up. */
  const caretLine = (page: Page): Promise<number> =>
    page
      .getByLabel('Policy file')
      .evaluate((area: HTMLTextAreaElement) => area.value.slice(0, area.selectionStart).split('\n').length)
  const main = (page: Page) => page.getByRole('main')
  const usersFor = async (account: Account): Promise<number> =>
    (await server.call('GET', '/v1/users', { cookie: await signIn(server.call, account) })).status

  it('a faulty draft can’t go live and says which line; a mended one is tested, tried, made live, and undone', async () => {
    assert.equal(await usersFor(auditor), 200)
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, `${server.publicUrl}/`, administrator)
    await page.getByRole('link', { name: 'Policies', exact: true }).click()
    await page.getByText('There are no versions yet').waitFor()
    await page.getByRole('link', { name: 'New draft' }).click()
    const file = page.getByLabel('Policy file')

    await file.fill(policy.replace('};', '}'))
    await page.getByRole('button', { name: 'Validate and test' }).click()
    await page.getByText('1 error keeps it from going live.').waitFor()
    await file.fill(policy.replace('"identity:users:read", resource', '"identity:users:raed", resource'))
    await page.getByText('The text was changed since.').waitFor()
    await page.getByRole('button', { name: 'Validate and test' }).click()
    await page.getByText('The text was changed since.').waitFor({ state: 'detached' })
    await assertWellMade(page)
    await page.getByRole('link', { name: 'Home' }).click()
    await page.getByText('Leave without saving?').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByLabel('Reason').fill(reason)
    await page.getByRole('button', { name: 'Save as draft' }).click()
    await page.getByRole('heading', { name: 'Version 1', exact: true }).waitFor()
    await main(page).getByText('Draft', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Line 3' }).first().press('Enter')
    assert.equal(await caretLine(page), 3)
    await page.getByRole('button', { name: 'Validate and test' }).click()
    assert.equal(await page.getByRole('button', { name: 'Try on logged decisions' }).count(), 0)
    assert.equal(await page.getByRole('button', { name: 'Make it live' }).count(), 0)

    await page.getByRole('link', { name: 'Edit as a new draft' }).click()
    await file.fill(policy)
    await page.getByLabel('Reason').fill(reason)
    await page.getByRole('button', { name: 'Save as draft' }).click()
    await page.getByRole('heading', { name: 'Version 2', exact: true }).waitFor()
    await page.getByText('Valid, and 1 test passes.').waitFor()
    await page.getByRole('button', { name: 'Validate and test' }).click()
    await page.getByRole('button', { name: 'Try on logged decisions' }).click()
    await page.getByText(wouldBeRefused).waitFor()
    const group = page.getByText('Would be refused', { exact: true })
    await group.click()
    await main(page).getByText('Jonas Bäcker').first().waitFor()
    assert.equal(await main(page).getByText('Could not be decided again').count(), 0)
    await main(page).getByRole('definition').filter({ hasText: 'auditors-see-nobody' }).waitFor()
    await assertWellMade(page)

    await page.getByRole('button', { name: 'Make it live' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('auditors-see-nobody').waitFor()
    await dialog.getByText(wouldBeRefused).waitFor()
    await assertWellMade(page)
    await dialog.getByLabel('Reason').fill(reason)
    await dialog.getByRole('button', { name: 'Make version 2 live' }).click()
    await page.getByText('Version 2 is live', { exact: true }).waitFor()
    assert.deepEqual([await usersFor(auditor), await usersFor(administrator)], [403, 200])

    await page.getByRole('link', { name: 'Decisions' }).click()
    await page.getByRole('button', { name: 'Jonas Bäcker identity:users:read Refused' }).click()
    await page.getByText('policy/auditors-see-nobody').waitFor()
    await main(page).getByRole('link', { name: 'Version 2', exact: true }).click()
    await page.getByText('It decides now.').waitFor()

    await page.getByRole('link', { name: 'Policies', exact: true }).click()
    await page.getByText('Version 2 is live, with 1 policy').waitFor()
    await assertWellMade(page)
    await page.getByRole('button', { name: 'Roll back' }).click()
    await dialog.getByText('Removed').waitFor()
    await dialog.getByLabel('Reason').fill('The auditors asked')
    await dialog.getByRole('button', { name: 'Roll back to no policies' }).click()
    await page.getByText('No own policies are live now').waitFor()
    assert.equal(await usersFor(auditor), 200)
    await leave()
  })

  it('the pages of policies are readable in the dark, and what is not there is said in words', async () => {
    const { page, leave } = await newVisitor(browser, { colorScheme: 'dark', viewport: { width: 360, height: 740 } })
    await signInTo(page, `${server.publicUrl}/policies`, administrator)
    await page.getByText('No policies of your own are live').waitFor()
    await assertWellMade(page)
    await page.getByRole('link', { name: /^Version 1/ }).click()
    await page.getByRole('button', { name: 'Validate and test' }).click()
    await page.getByText('1 error keeps it from going live.').waitFor()
    await assertWellMade(page)
    await page.getByRole('link', { name: 'Edit as a new draft' }).click()
    await page.getByLabel('Policy file').waitFor()
    await assertWellMade(page)
    await page.goto(`${server.publicUrl}/policies?version=99`)
    await page.getByText('The organisation has no such version of its policies.').waitFor()
    await page.goto(`${server.publicUrl}/policies?version=../../v1`)
    await page.getByText('The organisation has no such version of its policies.').waitFor()
    await leave()
  })
})
