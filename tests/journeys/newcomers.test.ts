import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn } from './sign-in.ts'

const configuration = `access:
  roles:
    bookkeeper: { summary: Keeps the books., permissions: ["books:*"] }
    guest: { summary: Looks at the books., permissions: ["books:read"] }
gateway:
  applications:
    books:
      title: Books
      host: books.localhost
      upstream: http://127.0.0.1:9
      permissions: { books:read: Read., books:write: Write. }
      rules: [{ path: "/**", permission: "books:read" }]
`
const administrator = { email: 'ada@harbour.example', password: 'tide tables and tar' }
const newcomer = { email: 'nils@harbour.example', password: 'seven knots of rope' }

describe('on a fresh server', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let first: Visitor
  before(async () => {
    server = await startTestServer({ configuration })
    browser = await openBrowser()
    first = await newVisitor(browser)
  })
  after(async () => {
    await first?.leave()
    await browser?.close()
    await server?.remove()
  })

  const visit = async (work: (visitor: Visitor) => Promise<void>) => {
    const visitor = await newVisitor(browser)
    await work(visitor)
    await visitor.leave()
  }
  let setupLink = ''
  let invitation = ''

  it('a set-up link that is cut off or made up leads to no form', () =>
    visit(async ({ page }) => {
      for (const [token, words] of [
        ['', 'This link is not complete'],
        ['#abc', 'This link is not complete'],
        [`#${'a'.repeat(52)}`, 'This link can’t be used'],
      ] as const) {
        await page.goto('about:blank')
        await page.goto(`${server.publicUrl}/setup${token}`)
        await page.getByText(words).waitFor()
        assert.equal(await page.getByRole('textbox').count(), 0)
      }
    }))

  it('the set-up link makes the first administrator, who is signed in and may see everything', async () => {
    const { page } = first
    setupLink = String(server.command('setup-link').link)
    await page.goto(setupLink)
    await page.getByLabel('Organisation').fill('Harbour Books')
    await page.getByLabel('Your name').fill('Ada Holm')
    await page.getByLabel('E-mail').fill(administrator.email)
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Create the organisation' }).click()
    await page.locator('[aria-invalid=true]').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(administrator.password)
    await page.getByRole('button', { name: 'Create the organisation' }).click()
    await page.getByText('Is my account safe?').waitFor()
    assert.equal(page.url(), `${server.publicUrl}/`)
    const navigation = page.getByRole('navigation', { name: 'Main' })
    for (const name of ['Sessions', 'Password', 'People', 'Ledger'])
      assert.equal(await navigation.getByRole('link', { name }).count(), 1, name)
  })

  it('the set-up link works once', () =>
    visit(async ({ page }) => {
      await page.goto(setupLink)
      await page.getByText('This link can’t be used').waitFor()
    }))

  it('the administrator invites somebody with a role, and is shown the link once', async () => {
    const { page } = first
    await page.getByRole('link', { name: 'People' }).click()
    await page.getByRole('button', { name: 'Invite somebody' }).click()
    const window = page.getByRole('dialog')
    await window.getByLabel('E-mail').fill(newcomer.email)
    await window.getByLabel('Name', { exact: true }).fill('Nils')
    await window.getByRole('checkbox', { name: /bookkeeper/ }).check()
    await window.getByRole('button', { name: 'Create the link' }).click()
    invitation = (await window.locator('code').textContent()) ?? ''
    assert.match(invitation, /^http:\/\/[^#]+\/invitation#[a-z2-7]{52}$/)
    await window.getByRole('button', { name: 'Done' }).click()
    const row = page.getByRole('listitem').filter({ hasText: newcomer.email })
    await row.getByText('Invited').waitFor()
    assert.equal(await page.getByText(invitation).count(), 0)
  })

  it('who is invited can not sign in before the invitation was accepted', () =>
    visit(async ({ page }) => {
      await page.goto(`${server.publicUrl}/sign-in`)
      await fillSignIn(page, newcomer)
      await page.getByText('E-mail or password is wrong.').waitFor()
    }))

  it('who accepts is signed in with exactly the roles of the invitation', () =>
    visit(async ({ page }) => {
      await page.goto(invitation)
      await page.getByText('Join Harbour Books').waitFor()
      assert.equal(await page.getByLabel('E-mail').inputValue(), newcomer.email)
      assert.equal(await page.getByLabel('E-mail').isEditable(), false)
      await page.getByLabel('Your name').fill('Nils Åberg')
      await page.getByLabel('New password').fill(newcomer.password)
      await page.getByRole('button', { name: 'Create the account' }).click()
      await page.getByText('Is my account safe?').waitFor()
      // The token was in the address: neither the bar nor the way back has it any more.
      assert.equal(page.url(), `${server.publicUrl}/`)
      await page.getByRole('link', { name: /Books/ }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Ledger' }).count(), 0)
      const me = (await page.evaluate(async () => (await fetch('/v1/me')).json())) as Me
      assert.deepEqual(me.user.roles, ['bookkeeper'])
      assert.deepEqual(me.permissions, ['books:read', 'books:write'])
    }))

  it('the invitation works once', () =>
    visit(async ({ page }) => {
      await page.goto(invitation)
      await page.getByText('This link can’t be used').waitFor()
    }))

  it('a role that is taken away is gone with the next request', () =>
    visit(async (nils) => {
      await nils.page.goto(`${server.publicUrl}/sign-in`)
      await fillSignIn(nils.page, newcomer)
      await nils.page.getByRole('link', { name: /Books/ }).waitFor()

      const { page } = first
      await page.goto(`${server.publicUrl}/users`)
      await page.getByRole('link', { name: 'Nils Åberg' }).click()
      await page.getByRole('button', { name: 'Take the role bookkeeper' }).click()
      await page.getByLabel('Reason').fill('Keeps the books no more')
      await page.getByRole('button', { name: 'Take the role', exact: true }).click()
      await page.getByText('Taken. It holds from the next request on.').waitFor()

      await nils.page.reload()
      await nils.page.getByText('No application is open to you yet').waitFor()
    }))

  it('an account that is disabled is signed out and can not sign in', () =>
    visit(async (nils) => {
      await nils.page.goto(`${server.publicUrl}/sign-in`)
      await fillSignIn(nils.page, newcomer)
      await nils.page.getByText('Is my account safe?').waitFor()

      const { page } = first
      await page.getByRole('button', { name: 'Disable the account' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Disable the account' }).click()
      await page.getByText('Disabled').first().waitFor()

      await nils.page.reload()
      await fillSignIn(nils.page, newcomer)
      await nils.page.getByText('E-mail or password is wrong.').waitFor()
    }))
})

type Me = { readonly user: { readonly roles: readonly string[] }; readonly permissions: readonly string[] }
