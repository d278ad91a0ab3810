import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('Limits', withBrowser, () => {
  const folder = newDemoFolder()
  let demo: Demo
  let browser: Browser
  before(async () => {
    demo = await startDemo({ folder })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await demo?.stop()
    removeFolder(folder)
  })

  it('a policy is tried, shows whom it would refuse, and is removed; an entry that would lock one out is refused, another is made and ended', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${demo.console}/limits`, demo.accounts.administrator)
    await page.getByText('Nobody is limited').waitFor()
    await page.getByText('address-sign-in').waitFor()

    await page.getByRole('button', { name: 'New policy' }).click()
    const window = page.getByRole('dialog')
    await window.getByLabel('Name', { exact: true }).fill('theme-tried')
    await window.getByLabel('At once', { exact: true }).fill('1')
    await window.getByLabel('Only the path', { exact: true }).fill('/v1/theme')
    await window.getByRole('button', { name: 'New policy' }).click()
    await window.getByText('This would lock you out, or everybody.').waitFor()
    await window.getByRole('checkbox', { name: 'Dry run' }).check()
    await window.getByRole('button', { name: 'New policy' }).click()
    await page.getByRole('list', { name: 'Policies' }).getByText('theme-tried').waitFor()
    for (let i = 0; i < 4; i++) await page.evaluate(async () => void (await fetch('/v1/theme')))
    await page.reload()
    await page.getByText('dry run: was let through').waitFor()

    await page.getByRole('button', { name: 'New entry' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Network or account', { exact: true }).fill('127.0.0.0/8')
    await form.getByLabel('Reason', { exact: true }).fill('It guesses passwords.')
    await form.getByRole('button', { name: 'New entry' }).click()
    await form.getByText('This would lock you out, or everybody.').waitFor()
    await form.getByLabel('Network or account', { exact: true }).fill('203.0.113.0/24')
    await form.getByRole('button', { name: 'New entry' }).click()
    await page.getByText('It guesses passwords.').waitFor()
    await page.getByRole('button', { name: 'End the entry about 203.0.113.0/24' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click()
    await page.getByText('There are no entries').waitFor()

    await page.getByRole('button', { name: 'Remove the policy theme-tried' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Remove the policy theme-tried' }).waitFor({ state: 'detached' })
    await visitor.leave()
  })

  it('the page fits a phone, bright and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const visitor = await newVisitor(browser, { viewport: { width: 360, height: 740 }, colorScheme })
      const { page } = visitor
      await signInTo(page, `${demo.console}/limits`, demo.accounts.administrator)
      await page.getByText('address-sign-in').waitFor()
      await assertWellMade(page)
      await page.getByRole('button', { name: 'New policy' }).click()
      await assertWellMade(page)
      await visitor.leave()
    }
  })
})
