import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { assertWellMade } from './well-made.ts'

/** Which mail is meant: that of one kind which came last to an address. */
type Meant = { readonly to: string; readonly kind: string; readonly after?: number }

/**
 * Opens a mail on the page of the development mailbox, as its administrator does, who looks again until it is there.
 *
 * @param meant.after how many of that kind were there before.
 * @returns its text.
 */
export async function openMail(page: Page, origin: string, { to, kind, after = 0 }: Meant): Promise<string> {
  await page.goto(`${origin}/mailbox`)
  const line = page
    .getByRole('button')
    .filter({ hasText: to })
    .filter({ has: page.getByText(kind, { exact: true }) })
  const again = page.getByRole('button', { name: 'Look again' })
  await again.waitFor()
  // Some mails begin up to two seconds after the answer to whoever asked, so that its time says nothing.
  for (const late = Date.now() + 15_000; (await line.count()) <= after; ) {
    assert.ok(Date.now() < late, `no mail of the kind ${kind} came to ${to}`)
    await Promise.all([page.waitForResponse((answer) => answer.url().endsWith('/v1/mailbox')), again.click()])
  }
  await line.first().click()
  const text = page.locator('p[id^="mail-"]')
  await text.waitFor()
  await assertWellMade(page)
  return (await text.textContent()) ?? ''
}

/** The link in a mail that leads to a page of ours. */
export function linkIn(mail: string, path: string): string {
  const found = new RegExp(`https?://[\\w.:-]+${path}#[a-z2-7]{52}`).exec(mail)?.[0]
  assert.ok(found !== undefined, `no link to ${path} in:\n${mail}`)
  return found
}
