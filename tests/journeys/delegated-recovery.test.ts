import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { KeptMail } from '@custodia/wire/http/mail.ts'
import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { superuserOf } from '../superuser.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { seriousFindings, widerThanTheWindow } from './well-made.ts'

describe('a recovery by two administrators', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let first: Account
  let second: Account
  let member: Account
  before(async () => {
    server = await startTestServer()
    const accounts = await withAccounts(server, ['administrator', 'member'])
    first = accounts[0] as Account
    second = accounts[1] as Account
    member = accounts[2] as Account
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
  const people = () => `${server.publicUrl}/users`
  const underWay = (page: Page) => page.getByRole('list', { name: 'Recoveries under way' })
  const openMember = async (page: Page) => {
    await page.getByRole('link', { name: member.name, exact: true }).click()
    return page.getByRole('dialog', { name: member.name })
  }
  const ask = async (page: Page) => {
    const sheet = await openMember(page)
    await sheet.getByRole('button', { name: 'Ask for a recovery' }).click()
    const question = page.getByRole('alertdialog', { name: `Recover the account of ${member.name}?` })
    await question.getByText('a second administrator has to agree').waitFor()
    await question.getByRole('button', { name: 'Ask for a recovery' }).click()
    await sheet.getByText('Another administrator has to agree').waitFor()
    return sheet
  }
  const approve = async (page: Page) => {
    await underWay(page)
      .getByRole('button', { name: `Agree to the recovery of ${member.name}` })
      .click()
    const question = page.getByRole('alertdialog')
    await question.getByText('The waiting time begins.').waitFor()
    await question.getByRole('button', { name: 'Agree', exact: true }).click()
    await underWay(page)
      .getByText(/The link goes out/)
      .waitFor()
  }
  /** The newest link of a kind that the member was sent. */
  const linkFor = async (path: string): Promise<string> => {
    const cookie = await signIn(server.call, first)
    const { body } = await server.call('GET', '/v1/mailbox', { cookie })
    const mails = (body.items as KeptMail[]).filter(({ to }) => to === member.email)
    const pattern = new RegExp(`${server.publicUrl}/${path}#[a-z2-7]{52}`)
    const found = mails.map(({ text }) => pattern.exec(text)?.[0]).find((link) => link !== undefined)
    assert.ok(found, `no mail with a link to /${path}`)
    return found
  }
  /** Nobody waits a day: what was asked and agreed is made older, and the server started anew, which then looks at once. */
  const letTheWaitPass = async () => {
    const database = await superuserOf(server.folder)
    await database.run(`update identity.delegated_recovery set asked_at = asked_at - interval '25 hours',
      approved_at = approved_at - interval '25 hours', ready_at = ready_at - interval '25 hours' where ended_at is null`)
    await database.run(`update platform.job set next_run_at = now() where name = 'identity.recovery'`)
    await database.close()
    await server.stop()
    server = await startTestServer({ folder: server.folder, port: server.port })
  }
  let secret = ''

  it('is not for whoever asked to agree to; another finds it above the list, and both see until when it waits', () =>
    visit(async ({ page }) => {
      await visit(async ({ page: theirs }) => {
        await signInTo(theirs, `${server.publicUrl}/account/security`, member)
        secret = await enrolApp(theirs)
      })
      await signInTo(page, people(), first)
      await page.getByText(member.email).waitFor()
      assert.equal(await underWay(page).count(), 0)
      const sheet = await ask(page)
      assert.equal(await sheet.getByRole('button', { name: /^Agree/ }).count(), 0)
      await page.keyboard.press('Escape')
      await underWay(page).getByText(`${first.name} asked for it`).waitFor()
      assert.equal(
        await underWay(page)
          .getByRole('button', { name: /^Agree/ })
          .count(),
        0,
      )
      // Neither by another way than the page.
      const status = await page.evaluate(async () => {
        const { items } = await (await fetch('/v1/recoveries')).json()
        return (await fetch(`/v1/users/${items[0].userId}/recovery/approve`, { method: 'POST' })).status
      })
      assert.equal(status, 403)
      await visit(async ({ page: other }) => {
        await signInTo(other, people(), second)
        await underWay(other).getByText('It waits for a second administrator').waitFor()
        assert.deepEqual(await seriousFindings(other), [])
        await approve(other)
        const waiting = (await underWay(other).textContent()) ?? ''
        assert.match(waiting, /The link goes out (tomorrow|in 2[34] hours): /)
        assert.match(waiting, new RegExp(`${second.name} agreed`))
        for (const width of [1280, 360]) {
          await other.setViewportSize({ width, height: 800 })
          assert.deepEqual(await widerThanTheWindow(other), [], `${width} px`)
        }
      })
    }))

  it('is cancelled by the person, with the link of the mail, and by nobody’s mere look at it', () =>
    visit(async ({ page }) => {
      const link = await linkFor('recovery-cancel')
      await page.goto(link)
      await page.getByRole('heading', { name: 'Stop this recovery?' }).waitFor()
      await visit(async ({ page: admin }) => {
        await signInTo(admin, people(), first)
        await underWay(admin).getByText(member.name).waitFor()
      })
      await page.getByRole('button', { name: 'Stop the recovery' }).click()
      await page.getByText('The recovery is stopped').waitFor()
      await page.goto('about:blank')
      await page.goto(link)
      await page.getByText('This link can’t be used').waitFor()
      await visit(async ({ page: admin }) => {
        await signInTo(admin, people(), first)
        await page.waitForLoadState()
        await admin.getByText(member.email).waitFor()
        assert.equal(await underWay(admin).count(), 0)
      })
    }))

  it('is stopped by one administrator, who need not be one of the two', () =>
    visit(async ({ page }) => {
      await signInTo(page, people(), first)
      await ask(page)
      await visit(async ({ page: other }) => {
        await signInTo(other, people(), second)
        await underWay(other)
          .getByRole('button', { name: `Stop the recovery of ${member.name}` })
          .click()
        await other.getByRole('alertdialog').getByRole('button', { name: 'Stop the recovery' }).click()
        await underWay(other).waitFor({ state: 'detached' })
      })
    }))

  it('ends, after its wait, with a new password and without the factors; what the policy demands is still asked for', () =>
    visit(async ({ page }) => {
      await visit(async ({ page: admin }) => {
        await signInTo(admin, people(), first)
        await admin.evaluate(async () => {
          const policy = await (await fetch('/v1/policies/sign-in')).json()
          const body = JSON.stringify({ ...policy, roles: { member: 'required' }, graceDays: 0 })
          const headers = { 'content-type': 'application/json' }
          if (!(await fetch('/v1/policies/sign-in', { method: 'PUT', headers, body })).ok) throw new Error('the policy')
        })
        await ask(admin)
      })
      await visit(async ({ page: other }) => {
        await signInTo(other, people(), second)
        await approve(other)
      })
      await letTheWaitPass()
      const link = await eventually(() => linkFor('recovery'))
      const password = 'seven new herons in the reeds'
      await page.goto(link)
      await page.getByLabel('New password').fill(password)
      await page.getByRole('button', { name: 'Set the password' }).click()
      await page.getByRole('heading', { name: 'Add a second step' }).waitFor()
      assert.equal(await page.evaluate(async () => (await fetch('/v1/me')).status), 401)
      // The app that was lost opens nothing any more, and neither does the old password.
      await visit(async ({ page: again }) => {
        await again.goto(`${server.publicUrl}/sign-in`)
        await fillSignIn(again, member)
        await again.getByText('E-mail or password is wrong.').waitFor()
        await fillSignIn(again, { ...member, password })
        await again.getByRole('heading', { name: 'Add a second step' }).waitFor()
        assert.equal(await again.getByLabel('Code from your authenticator app').count(), 0)
      })
      assert.match(secret, /^[A-Z2-7]{32,}$/)
    }))
})

/** Tries until it succeeds, for at most half a minute: what it waits for happens in a job of the server. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + 30_000
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
}

/** Enrols an authenticator app by the page. @returns its secret. */
async function enrolApp(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Add an authenticator app' }).click()
  const window = page.getByRole('dialog')
  await window.getByRole('img', { name: /QR code/ }).waitFor()
  const secret = ((await window.locator('code').textContent()) ?? '').replaceAll(' ', '')
  await window
    .getByLabel('Code that the app shows now')
    .fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate())
  await window.getByRole('button', { name: 'Confirm the app' }).click()
  await page.getByLabel('I have kept them').check()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('What protects it').waitFor()
  return secret
}
