import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('Webhooks', withBrowser, () => {
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

  it('an endpoint is added, tried, given a new secret, switched off and on, and removed', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${demo.console}/webhooks`, demo.accounts.administrator)
    await page.getByText('Nobody is told what happens here').waitFor()
    await page.getByText('No application takes webhooks').waitFor()
    await page.getByRole('button', { name: 'Add an endpoint' }).click()
    const window = page.getByRole('dialog')
    await window.getByLabel('Address', { exact: true }).fill('https://127.0.0.1/hook')
    await window.getByLabel('Events', { exact: true }).fill('identity.*')
    await window.getByRole('button', { name: 'Add an endpoint' }).click()
    await window.getByText('Nothing is sent to this address.').waitFor()
    await window.getByLabel('Address', { exact: true }).fill('https://nobody.invalid.example/hook')
    await window.getByRole('button', { name: 'Add an endpoint' }).click()
    await page.getByText('Copy it now').waitFor()
    const secret = await page
      .locator('code')
      .filter({ hasText: /^whsec_/ })
      .textContent()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByText('One endpoint is told what happens').waitFor()
    assert.equal((await page.content()).includes(String(secret)), false)

    await page.getByRole('link', { name: 'https://nobody.invalid.example/hook' }).click()
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('The test: not reached').waitFor()
    await page.getByText('webhooks.test').click()
    await page.getByRole('list', { name: 'The tries of webhooks.test' }).getByText('not reached').waitFor()

    await page.getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await page.getByText('Copy it now').waitFor()
    assert.notEqual(
      await page
        .locator('code')
        .filter({ hasText: /^whsec_/ })
        .textContent(),
      secret,
    )
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByText('signed with the old secret, too, until').waitFor()

    await page.getByRole('button', { name: 'Switch off' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Switch off' }).click()
    await page.getByText('Somebody switched it off.').waitFor()
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('Somebody switched it off.').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Nobody is told what happens here').waitFor()
    await visitor.leave()
  })

  it('the page fits a phone, bright and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const visitor = await newVisitor(browser, { viewport: { width: 360, height: 740 }, colorScheme })
      const { page } = visitor
      await signInTo(page, `${demo.console}/webhooks`, demo.accounts.administrator)
      await page.getByRole('button', { name: 'Add an endpoint' }).click()
      const window = page.getByRole('dialog')
      await window.getByLabel('Address', { exact: true }).fill(`https://hooks.example.org/${'long'.repeat(30)}`)
      await assertWellMade(page)
      await window.getByRole('button', { name: 'Add an endpoint' }).click()
      await page.getByRole('button', { name: 'I have it' }).click()
      await page
        .getByRole('link', { name: /hooks.example.org/ })
        .first()
        .click()
      await page.getByRole('button', { name: 'Send a test' }).waitFor()
      await assertWellMade(page)
      await visitor.leave()
    }
  })
})
