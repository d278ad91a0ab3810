import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { rawExchange } from '../raw-exchange.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('API keys', withBrowser, () => {
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

  const statusWith = async (key: string): Promise<number> => {
    const lines = ['GET /v1/users HTTP/1.1', `Host: ${new URL(demo.console).host}`, `Authorization: Bearer ${key}`]
    const { answer } = rawExchange(demo.port, [...lines, 'Connection: close', '', ''].join('\r\n'))
    return (await answer).status
  }
  /** The secret that is shown once, and then no more. */
  const shownOnce = async (page: Page): Promise<string> => {
    await page.getByText('Copy it now').waitFor()
    const key = await page.locator('code').filter({ hasText: /^cus_/ }).textContent()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByText('Copy it now').waitFor({ state: 'detached' })
    assert.equal((await page.content()).includes(String(key)), false)
    return String(key)
  }

  it('are made, rotated and revoked, and the API knows it at once', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${demo.console}/account/keys`, demo.accounts.administrator)
    await page.getByText('No program calls in your name').waitFor()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Name').fill('Nightly report')
    await page.getByLabel('identity:users:read').check()
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click()
    const first = await shownOnce(page)
    await page.getByText('One program can call in your name').waitFor()
    assert.equal(await statusWith(first), 200)

    await page.getByRole('button', { name: 'Rotate the key Nightly report' }).click()
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    const second = await shownOnce(page)
    assert.notEqual(second, first)
    assert.deepEqual([await statusWith(first), await statusWith(second)], [200, 200])
    await page.getByText('the old secret holds until').waitFor()

    await page.getByRole('button', { name: 'Revoke the key Nightly report' }).click()
    await page.getByRole('button', { name: 'Revoke the key', exact: true }).click()
    await page.getByText('The key is revoked').waitFor()
    assert.deepEqual([await statusWith(first), await statusWith(second)], [401, 401])
    await visitor.leave()
  })

  it('are seen and revoked at the person by an administrator, and fit a phone, bright and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const visitor = await newVisitor(browser, { viewport: { width: 360, height: 740 }, colorScheme })
      const { page } = visitor
      await signInTo(page, `${demo.console}/account/keys`, demo.accounts.administrator)
      await page.getByRole('button', { name: 'New key' }).click()
      await page.getByText('Networks, rate and signatures').click()
      await page.getByLabel('Signed requests').selectOption('hmac-sha256')
      await assertWellMade(page)
      await page.getByLabel('Name').fill(`Signer ${colorScheme}`)
      await page.getByLabel('identity:users:read').check()
      await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click()
      assert.match(await shownOnce(page), /^cus_sign_/)
      await assertWellMade(page)

      await page.goto(`${demo.console}/users`)
      await page.getByRole('link', { name: 'Mara Lind' }).click()
      await page.getByRole('button', { name: `Revoke the key Signer ${colorScheme}` }).click()
      await page.getByRole('button', { name: 'Revoke the key', exact: true }).click()
      await page.getByText('No keys.').waitFor()
      await visitor.leave()
    }
  })
})
