import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { openMail } from './mailbox.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

const typed = '0049 151 / 2345-6767'
const number = '+4915123456767'

describe('a code by text message', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  /** The administrator, who also reads the development mailbox. */
  let desk: Visitor
  before(async () => {
    server = await startTestServer({
      environment: { CUSTODIA_MAIL_TEXTS: 'development', CUSTODIA_MAIL_TEXT_PREFIXES: '+49' },
    })
    const accounts = await withAccounts(server)
    administrator = accounts[0] as Account
    member = accounts[1] as Account
    browser = await openBrowser()
    desk = await newVisitor(browser)
    await signInTo(desk.page, `${server.publicUrl}/policies/sign-in`, administrator)
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
  const textOf = (kind: string) => openMail(desk.page, server.publicUrl, { to: number, kind })
  const codeIn = (text: string): string => {
    const code = /code is (\d{4} \d{4})\./.exec(text)?.[1]
    assert.ok(code !== undefined, text)
    return code
  }
  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: /^Account of/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('E-mail').waitFor()
  }

  it('is offered to nobody before the organisation allows it, which says what that means', async () => {
    await visit(async ({ page }) => {
      await signInTo(page, `${server.publicUrl}/account/security`, member)
      await page.getByRole('button', { name: 'Add an authenticator app' }).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Add a phone' }).count(), 0)
    })
    const { page } = desk
    await page.getByLabel('Codes by text message').check()
    await page.getByText('Whoever takes over somebody’s phone number can pass their second step.').waitFor()
    await page.getByRole('button', { name: 'Save the policy' }).click()
    await page.getByText('Saved. It holds from the next sign-in on.').waitFor()
  })

  it('needs a phone, which is added with a warning, on a phone’s screen and by the code that it got', () =>
    visit(async ({ page }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      await signInTo(page, `${server.publicUrl}/account/security`, member)
      await page.getByRole('button', { name: 'Add a phone' }).click()
      const window = page.getByRole('dialog', { name: 'Add a phone' })
      await window.getByText('Less safe than a passkey or an app').waitFor()
      await assertWellMade(page)
      const field = window.getByLabel('Phone number')
      assert.deepEqual([await field.getAttribute('type'), await field.getAttribute('autocomplete')], ['tel', 'tel'])
      await field.fill('0151 23456767')
      await page.keyboard.press('Enter')
      await window.getByText('This is not a phone number with its country’s code.').waitFor()
      await field.fill('+1 876 555 0100')
      await page.keyboard.press('Enter')
      await window.getByText('CUSTODIA_MAIL_TEXT_PREFIXES').waitFor()
      await field.fill(typed)
      await page.keyboard.press('Enter')
      await window.getByText('A code is on its way to …67.').waitFor()
      await assertWellMade(page)
      const text = await textOf('phone-code')
      assert.equal(text.split('\n').at(-1), `@${new URL(server.publicUrl).hostname} #${codeIn(text).replace(' ', '')}`)
      await window.getByLabel('Code from the text message').fill('0000 0000')
      await page.keyboard.press('Enter')
      await window.getByText('This code does not hold. Take the newest one').waitFor()
      await window.getByLabel('Code from the text message').fill(codeIn(text))
      await window.getByLabel('Name').fill('Old mobile')
      await page.keyboard.press('Enter')
      await page.getByLabel('I have kept them').check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('The phone is added').waitFor()
      await page.getByText('It is protected by codes that can be redirected.').waitFor()
      await page.getByText('ends in 67').waitFor()
      await page.getByText('less safe', { exact: true }).waitFor()
      await assertWellMade(page)
    }))

  it('is asked for at the next sign-in, sent when its owner says so, and works once', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in`)
      await fillSignIn(page, member)
      await page.getByText('It goes to …67.').waitFor()
      await assertWellMade(page)
      await page.getByRole('button', { name: 'Send a code by text message' }).click()
      await page.getByText('It was sent to …67.').waitFor()
      const code = codeIn(await textOf('sign-in-code'))
      const field = page.getByLabel('The code that was sent')
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code')
      await field.fill(code)
      await page.keyboard.press('Enter')
      await page.getByText('Is my account safe?').waitFor()
      await signOut(page)
      await fillSignIn(page, member)
      await page.getByRole('button', { name: 'Send a code by text message' }).click()
      await page.getByLabel('The code that was sent').fill(code)
      await page.keyboard.press('Enter')
      await page.getByText('This code does not hold').waitFor()
    }))

  it('is given up by taking the phone away, of which the phone hears', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in?next=%2Faccount%2Fsecurity`)
      await fillSignIn(page, member)
      await page.getByRole('button', { name: 'Send a code by text message' }).click()
      await page.getByText('It was sent to …67.').waitFor()
      const code = codeIn(await openMail(desk.page, server.publicUrl, { to: number, kind: 'sign-in-code', after: 2 }))
      await page.getByLabel('The code that was sent').fill(code)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Rename Old mobile' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill('Attic')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('button', { name: 'Remove Attic' }).click()
      await page.getByText('It is your last one').waitFor()
      await page.getByRole('button', { name: 'Remove it' }).click()
      await page.getByText('“Attic” is removed').waitFor()
      assert.match(await textOf('factor-removed'), /a way to sign in was removed \(codes by text message\)/)
    }))
})
