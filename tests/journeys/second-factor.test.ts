import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'

/** The code of the next time step, of which none was used: the server takes one step of skew (RFC 6238 §5.2). */
const codeOf = (secret: string, stepsAhead = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + stepsAhead * 30_000 })

describe('a second factor', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  before(async () => {
    // As short as it may be: the step-up below then waits for as little as possible.
    server = await startTestServer({ environment: { CUSTODIA_SENSITIVE_MAX_AGE_SECONDS: '60' } })
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
  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
  }
  let secret = ''
  let codes: string[] = []

  it('is an authenticator app, added on the page of one’s account, with recovery codes that are shown once', () =>
    visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/account/security`, member)
      await page.getByText('A password alone protects it.').waitFor()
      await page.getByRole('button', { name: 'Add an authenticator app' }).click()
      const window = page.getByRole('dialog')
      await window.getByRole('img', { name: /QR code/ }).waitFor()
      secret = ((await window.locator('code').textContent()) ?? '').replaceAll(' ', '')
      assert.match(secret, /^[A-Z2-7]{32,}$/)
      await window.getByLabel('Name').fill('Old phone')
      await window.getByLabel('Code that the app shows now').fill('000000')
      await window.getByRole('button', { name: 'Confirm the app' }).click()
      await window.getByText('This code does not fit').waitFor()
      await window.getByLabel('Code that the app shows now').fill(codeOf(secret))
      await window.getByRole('button', { name: 'Confirm the app' }).click()
      await page.getByText('Keep these recovery codes').waitFor()
      codes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
      assert.ok(codes.length >= 8 && new Set(codes).size === codes.length, codes.join())
      assert.equal(await page.getByRole('button', { name: 'Continue' }).isEnabled(), false)
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Old phone').waitFor()
      await page.reload()
      await page.getByText('Old phone').waitFor()
      for (const code of codes) assert.equal(await page.getByText(code).count(), 0)
      await signOut(page)
    }))

  it('is asked for at the next sign-in; a wrong code is said at the field, and a reload keeps the step', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/account/sessions`)
      await fillSignIn(page, member)
      const field = page.getByLabel('Code from your authenticator app')
      await field.waitFor()
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
      assert.equal(await page.evaluate(async () => (await fetch('/v1/me')).status), 401)
      await field.fill('123456')
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('This code does not hold').waitFor()
      assert.equal(await field.getAttribute('aria-invalid'), 'true')
      await page.reload()
      await field.fill(codeOf(secret, 1))
      await page.keyboard.press('Enter')
      await page.getByText('Where am I signed in?').waitFor()
      assert.equal(new URL(page.url()).pathname, '/account/sessions')
    }))

  it('may be a recovery code instead, once', () =>
    visit(async ({ page }) => {
      for (const outcome of ['opens', 'is refused'] as const) {
        await page.goto(`${server.publicUrl}/sign-in`)
        await fillSignIn(page, member)
        await page.getByRole('button', { name: 'Use a recovery code instead' }).click()
        await page.getByLabel('Recovery code').fill((codes[0] as string).toUpperCase())
        await page.getByRole('button', { name: 'Continue' }).click()
        if (outcome === 'is refused') await page.getByText('Perhaps it was used already').waitFor()
        else {
          await page.getByText('Is my account safe?').waitFor()
          await signOut(page)
        }
      }
    }))

  it('is not needed any more by somebody who begins again, and a step without a sign-in says that it is over', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in`)
      await fillSignIn(page, member)
      await page.getByRole('button', { name: 'Begin again' }).click()
      await page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
      await page.goto(`${server.publicUrl}/sign-in?step=factor`)
      await page.getByText('This sign-in is over').waitFor()
      await page.getByRole('button', { name: 'Begin again' }).click()
      await page.getByLabel('E-mail').waitFor()
    }))

  it('may be demanded by the organisation, which says before what that means', () =>
    visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/policies/sign-in`, administrator)
      await page.getByLabel('Days to set it up').fill('0')
      await page.getByRole('combobox', { name: 'auditor' }).selectOption('A second step')
      await page.getByText('Holders of “auditor” need: a second step.').waitFor()
      await page.getByRole('button', { name: 'Save the policy' }).click()
      await page.getByText('Saved. It holds from the next sign-in on.').waitFor()
      await page.reload()
      assert.equal(await page.getByRole('combobox', { name: 'auditor' }).inputValue(), 'required')
    }))
})
