import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import { rawExchange } from '../raw-exchange.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('API keys of a service account', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let accounts: readonly Account[]
  let mara: Visitor
  let accountId: string
  before(async () => {
    server = await startTestServer()
    accounts = await withAccounts(server, ['member', 'auditor'])
    const reason = ['--reason', 'For the export']
    accountId = (server.command('service-accounts', 'create', 'Nightly export').account as { id: string }).id
    server.command('roles', 'create', 'people-reader', 'Sees people', '--permissions', 'identity:users:read')
    server.command('assignments', 'give', accountId, 'people-reader', ...reason)
    const keeps = 'apikeys:keys:read,apikeys:keys:write,access:service-accounts:read'
    server.command('roles', 'create', 'key-keeper', 'Keeps keys', '--permissions', keeps)
    server.command('assignments', 'give', String(accounts[1]?.email), 'key-keeper', ...reason)
    server.command('roles', 'create', 'key-reader', 'Sees keys', '--permissions', 'apikeys:keys:read')
    server.command('assignments', 'give', String(accounts[2]?.email), 'key-reader', ...reason)
    browser = await openBrowser()
    mara = await newVisitor(browser)
    await signInTo(mara.page, sheetAt(), accounts[0] as Account)
  })
  after(async () => {
    await mara?.leave()
    await browser?.close()
    await server?.remove()
  })

  const sheetAt = () => `${server.publicUrl}/access/service-accounts?open=${accountId}`
  const sheetOf = (page: Page) => page.getByRole('dialog', { name: 'Nightly export' })
  const statusWith = async (key: string): Promise<number> => {
    const lines = ['GET /v1/users HTTP/1.1', `Host: ${new URL(server.publicUrl).host}`, `Authorization: Bearer ${key}`]
    const { answer } = rawExchange(server.port, [...lines, 'Connection: close', '', ''].join('\r\n'))
    return (await answer).status
  }
  /** The secret that is shown once, and then no more. */
  const shownOnce = async (page: Page): Promise<string> => {
    const shown = page.getByRole('dialog', { name: 'Copy it now' })
    const key = await shown.locator('code').filter({ hasText: /^cus_/ }).textContent()
    await assertWellMade(page)
    await shown.getByRole('button', { name: 'I have it' }).press('Enter')
    await shown.waitFor({ state: 'detached' })
    assert.equal((await page.content()).includes(String(key)), false)
    return String(key)
  }
  /** Makes a key, by the keyboard alone from the button on. */
  const makeKey = async (page: Page, sheet: Locator, name: string): Promise<Locator> => {
    await sheet.getByRole('button', { name: 'New key' }).press('Enter')
    const form = page.getByRole('dialog', { name: 'New key' })
    await form.getByLabel('Name').pressSequentially(name)
    await form.getByLabel('identity:users:read').press('Space')
    await form.getByRole('button', { name: 'New key' }).press('Enter')
    return form
  }

  it('are made, rotated with an overlap of one’s choice, and revoked with a reason; the API knows it at once', async () => {
    const { page } = mara
    const sheet = sheetOf(page)
    await sheet.getByText('No keys.').waitFor()
    await assertWellMade(page)
    await makeKey(page, sheet, 'Export job')
    const first = await shownOnce(page)
    assert.equal(await statusWith(first), 200)
    const line = sheet.getByRole('listitem').filter({ hasText: 'Export job' })
    await line.getByText(`Begins with ${first.slice(0, 17)}…`).waitFor()
    await line.getByText('May identity:users:read').waitFor()
    await assertWellMade(page)

    await sheet.getByRole('button', { name: 'Rotate the key Export job' }).press('Enter')
    const rotating = page.getByRole('dialog', { name: 'A new secret for this key?' })
    await rotating.getByLabel('The old secret holds').selectOption('for an hour')
    await assertWellMade(page)
    await rotating.getByRole('button', { name: 'Make a new secret' }).press('Enter')
    const second = await shownOnce(page)
    assert.deepEqual([await statusWith(first), await statusWith(second)], [200, 200])
    await line.getByText('the old secret holds until').waitFor()

    await sheet.getByRole('button', { name: 'Revoke the key Export job' }).press('Enter')
    const question = page.getByRole('dialog', { name: 'Revoke this key?' })
    await question.getByRole('button', { name: 'Revoke the key' }).press('Enter')
    assert.equal(await statusWith(second), 200, 'not without a reason')
    await question.getByLabel('Reason').fill('The job is gone')
    await assertWellMade(page)
    await page.keyboard.press('Enter')
    await sheet.getByText('The key is revoked').waitFor()
    await sheet.getByText('No keys.').waitFor()
    assert.deepEqual([await statusWith(first), await statusWith(second)], [401, 401])
  })

  it('fit a phone in the dark; an old secret that may have leaked ends at once, and all keys end together', async () => {
    const visitor = await newVisitor(browser, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
    const { page } = visitor
    await signInTo(page, sheetAt(), accounts[0] as Account)
    const sheet = sheetOf(page)
    const keys: string[] = []
    for (const name of ['One', 'Two']) {
      await makeKey(page, sheet, name)
      keys.push(await shownOnce(page))
    }
    await sheet.getByRole('button', { name: 'Rotate the key One' }).click()
    await page.getByLabel('The old secret holds').selectOption('not at all: it may have leaked')
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    keys.push(await shownOnce(page))
    assert.deepEqual(await Promise.all(keys.map(statusWith)), [401, 200, 200])
    await assertWellMade(page)
    await sheet.getByRole('button', { name: 'Revoke all keys' }).click()
    const question = page.getByRole('dialog', { name: 'Revoke all keys' })
    await question.getByText('All 2 keys of Nightly export').waitFor()
    await question.getByLabel('Reason').fill('Moves to another machine')
    await question.getByRole('button', { name: 'Revoke all keys' }).click()
    await sheet.getByText('No keys.').waitFor()
    assert.deepEqual(await Promise.all(keys.map(statusWith)), [401, 401, 401])
    await visitor.leave()
  })

  it('are not made by somebody who may do less than the account, who is told what is missing', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, sheetAt(), accounts[1] as Account)
    await sheetOf(page).getByRole('button', { name: 'New key' }).click()
    const form = page.getByRole('dialog', { name: 'New key' })
    await form.getByLabel('Name').fill('Sneaky')
    assert.equal(await form.getByLabel('identity:users:read').count(), 0, 'what they may not is not offered')
    await form.getByRole('checkbox').first().check()
    await form.getByRole('button', { name: 'New key' }).click()
    await form.getByText('The service account may do more than you may.').waitFor()
    await form.getByText('identity:users:read').waitFor()
    await assertWellMade(page)
    await visitor.leave()
  })

  it('are seen without a button by who may only look, and of a disabled account it is said that they do not hold', async () => {
    const { page } = mara
    await makeKey(page, sheetOf(page), 'Waits')
    const key = await shownOnce(page)
    server.command('service-accounts', 'disable', accountId)
    assert.equal(await statusWith(key), 401)
    const visitor = await newVisitor(browser)
    await signInTo(visitor.page, sheetAt(), accounts[2] as Account)
    const sheet = sheetOf(visitor.page)
    await sheet.getByText('its keys are refused until it is enabled again').waitFor()
    await sheet.getByText('Waits', { exact: true }).waitFor()
    assert.equal(await sheet.getByRole('button', { name: /key|Rotate|Revoke/i }).count(), 0)
    await visitor.leave()
    server.command('service-accounts', 'enable', accountId)
    assert.equal(await statusWith(key), 200)
  })
})
