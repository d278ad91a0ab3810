import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { newVisitor, openBrowser } from '../tests/journeys/browser.ts'
import { startDemo } from '../tests/journeys/demo.ts'
import { signInTo } from '../tests/journeys/sign-in.ts'
import { root } from './suite.ts'

// The picture of the README, taken from a demo of its own: node tools/screenshot.ts
const picture = join(root, 'docs/images/console.png')
const folder = mkdtempSync(join(tmpdir(), 'custodia-screenshot-'))
const demo = await startDemo({ folder })
const browser = await openBrowser()
try {
  // Something to find: a reader who tries what only members may.
  const reader = await newVisitor(browser)
  await signInTo(reader.page, demo.inbox, demo.accounts.reader)
  await reader.page.goto(`${demo.inbox}/imports`)
  await reader.leave()

  const { page, leave } = await newVisitor(browser, { colorScheme: 'light' })
  await signInTo(page, `${demo.console}/ledger`, demo.accounts.administrator)
  const refusal = page.getByRole('listitem').filter({ hasText: 'gateway.request.refused' }).first()
  await refusal.locator('[aria-expanded]').click()
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  await page.getByText('This entry stands in the ledger, unchanged.').waitFor()
  await refusal.evaluate((entry) => window.scrollTo(0, entry.getBoundingClientRect().top + window.scrollY))
  await page.mouse.move(0, 0)
  mkdirSync(dirname(picture), { recursive: true })
  await page.screenshot({ path: picture, animations: 'disabled' })
  await leave()
  console.log(picture)
} finally {
  await browser.close()
  await demo.stop()
  rmSync(folder, { recursive: true, force: true })
}
