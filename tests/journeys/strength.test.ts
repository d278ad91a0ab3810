import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'

describe('who chooses a password', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let visitor: Visitor
  before(async () => {
    server = await startTestServer()
    browser = await openBrowser()
    visitor = await newVisitor(browser)
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  it('sees and hears how well it withstands guessing, while nothing on the page moves', async () => {
    const { page } = visitor
    await page.goto(String(server.command('setup-link').link))
    const field = page.getByLabel('Password', { exact: true })
    const meter = page.getByRole('meter', { name: 'Strength of the password' })
    const button = page.getByRole('button', { name: 'Create the organisation' })
    await field.waitFor()
    const place = await button.boundingBox()
    for (const [typed, value, words] of [
      ['short', '0', 'Very weak. It is too short still.'],
      ['aaaaaaaaaaaaaaaaaaaa', '0', 'Very weak. Repeating adds next to nothing.'],
      ['qwertyuiopasdfghjkl', '0', 'Very weak. Keys and letters in a row are tried first.'],
      ['Password2026!!!!', '1', 'Weak. Days and years are tried first.'],
      ['seven grey herons wade', '3', 'Good.'],
      ['correct horse battery staple', '4', 'Strong.'],
    ] as const) {
      await field.fill(typed)
      await page.getByText(words, { exact: true }).waitFor()
      const said = await meter.evaluate((node: HTMLMeterElement) => [String(node.value), node.ariaValueText])
      assert.deepEqual(said, [value, words])
      assert.deepEqual(await button.boundingBox(), place, typed)
    }
    await field.fill('')
    await page.getByText('Strong.').waitFor({ state: 'detached' })
    assert.equal(await meter.evaluate((node: HTMLMeterElement) => node.value), 0)
    // No inline style was needed: the policy of the page would have been violated, and that be a finding.
    await visitor.leave()
  })
})
