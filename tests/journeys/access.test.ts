import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('roles, groups and who has them', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let accounts: readonly [Account, Account, Account]
  let mara: Visitor
  before(async () => {
    server = await startTestServer()
    accounts = (await withAccounts(server, ['administrator', 'member'])) as unknown as [Account, Account, Account]
    browser = await openBrowser()
    mara = await newVisitor(browser)
    await signInTo(mara.page, `${server.publicUrl}/access/roles`, accounts[0])
  })
  after(async () => {
    await mara?.leave()
    await browser?.close()
    await server?.remove()
  })

  const makeRole = async (page: Page, name: string, permission: string, privileged = false) => {
    await page.getByRole('button', { name: 'New role' }).click()
    const form = page.getByRole('dialog', { name: 'New role' })
    await form.getByLabel('Name', { exact: true }).fill(name)
    await form.getByLabel('What it is for').fill(`Made for ${name}`)
    await form.getByLabel('Find a permission').fill(permission)
    await form.getByLabel(permission, { exact: true }).check()
    if (privileged) await form.getByLabel('Privileged').check()
    await form.getByRole('button', { name: 'New role' }).click()
    await form.waitFor({ state: 'detached' })
  }

  it('an administrator makes a role of what they have, and is told at the field what is wrong with a name', async () => {
    const { page } = mara
    await page.getByText('all of them built in').waitFor()
    await assertWellMade(page)
    await page.getByRole('button', { name: 'New role' }).click()
    const form = page.getByRole('dialog', { name: 'New role' })
    await form.getByLabel('Find a permission').fill('ledger READ')
    await form.getByRole('status').filter({ hasText: '0 chosen.' }).waitFor()
    await assertWellMade(page)
    for (const [name, said] of [
      ['Look Up', 'beginning with a letter'],
      ['auditor', 'There is a role of this name.'],
    ] as const) {
      await form.getByLabel('Name', { exact: true }).fill(name)
      await form.getByLabel('What it is for').fill('Looks people up')
      await form.getByRole('button', { name: 'New role' }).click()
      await form.getByText(said).waitFor()
    }
    await form.getByRole('button', { name: 'Cancel' }).click()
    await form.waitFor({ state: 'detached' })
    await makeRole(page, 'people-reader', 'identity:users:read')
    await page.getByText('1 of your own').waitFor()
    await makeRole(page, 'ledger-reader', 'ledger:read', true)
    await page.getByRole('link', { name: 'ledger-reader' }).click()
    const sheet = page.getByRole('dialog', { name: 'ledger-reader' })
    await sheet.getByText('Given only where a second administrator agrees.').waitFor()
    await sheet.getByText('Nobody has it directly.').waitFor()
    await assertWellMade(page)
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
  })

  it('a role of their own is edited, and deleted where nobody has it', async () => {
    const { page } = mara
    await makeRole(page, 'passing', 'sessions:read')
    await page.getByRole('link', { name: 'passing' }).click()
    const sheet = page.getByRole('dialog', { name: 'passing', exact: true })
    await sheet.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('dialog', { name: 'Edit passing' })
    await form.getByLabel('What it is for').fill('Sees sessions, for now')
    await form.getByRole('button', { name: 'Save' }).click()
    await sheet.getByText('Sees sessions, for now').waitFor()
    await sheet.getByRole('button', { name: 'Delete the role' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete the role' }).click()
    await page.getByRole('link', { name: 'passing' }).waitFor({ state: 'detached' })
  })
})
