import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext } from 'playwright-core'
import type { RawAnswer } from '../raw-exchange.ts'
import { rawExchange } from '../raw-exchange.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { fillSignIn, signInTo } from './sign-in.ts'

describe('sessions', withBrowser, () => {
  const folder = newDemoFolder()
  let demo: Demo
  let browser: Browser
  before(async () => {
    demo = await startDemo({ folder })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await demo?.stop()
    removeFolder(folder)
  })

  const atSignIn = async ({ page }: Visitor) => {
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    assert.equal(new URL(page.url()).origin, demo.console)
    assert.equal(new URL(page.url()).pathname, '/sign-in')
  }
  /** Runs with somebody's browser, and lets them leave. */
  const visit = async (work: (visitor: Visitor) => Promise<void>) => {
    const visitor = await newVisitor(browser)
    await work(visitor)
    await visitor.leave()
  }
  const inboxHost = () => new URL(demo.inbox).host
  const inboxName = 'inbox.localhost'
  /** The cookie that a browser would send to Inbox. */
  const inboxCookie = async (context: BrowserContext) =>
    (await context.cookies(demo.inbox)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const askInbox = (lines: readonly string[]): Promise<RawAnswer> =>
    rawExchange(
      demo.port,
      ['GET / HTTP/1.1', `Host: ${inboxHost()}`, ...lines, 'Connection: close', '', ''].join('\r\n'),
    ).answer

  it('are ended by their owner from another browser, and the very next request leads to the sign-in', () =>
    visit(async (lost) => {
      await signInTo(lost.page, demo.inbox, demo.accounts.member)
      const cookie = await inboxCookie(lost.context)
      await visit(async ({ page }) => {
        await signInTo(page, `${demo.console}/account/sessions`, demo.accounts.member)
        await page.getByText('Here, and at 1 other place.').waitFor()
        await page.getByText('This browser').waitFor()
        const other = page.getByRole('listitem').filter({ hasText: `reaches ${inboxName}` })
        await other.getByRole('button', { name: /^End the session of/ }).click()
        await page.getByText(`So are its sign-ins to ${inboxName}.`).waitFor()
        await page.getByRole('button', { name: 'End the session', exact: true }).click()
        await page.getByText('1 session ended.').waitFor()
        await page.getByText('Only here, in this browser.').waitFor()
      })
      assert.equal((await askInbox([`Cookie: ${cookie}`, 'Accept: application/json'])).status, 401)
      await lost.page.getByRole('link', { name: 'Inbox' }).first().click()
      await atSignIn(lost)
      await lost.page.goto(demo.console)
      await atSignIn(lost)
    }))

  it('are ended by an administrator, at the person whose they are', () =>
    visit(async (theirs) => {
      await signInTo(theirs.page, demo.inbox, demo.accounts.reader)
      await visit(async ({ page }) => {
        await signInTo(page, `${demo.console}/users`, demo.accounts.administrator)
        await page.getByRole('link', { name: 'Jonas Bäcker' }).click()
        await page.getByRole('button', { name: /^End the session of/ }).click()
        await page.getByText(/Jonas Bäcker is signed out at once/).waitFor()
        await page.getByRole('button', { name: 'End the session', exact: true }).click()
        await page.getByText('Not signed in anywhere.').waitFor()
      })
      await theirs.page.reload()
      await atSignIn(theirs)
    }))

  it('end at Inbox as well when their owner signs out in the console', () =>
    visit(async (visitor) => {
      const { page, context } = visitor
      await signInTo(page, demo.inbox, demo.accounts.member)
      const cookie = await inboxCookie(context)
      // As that browser: a cookie that turns up in another one holds its session.
      const agent = await page.evaluate(() => navigator.userAgent)
      assert.equal((await askInbox([`Cookie: ${cookie}`, `User-Agent: ${agent}`])).status, 200)
      await page.goto(demo.console)
      await page.getByRole('button', { name: /^Account of/ }).click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await atSignIn(visitor)
      // A copy of the cookie is worth nothing either.
      assert.equal((await askInbox([`Cookie: ${cookie}`, 'Accept: application/json'])).status, 401)
      await page.goto(demo.inbox)
      await atSignIn(visitor)
      await page.goto(`${demo.console}/account/sessions`)
      await atSignIn(visitor)
    }))

  it('end at Custodia as well when their owner signs out in Inbox', () =>
    visit(async (visitor) => {
      const { page, context } = visitor
      await signInTo(page, demo.inbox, demo.accounts.member)
      const cookie = await inboxCookie(context)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await atSignIn(visitor)
      assert.equal((await askInbox([`Cookie: ${cookie}`, 'Accept: application/json'])).status, 401)
      await page.goto(`${demo.console}/account/sessions`)
      await atSignIn(visitor)
    }))

  it('of other browsers end with a new password, and the old one opens nothing', () =>
    visit(async (other) => {
      const { administrator } = demo.accounts
      await signInTo(other.page, demo.inbox.replace('inbox.', 'custodia.'), administrator)
      await visit(async ({ page }) => {
        const password = `${administrator.password}, and a few words more`
        await signInTo(page, `${demo.console}/account/password`, administrator)
        await page.getByLabel('Current password').fill('not the password')
        await page.getByLabel('New password').fill(password)
        await page.getByRole('button', { name: 'Change the password' }).click()
        await page.getByText('That is not your current password.').waitFor()
        await page.getByLabel('Current password').fill(administrator.password)
        await page.getByLabel('New password').fill(password)
        await page.getByRole('button', { name: 'Change the password' }).click()
        await page.getByText('Your password is changed').waitFor()
        await page.goto(`${demo.console}/account/sessions`)
        await page.getByText('Only here, in this browser.').waitFor()

        await other.page.goto(`${demo.console}/ledger`)
        await atSignIn(other)
        await fillSignIn(other.page, administrator)
        await other.page.getByText('E-mail or password is wrong.').waitFor()
        await fillSignIn(other.page, { ...administrator, password })
        await other.page.getByText('Is the record whole?').waitFor()
      })
    }))

  it('are asked of a program by 401, and of somebody who navigates by the sign-in page', async () => {
    for (const lines of [
      ['Accept: application/json'],
      ['Accept: */*'],
      ['Sec-Fetch-Mode: cors', 'Accept: text/html'],
      [],
    ]) {
      const answer = await askInbox(lines)
      assert.equal(answer.status, 401, lines.join())
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/)
      assert.equal(answer.headers.location, undefined)
      assert.equal(answer.headers['set-cookie'], undefined)
    }
    for (const lines of [['Accept: text/html,*/*'], ['Sec-Fetch-Mode: navigate']]) {
      const answer = await askInbox(lines)
      assert.equal(answer.status, 302, lines.join())
      assert.equal(new URL(answer.headers.location as string).origin, demo.console)
    }
    await visit(async ({ page }) => {
      await page.goto(`${demo.console}/sign-in`)
      for (const path of ['/v1/me', '/v1/sessions', '/v1/users', '/v1/ledger/entries'])
        assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, path), 401, path)
    })
  })

  it('begin where somebody was going: a message in Inbox, a page of the console with its filters', () =>
    visit(async ({ page }) => {
      await signInTo(page, demo.inbox, demo.accounts.member)
      const path = await page.locator('.row').first().getAttribute('href')
      const deep = `${demo.inbox}${path}?view=text`
      await visit(async (later) => {
        await later.page.goto(deep)
        await fillSignIn(later.page, demo.accounts.member)
        await later.page.locator('article.message').waitFor()
        assert.equal(later.page.url(), deep)
        // Signed in at Custodia already: no form stands between.
        await later.context.clearCookies({ domain: new URL(demo.inbox).hostname })
        await later.page.goto(deep)
        await later.page.locator('article.message').waitFor()
        assert.equal(later.page.url(), deep)
      })
      await visit(async (later) => {
        await later.page.goto(`${demo.console}/account/sessions?x=1#y`)
        await fillSignIn(later.page, demo.accounts.member)
        await later.page.getByText('Where am I signed in?').waitFor()
        assert.equal(new URL(later.page.url()).pathname, '/account/sessions')
      })
    }))

  it('begin at home where the address to go to is somebody else’s', () =>
    visit(async ({ page, context }) => {
      for (const next of [
        '//evil.example/',
        'https://evil.example/',
        '/\\evil.example',
        'javascript:alert(1)',
        '/%2f/evil.example',
      ]) {
        await page.goto(`${demo.console}/sign-in?${new URLSearchParams({ next })}`)
        await fillSignIn(page, demo.accounts.reader)
        await page
          .getByRole('navigation', { name: 'Main' })
          .or(page.getByText('There is no such page'))
          .first()
          .waitFor()
        assert.equal(new URL(page.url()).origin, demo.console, next)
        await context.clearCookies()
      }
    }))

  it('are carried to no host but that of the browser that asked', () =>
    visit(async ({ page }) => {
      await signInTo(page, demo.console, demo.accounts.member)
      const state = 'A'.repeat(43)
      for (const host of ['evil.example', `custodia.localhost:${demo.port}`, 'inbox.localhost']) {
        const body = { host, state }
        const status = await page.evaluate(
          async (sent) =>
            (
              await fetch('/v1/hand-over', {
                method: 'POST',
                headers: { 'content-type': 'application/json' },
                body: JSON.stringify(sent),
              })
            ).status,
          body,
        )
        if (host !== 'inbox.localhost') assert.equal(status, 404, host)
      }
      // A link that somebody else made, with a state that this browser's cookie does not know.
      await page.goto(`${demo.console}/sign-in?${new URLSearchParams({ host: 'inbox.localhost', state })}`)
      await page.getByText('This way back from the sign-in page works once').waitFor()
      assert.equal((await page.context().cookies(demo.inbox)).length, 0)
    }))

  it('stand in cookies that no script reads and no other host gets', () =>
    visit(async ({ page, context }) => {
      await signInTo(page, demo.inbox, demo.accounts.member)
      const cookies = await context.cookies()
      const hosts = new Set(cookies.map(({ domain }) => domain))
      assert.deepEqual([...hosts].sort(), ['custodia.localhost', 'inbox.localhost'])
      for (const cookie of cookies) {
        assert.match(cookie.name, /^__Host-/)
        assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite !== 'None', cookie.name)
      }
      assert.equal(await page.evaluate(() => document.cookie), '')
      assert.notEqual(cookies[0]?.value, cookies[1]?.value)
    }))

  it('are begun on pages whose policy allows nothing inline, nothing evaluated, nothing from elsewhere', () =>
    visit(async ({ page }) => {
      for (const url of [
        `${demo.console}/sign-in`,
        `${demo.console}/setup`,
        `${demo.console}/ledger`,
        `${demo.console}/nowhere`,
      ]) {
        const headers = (await page.goto(url))?.headers() ?? {}
        const policy = headers['content-security-policy'] ?? ''
        assert.match(policy, /default-src 'none'/, url)
        assert.match(policy, /script-src 'self'(;|$)/, url)
        assert.match(policy, /style-src 'self'(;|$)/, url)
        assert.match(policy, /frame-ancestors 'none'/, url)
        assert.match(policy, /require-trusted-types-for 'script'/, url)
        assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/, url)
        assert.equal(headers['x-content-type-options'], 'nosniff', url)
      }
    }))
})
