import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import { superuserOf } from '../superuser.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { VirtualAuthenticator } from './virtual-authenticator.ts'

/** The code of the next time step, of which none was used: the server takes one step of skew (RFC 6238 §5.2). */
const codeOf = (secret: string, stepsAhead = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + stepsAhead * 30_000 })

describe('a second factor', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  before(async () => {
    server = await startTestServer()
    const accounts = await withAccounts(server)
    administrator = accounts[0] as Account
    member = accounts[1] as Account
    auditor = accounts[2] as Account
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
  const leave = async (page: Page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
  }
  const signOut = async (page: Page) => {
    await leave(page)
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

  it('is added at the door by whoever must have one, and then opens it', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsecurity`)
      await fillSignIn(page, auditor)
      await page.getByRole('heading', { name: 'Add a second step' }).waitFor()
      assert.equal(await page.evaluate(async () => (await fetch('/v1/me')).status), 401)
      await page.getByRole('button', { name: 'Use an authenticator app instead' }).click()
      const key = ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '')
      await page.getByLabel('Code that the app shows now').fill(codeOf(key))
      await page.getByRole('button', { name: 'Confirm the app' }).click()
      await page.getByText('Keep these recovery codes').waitFor()
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name: 'Download' }).click()
      assert.equal((await download).suggestedFilename(), 'custodia-recovery-codes.txt')
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('How safe is my account?').waitFor()
      await page.getByText('Authenticator app').first().waitFor()
      // What is demanded can't be taken away: the last one stays.
      await page.getByRole('button', { name: 'Remove My phone' }).click()
      await page.getByText('It is your last one').waitFor()
      await page.getByRole('button', { name: 'Remove it' }).click()
      await page.getByText('this is your last one').waitFor()
    }))

  it('is a passkey, which signs in without a password, is renamed and removed', () =>
    visit(async ({ page }) => {
      await VirtualAuthenticator.plugIn(page, { transport: 'internal', synced: true })
      await signInTo(page, `${server.publicUrl}/account/security`, administrator)
      await page.getByRole('button', { name: 'Add a passkey' }).first().click()
      await page.getByRole('dialog').getByLabel('Name').fill('Laptop')
      await page.getByRole('button', { name: 'Create the passkey' }).click()
      // The first one brings recovery codes with it.
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('The passkey is added').waitFor()
      await page.getByText('synced').waitFor()
      // The list under the address field offers it; the virtual authenticator takes every offer.
      await leave(page)
      await page.getByText('Is my account safe?').waitFor()
      // From here on as in a browser that has no such list.
      await page.addInitScript(() => {
        PublicKeyCredential.isConditionalMediationAvailable = async () => false
      })
      await signOut(page)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.getByText('Is my account safe?').waitFor()
      await signOut(page)
      await fillSignIn(page, administrator)
      await page.getByRole('button', { name: 'Use your passkey' }).click()
      await page.getByText('Is my account safe?').waitFor()
      await page.goto(`${server.publicUrl}/account/security`)
      await page.getByRole('button', { name: 'Rename Laptop' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill('Desk')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('button', { name: 'Remove Desk' }).click()
      await page.getByText('This passkey opens nothing any more').waitFor()
      await page.getByRole('button', { name: 'Remove it' }).click()
      await page.getByText('“Desk” is removed').waitFor()
      await page.getByText('A password alone protects it.').waitFor()
    }))

  it('or the password is asked for again before a sensitive act, and what was typed is kept', () =>
    visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/users`, administrator)
      await page.getByText(member.email).waitFor()
      await page.waitForLoadState('networkidle')
      // Nobody waits ten minutes: the proof is made older, and the server started anew, which remembers none.
      const database = await superuserOf(server.folder)
      await database.run(`update sessions.session set authenticated_at = authenticated_at - interval '11 minutes'`)
      await database.close()
      await server.stop()
      server = await startTestServer({ folder: server.folder, port: server.port })
      await page.getByRole('button', { name: 'Invite somebody' }).click()
      const window = page.getByRole('dialog', { name: 'Invite somebody' })
      await window.getByLabel('E-mail').fill('vera@brightwater.example')
      await window.getByLabel('Name', { exact: true }).fill('Vera')
      await page.keyboard.press('Enter')
      const question = page.getByRole('dialog', { name: 'Confirm that it is you' })
      await question.getByLabel('Password', { exact: true }).fill('not the password')
      await page.keyboard.press('Enter')
      await question.getByText('That is not your password.').waitFor()
      // Declined: the form is still there as it was, with the reason.
      await page.keyboard.press('Escape')
      await question.waitFor({ state: 'detached' })
      await window.getByText('This needs a sign-in that is more recent.').waitFor()
      assert.equal(await window.getByLabel('E-mail').inputValue(), 'vera@brightwater.example')
      await window.getByRole('button', { name: 'Create the link' }).click()
      await question.getByLabel('Password', { exact: true }).fill(administrator.password)
      await question.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('The link is ready').waitFor()
    }))

  it('needs no mouse: the keyboard leads from the sign-in through the code to new recovery codes', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsecurity`)
      await page.locator('input[name=email]:focus').waitFor()
      await page.keyboard.type(member.email)
      await page.keyboard.press('Tab')
      await page.keyboard.type(member.password)
      await page.keyboard.press('Enter')
      await page.locator('input[name=code]:focus').waitFor()
      await tabTo(page, 'button:has-text("Use a recovery code instead")')
      await page.keyboard.press('Enter')
      await page.locator('input[name=code][inputmode=text]:focus').waitFor()
      await page.keyboard.type(codes[1] as string)
      await page.keyboard.press('Enter')
      await page.getByText('How safe is my account?').waitFor()
      await tabTo(page, 'button:has-text("New recovery codes")')
      await page.keyboard.press('Enter')
      await page.getByText('Make new recovery codes?').waitFor()
      await tabTo(page, 'button:has-text("Make new codes")')
      await page.keyboard.press('Enter')
      await page.getByRole('list', { name: 'Recovery codes' }).waitFor()
      await tabTo(page, 'input[type=checkbox]')
      await page.keyboard.press('Space')
      await tabTo(page, 'button:has-text("Continue")')
      await page.keyboard.press('Enter')
      await page.getByText('What protects it').waitFor()
    }))

  it('costs the first page no more than 120 kB of compressed script', () =>
    visit(async ({ page }) => {
      const arriving: Promise<number>[] = []
      page.on('requestfinished', (request) => {
        if (request.url().endsWith('.js'))
          arriving.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
      })
      await page.goto(`${server.publicUrl}/sign-in`)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
      await page.waitForLoadState('networkidle')
      const sizes = await Promise.all(arriving)
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      assert.ok(bytes > 50_000 && bytes < 120_000, `${bytes} bytes`)
    }))
})

/** Presses Tab until what is asked for has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    if ((await page.locator(selector).and(page.locator(':focus')).count()) > 0) return
  }
  assert.fail(`no Tab leads to ${selector}`)
}
