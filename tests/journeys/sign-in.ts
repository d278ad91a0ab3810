import type { Page } from 'playwright-core'
import type { Account } from './demo.ts'

/** Fills the sign-in form that is shown, and sends it. */
export async function fillSignIn(page: Page, { email, password }: Pick<Account, 'email' | 'password'>): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Goes to an address as somebody who is not signed in, signs in, and arrives there. */
export async function signInTo(page: Page, url: string, account: Account): Promise<void> {
  await page.goto(url)
  await fillSignIn(page, account)
  await page.waitForURL((now) => now.href.startsWith(url) && !now.pathname.startsWith('/sign-in'))
}
