import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { VirtualAuthenticator } from './virtual-authenticator.ts'
import { assertWellMade } from './well-made.ts'

/** Signs in again with a passkey from within the page. @returns the status. */
const signInByKey = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const { options } = await (await fetch('/v1/sign-in/passkey/options', { method: 'POST' })).json()
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    const made = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
    const body = JSON.stringify({ credential: made.toJSON() })
    const headers = { 'content-type': 'application/json' }
    return (await fetch('/v1/sign-in/passkey', { method: 'POST', headers, body })).status
  })

describe('when something is wrong', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  before(async () => {
    // Fewer wrong tries than slow somebody down: what is asked for here is work.
    server = await startTestServer({ environment: { CUSTODIA_IDENTITY_WORK_AFTER_FAILURES: '3' } })
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
  const atSignIn = (page: Page) => page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await atSignIn(page)
  }

  it('with a passkey that was copied, its owner is told on the page, and the ledger says so', () =>
    visit(async ({ page }) => {
      // As in a browser that does not offer passkeys by itself: here they are asked for by the button.
      await page.addInitScript(() => {
        PublicKeyCredential.isConditionalMediationAvailable = async () => false
      })
      const key = await VirtualAuthenticator.plugIn(page, { transport: 'usb', synced: false })
      await signInTo(page, `${server.publicUrl}/account/security`, auditor)
      await page.getByRole('button', { name: 'Add a passkey' }).first().click()
      await page.getByRole('dialog').getByLabel('Name').fill('Blue key')
      await page.getByRole('button', { name: 'Create the passkey' }).click()
      await page.getByText('Keep these recovery codes').waitFor()
      const code =
        (await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').first().textContent()) ?? ''
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('security key').first().waitFor()
      assert.equal(await page.getByText('may be copied').count(), 0)
      // Without leaving the page: with it the authenticator would leave our hands.
      await key.countFrom(100)
      assert.equal(await signInByKey(page), 200)
      // Its counter goes back: a copy that was made before is used.
      await key.countFrom(10)
      await signOut(page)
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
      await page.getByText('This passkey opens no account here.').waitFor()
      await assertWellMade(page)
      await fillSignIn(page, auditor)
      await page.getByRole('button', { name: 'Use a recovery code instead' }).click()
      await page.getByLabel('Recovery code').fill(code)
      await page.keyboard.press('Enter')
      await page.getByText('Is my account safe?').waitFor()
      await page.goto(`${server.publicUrl}/account/security`)
      const warning = page.getByRole('alert').filter({ hasText: '“Blue key” may have been copied' })
      await warning.getByText(/Its counter went backwards/).waitFor()
      await page.getByRole('listitem').filter({ hasText: 'Blue key' }).getByText('may be copied').waitFor()
      await assertWellMade(page)
      await visit(async ({ page: ledger }) => {
        const type = 'identity.passkey.clone-suspected'
        await signInTo(ledger, `${server.publicUrl}/ledger?type=${type}`, administrator)
        await ledger.getByRole('button').filter({ hasText: type }).first().click()
        await assertWellMade(ledger)
      })
    }))

  it('somebody signs out everywhere, and every other browser is out before its next request', () =>
    visit(async (other) => {
      await signInTo(other.page, `${server.publicUrl}/account/security`, member)
      const own = async () => (await other.context.cookies()).filter(({ name }) => name === '__Host-custodia')
      const cookie = await own()
      assert.equal(cookie.length, 1)
      await visit(async ({ page, context }) => {
        await signInTo(page, `${server.publicUrl}/account/sessions`, member)
        await page.getByText('Here, and at 1 other place.').waitFor()
        await page.getByRole('button', { name: 'End all', exact: true }).click()
        await page.getByText('All 2 places are signed out at once').waitFor()
        await assertWellMade(page)
        await page.getByRole('button', { name: 'End all sessions' }).click()
        await atSignIn(page)
        assert.equal(await page.evaluate(async () => (await fetch('/v1/me')).status), 401)
        assert.equal((await context.cookies()).filter(({ name }) => name === '__Host-custodia').length, 0)
      })
      // The cookie is still there, and worth nothing.
      assert.deepEqual(await own(), cookie)
      assert.equal(await other.page.evaluate(async () => (await fetch('/v1/me')).status), 401)
      await other.page.getByRole('link', { name: 'Sessions' }).first().click()
      await atSignIn(other.page)
      await assertWellMade(other.page)
    }))

  it('an account is guessed at: a browser that is new to it works for its try, and no person notices', () =>
    visit(async ({ page, context }) => {
      for (let n = 0; n < 3; n++) {
        const body = { email: member.email, password: `guess number ${n}, of many` }
        assert.equal((await server.call('POST', '/v1/sign-in', { body })).status, 401)
      }
      const tries: { status: number; proof: boolean }[] = []
      page.on('response', (answer) => {
        const request = answer.request()
        if (request.method() === 'POST' && request.url().endsWith('/v1/sign-in'))
          tries.push({ status: answer.status(), proof: 'proofOfWork' in (request.postDataJSON() as object) })
      })
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsecurity`)
      await fillSignIn(page, { email: member.email, password: 'not the password either' })
      await page.getByText('E-mail or password is wrong.').waitFor()
      await assertWellMade(page)
      await fillSignIn(page, member)
      await page.getByText('How safe is my account?').waitFor()
      assert.deepEqual(
        tries.map(({ proof }) => proof),
        [false, true, false, true],
        JSON.stringify(tries),
      )
      assert.deepEqual([tries[1]?.status, tries[3]?.status], [401, 200])
      // From now on this browser is known, and is asked for no work.
      await context.clearCookies({ name: '__Host-custodia' })
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsecurity`)
      await fillSignIn(page, member)
      await page.getByText('How safe is my account?').waitFor()
      assert.deepEqual(tries.slice(4), [{ status: 200, proof: false }])
    }))
})
