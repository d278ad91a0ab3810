import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { seriousFindings } from './well-made.ts'

describe('what happened in an account', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  before(async () => {
    server = await startTestServer()
    const accounts = await withAccounts(server)
    administrator = accounts[0] as Account
    member = accounts[1] as Account
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  const visit = async (work: (visitor: Visitor) => Promise<void>) => {
    const visitor = await newVisitor(browser)
    await work(visitor)
    await visitor.leave()
  }
  const activity = (page: Page) => page.getByRole('list', { name: 'Recent activity' })
  const line = (page: Page, text: string | RegExp) => activity(page).getByRole('listitem').filter({ hasText: text })
  const securityPage = () => `${server.publicUrl}/account/security`
  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
  }
  const wrongTry = async (page: Page) => {
    await page.goto(`${server.publicUrl}/sign-in`)
    await fillSignIn(page, { ...member, password: 'not the password at all' })
    await page.getByText('E-mail or password is wrong.').waitFor()
  }

  it('is on the page of one’s account: where and by what one signed in, and tries that were refused as one line', () =>
    visit(async ({ page }) => {
      await visit(async ({ page: elsewhere }) => {
        for (let i = 0; i < 3; i++) await wrongTry(elsewhere)
      })
      await signInTo(page, securityPage(), member)
      const here = line(page, 'this browser')
      await here.getByText('Signed in').waitFor()
      assert.match((await here.textContent()) ?? '', /Chrome on Linux.*127\.0\.0\.1.*with password/s)
      assert.equal(await here.getByRole('button', { name: /This was not me/ }).count(), 0)
      const refused = line(page, 'Sign-in refused')
      assert.equal(await refused.count(), 1)
      assert.match((await refused.textContent()) ?? '', /3 times.*wrong password/s)
    }))

  it('opens, by the keyboard alone, to what each sign-in was compared by: to its person in words', () =>
    visit(async ({ page }) => {
      for (let i = 0; i < 3; i++) {
        await signInTo(page, securityPage(), member)
        await signOut(page)
      }
      await signInTo(page, securityPage(), member)
      const here = line(page, 'this browser')
      await here.getByText('known device').waitFor()
      const opener = here.getByRole('button', { name: /as usual/ })
      assert.equal(await opener.getAttribute('aria-expanded'), 'false')
      await opener.focus()
      await page.keyboard.press('Enter')
      assert.equal(await opener.getAttribute('aria-expanded'), 'true')
      const parts = here.getByRole('list', { name: 'What was compared' })
      await parts.getByText('Time of day').waitFor()
      const words = (await parts.textContent()) ?? ''
      assert.match(words, /Device.*known.*speaks (strongly )?for you/s)
      assert.doesNotMatch(words, /likelier|×/)
      assert.ok((await parts.locator('svg rect').count()) >= 5)
      assert.deepEqual(await seriousFindings(page), [])
    }))

  it('is shown to administrators with the numbers, once they ask for it, and the ledger says that they looked', () =>
    visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/users`, administrator)
      await page.getByRole('link', { name: 'Priya Raman' }).click()
      const sheet = page.getByRole('dialog', { name: 'Priya Raman' })
      await sheet.getByText('The ledger records that you looked.').waitFor()
      const looked = async () => {
        const { items } = await page.evaluate(async () => (await fetch('/v1/ledger/entries?type=activity.')).json())
        return (items as { data: { user: string } }[]).length
      }
      assert.equal(await looked(), 0)
      await sheet.getByRole('button', { name: 'Show what happened' }).click()
      await line(page, 'Signed in').first().getByRole('button').click()
      await sheet.getByText('A power of ten.').waitFor()
      const parts = (await sheet.getByRole('list', { name: 'What was compared' }).textContent()) ?? ''
      assert.match(parts, /× likelier of them/)
      assert.equal(await sheet.getByRole('button', { name: /This was not me/ }).count(), 0)
      assert.equal(await looked(), 1)
      assert.deepEqual(await seriousFindings(page), [])
    }))

  it('says where the password was right and the second step was never taken', () =>
    visit(async ({ page }) => {
      await signInTo(page, securityPage(), member)
      const codes = await enrolApp(page)
      assert.ok(codes > 0)
      await visit(async ({ page: thief }) => {
        await thief.goto(`${server.publicUrl}/sign-in`)
        await fillSignIn(thief, member)
        await thief.getByLabel('Code from your authenticator app').waitFor()
      })
      await page.reload()
      const stopped = line(page, 'The first step held, and the second was never taken')
      await stopped.getByText('If it was not you, change the password.').waitFor()
      await line(page, 'Added an authenticator app').waitFor()
    }))

  it('that was not oneself ends the other sessions, and leads to a new password', () =>
    visit(async ({ page }) => {
      await visit(async (thief) => {
        await signInTo(thief.page, securityPage(), administrator)
        await signInTo(page, securityPage(), administrator)
        const theirs = line(page, 'Signed in').filter({ hasNotText: 'this browser' }).first()
        await theirs.getByRole('button', { name: /^This was not me: Signed in/ }).click()
        await page.getByText('All of your other sessions end at once').waitFor()
        await page.getByRole('button', { name: 'End them and change the password' }).click()
        await page.getByLabel('New password').waitFor()
        assert.equal(new URL(page.url()).pathname, '/account/password')
        await thief.page.reload()
        await thief.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
      })
      await page.goto(securityPage())
      await line(page, 'All other sessions were ended').waitFor()
    }))
})

/** Enrols an authenticator app by the page's own dialogue. @returns how many recovery codes came with it. */
async function enrolApp(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Add an authenticator app' }).click()
  const window = page.getByRole('dialog')
  await window.getByRole('img', { name: /QR code/ }).waitFor()
  const secret = ((await window.locator('code').textContent()) ?? '').replaceAll(' ', '')
  await window
    .getByLabel('Code that the app shows now')
    .fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate())
  await window.getByRole('button', { name: 'Confirm the app' }).click()
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
  await codes.first().waitFor()
  const count = await codes.count()
  await page.getByLabel('I have kept them').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('What protects it').waitFor()
  return count
}
