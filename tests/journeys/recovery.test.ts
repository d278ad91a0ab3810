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
import { linkIn, openMail } from './mailbox.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

const codeOf = (secret: string, stepsAhead: number) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + stepsAhead * 30_000 })

describe('a way back in', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  /** The administrator, who also reads the development mailbox. */
  let desk: Visitor
  let secret = ''
  let codes: string[] = []
  before(async () => {
    // One address plays several people, and asks for their mail again and again.
    const limits = { 'sign-in': { burst: 1_000, perSeconds: 60 }, expensive: { burst: 1_000, perSeconds: 60 } }
    server = await startTestServer({ environment: { CUSTODIA_LIMITS_CLASSES: JSON.stringify(limits) } })
    const accounts = await withAccounts(server)
    administrator = accounts[0] as Account
    member = accounts[1] as Account
    auditor = accounts[2] as Account
    browser = await openBrowser()
    desk = await newVisitor(browser)
    await signInTo(desk.page, `${server.publicUrl}/mailbox`, administrator)
  })
  after(async () => {
    await desk?.leave()
    await browser?.close()
    await server?.remove()
  })

  const visit = async (work: (visitor: Visitor) => Promise<void>) => {
    const visitor = await newVisitor(browser)
    await work(visitor)
    await visitor.leave()
  }
  const mailTo = (to: Account, kind: string, after = 0) =>
    openMail(desk.page, server.publicUrl, { to: to.email, kind, after })
  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
  /** Proves the app, whose codes work once: each time that of a later step is taken. */
  const typeCode = async (page: Page, stepsAhead: number) => {
    await page.getByLabel('Code from your authenticator app').fill(codeOf(secret, stepsAhead))
    await page.keyboard.press('Enter')
  }
  const askForLink = async (page: Page, { email }: Account) => {
    await page.goto(`${server.publicUrl}/sign-in`)
    await page.getByRole('link', { name: 'Forgotten your password?' }).click()
    await heading(page, 'Let’s get you in again')
    await assertWellMade(page)
    await page.getByLabel('E-mail').fill(email)
    await page.keyboard.press('Enter')
    await heading(page, 'Look into your mail')
    await assertWellMade(page)
  }

  it('by a link from the mail, and the second factor is still asked for', () =>
    visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/account/security`, member)
      await page.getByRole('button', { name: 'Add an authenticator app' }).click()
      const window = page.getByRole('dialog')
      await window.getByRole('img', { name: /QR code/ }).waitFor()
      secret = ((await window.locator('code').textContent()) ?? '').replaceAll(' ', '')
      await window.getByLabel('Code that the app shows now').fill(codeOf(secret, 0))
      await page.keyboard.press('Enter')
      await page.getByText('Keep these recovery codes').waitFor()
      codes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allTextContents()
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('What protects it').waitFor()

      await visit(async ({ page: elsewhere }) => {
        await askForLink(elsewhere, member)
        const link = linkIn(await mailTo(member, 'recovery'), '/recovery')
        await elsewhere.goto(link)
        await heading(elsewhere, 'Choose a new password')
        await assertWellMade(elsewhere)
        const field = elsewhere.getByLabel('New password', { exact: true })
        await field.fill('too short')
        await elsewhere.getByRole('button', { name: 'Set the password' }).click()
        await elsewhere.locator('input[name=password][aria-invalid=true]').waitFor()
        const password = 'eleven brass kettles hum'
        await field.fill(password)
        await elsewhere.getByRole('button', { name: 'Set the password' }).click()
        await elsewhere.getByLabel('Code from your authenticator app').waitFor()
        assert.equal(await elsewhere.evaluate(async () => (await fetch('/v1/me')).status), 401)
        await assertWellMade(elsewhere)
        // Whoever reads the mailbox and nothing else stands here.
        await elsewhere.getByLabel('Code from your authenticator app').fill('123456')
        await elsewhere.keyboard.press('Enter')
        await elsewhere.getByText('This code does not hold').waitFor()
        await typeCode(elsewhere, 1)
        await elsewhere.getByText('Is my account safe?').waitFor()

        // What was signed in before is out, and the old password opens nothing.
        await page.reload()
        await heading(page, 'Sign in to Custodia')
        await fillSignIn(page, member)
        await page.getByText('E-mail or password is wrong.').waitFor()
        member = { ...member, password }
        // The link has done its work.
        await page.goto(link)
        await heading(page, 'This link can’t be used')
        await page.getByText('It has expired, or was used already. Ask for a new one.').waitFor()
        await assertWellMade(page)
        await page.getByRole('link', { name: 'Ask for a new link' }).click()
        await heading(page, 'Let’s get you in again')
      })
    }))

  it('by “This was not me” from a warning: everybody is out, and a new password is asked for', () =>
    visit(async ({ page: theirs }) => {
      const seen = (await desk.page.evaluate(async () => (await fetch('/v1/mailbox')).json())) as {
        items: { kind: string; to: string }[]
      }
      const before = seen.items.filter(({ kind, to }) => kind === 'recovery' && to.includes(member.email)).length
      await theirs.goto(`${server.publicUrl}/account/sessions`)
      await fillSignIn(theirs, member)
      await theirs.getByRole('button', { name: 'Use a recovery code instead' }).click()
      await theirs.getByLabel('Recovery code').fill(codes[0] as string)
      await theirs.keyboard.press('Enter')
      await theirs.getByText('Where am I signed in?').waitFor()
      const link = linkIn(await mailTo(member, 'factor-enrolled'), '/not-me')
      await visit(async ({ page }) => {
        await page.goto(link)
        await heading(page, 'This was not you?')
        await assertWellMade(page)
        // A mail program that opens links by itself has done nothing by it.
        await page.reload()
        await page.getByRole('button', { name: 'Sign out everywhere' }).click()
        await heading(page, 'You are signed out everywhere')
        await assertWellMade(page)
        // At their next click whoever it was is out, and the password that they know opens nothing.
        await theirs.getByRole('link', { name: 'Security' }).first().click()
        await heading(theirs, 'Sign in to Custodia')
        await fillSignIn(theirs, member)
        await theirs.getByText('E-mail or password is wrong.').waitFor()
        await page.goto(linkIn(await mailTo(member, 'recovery', before), '/recovery'))
        await page.getByLabel('New password', { exact: true }).fill('nine copper lanterns swing')
        await page.keyboard.press('Enter')
        await page.getByLabel('Code from your authenticator app').waitFor()
        await page.goto(link)
        await heading(page, 'This link can’t be used')
        await page.getByText('If you are worried, change your password.').waitFor()
      })
    }))

  it('that administrators asked for is stopped by whoever it is about', () =>
    visit(async ({ page }) => {
      const asked = await desk.page.evaluate(async (email) => {
        const people = (await (await fetch('/v1/users')).json()) as { items: { id: string; email: string }[] }
        const { id } = people.items.find((one) => one.email === email) as { id: string }
        return (await fetch(`/v1/users/${id}/recovery`, { method: 'POST' })).status
      }, auditor.email)
      assert.equal(asked, 201)
      const link = linkIn(await mailTo(auditor, 'delegated-recovery-begun'), '/recovery-cancel')
      await page.goto(link)
      await heading(page, 'Stop this recovery?')
      await assertWellMade(page)
      await page.getByRole('button', { name: 'Stop the recovery' }).click()
      await heading(page, 'The recovery is stopped')
      await assertWellMade(page)
      await page.goto(`${server.publicUrl}/sign-in`)
      await page.goto(link)
      await heading(page, 'This link can’t be used')
      await page.getByText('The recovery may be over, or stopped.').waitFor()
      await page.getByRole('link', { name: 'Go to sign-in' }).click()
      await fillSignIn(page, auditor)
      await page.getByText('Is my account safe?').waitFor()
    }))

  it('has pages that help where a link is cut off, made up, for something else, or too old', () =>
    visit(async ({ page }) => {
      const { publicUrl } = server
      const pages = ['/recovery', '/not-me', '/recovery-cancel', '/invitation', '/setup'] as const
      for (const path of pages) {
        await page.goto('about:blank')
        await page.goto(`${publicUrl}${path}#${'a'.repeat(40)}`)
        await heading(page, 'This link is not complete')
        await assertWellMade(page)
        await page.goto('about:blank')
        await page.goto(`${publicUrl}${path}#${'a'.repeat(52)}`)
        await heading(page, 'This link can’t be used')
        await page.getByText('It has expired, or was used already.').waitFor()
        await page.getByRole('link', { name: 'Go to sign-in' }).waitFor()
        await assertWellMade(page)
      }
      await askForLink(page, auditor)
      const link = linkIn(await mailTo(auditor, 'recovery'), '/recovery')
      await page.goto(link.replace('/recovery#', '/not-me#'))
      await heading(page, 'This link can’t be used')
      await page.goto(link)
      await heading(page, 'Choose a new password')
      const database = await superuserOf(server.folder)
      await database.run(`update identity.link set expires_at = now() where purpose = 'recovery'`)
      await database.close()
      await page.getByLabel('New password', { exact: true }).fill('nine copper lanterns swing')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      await assertWellMade(page)
      await page.reload()
      await heading(page, 'This link can’t be used')
    }))

  it('and in: a code from the mail is asked for, and typed in', () =>
    visit(async ({ page }) => {
      const { status, body } = await desk.page.evaluate(async () => {
        const now = (await (await fetch('/v1/policies/sign-in')).json()) as { roles: Record<string, string> }
        const policy = { ...now, mailCodes: true, graceDays: 0, roles: { ...now.roles, auditor: 'required' } }
        const answer = await fetch('/v1/policies/sign-in', {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(policy),
        })
        return { status: answer.status, body: await answer.text() }
      })
      assert.equal(status, 200, body)
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsessions`)
      await fillSignIn(page, auditor)
      await page.getByRole('button', { name: 'Send a code by e-mail' }).waitFor()
      await assertWellMade(page)
      await page.getByRole('button', { name: 'Send a code by e-mail' }).click()
      const field = page.getByRole('textbox', { name: /code/i })
      await field.waitFor()
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
      await assertWellMade(page)
      const code = /Your code: (\d{4} \d{4})/.exec(await mailTo(auditor, 'sign-in-code'))?.[1] ?? ''
      assert.notEqual(code, '')
      await field.fill(code === '0000 0000' ? '1111 1111' : '0000 0000')
      await page.keyboard.press('Enter')
      await page.getByText('This code does not hold').waitFor()
      // As it stands in the mail, with its space.
      await field.fill(code)
      await page.keyboard.press('Enter')
      await page.getByText('Where am I signed in?').waitFor()
      assert.equal(new URL(page.url()).pathname, '/account/sessions')
      await assertWellMade(page)
    }))
})
