import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import { createAccounts, newAccounts } from '../../tools/demo/accounts.ts'
import type { Caller } from '../../tools/demo/call.ts'
import { caller } from '../../tools/demo/call.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'
import { superuserOf } from '../superuser.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'

/**
 * Without a TPM Chromium has no place for keys: with these it keeps them as it keeps anything else. They are two: the feature, which
 * other systems have without being asked, and the place.
 */
const withKeys = '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting'

/** What Chromium says of a session that it keeps bound (DevTools protocol, `Network.deviceBoundSessionEventOccurred`). */
type Happened = {
  readonly succeeded: boolean
  readonly sessionId?: string
  readonly creationEventDetails?: { readonly fetchResult: string }
  readonly refreshEventDetails?: { readonly refreshResult: string }
  readonly terminationEventDetails?: { readonly deletionReason: string }
}

/** Hears what Chromium does by itself, of which no page knows. */
class Watch {
  readonly #happened: Happened[] = []
  readonly #events = new EventTarget()

  static async over(page: Page): Promise<Watch> {
    const watch = new Watch()
    const session = await page.context().newCDPSession(page)
    // Playwright does not know of these yet.
    const { on, send } = session as unknown as {
      on(name: string, hear: (one: Happened) => void): CDPSession
      send(name: string, options?: object): Promise<unknown>
    }
    on.call(session, 'Network.deviceBoundSessionEventOccurred', (one) => {
      watch.#happened.push(one)
      watch.#events.dispatchEvent(new Event('happened'))
    })
    await send.call(session, 'Network.enable')
    await send.call(session, 'Network.enableDeviceBoundSessions', { enable: true })
    return watch
  }

  /** Waits for something that may have happened already. @throws AssertionError with all that did where it does not come. */
  async sees(what: (one: Happened) => boolean): Promise<Happened> {
    const late = AbortSignal.timeout(15_000)
    for (;;) {
      const found = this.#happened.find(what)
      if (found !== undefined) return found
      await once(this.#events as never, 'happened', { signal: late }).catch(() =>
        assert.fail(`it did not happen, but ${JSON.stringify(this.#happened)}`),
      )
    }
  }

  get count(): number {
    return this.#happened.length
  }
}

const here = (page: Page) => page.getByRole('listitem').filter({ hasText: 'This browser' })
const registered = ({ creationEventDetails: made, succeeded }: Happened) => made?.fetchResult === 'Success' && succeeded

describe('a session that Chromium binds to a key', withBrowser, () => {
  const environment = { CUSTODIA_TLS: 'development' }
  let server: TestServer
  let call: Caller
  let member: Account
  let other: Account
  let keyed: Browser
  let plain: Browser
  before(async () => {
    server = await startTestServer({ environment })
    call = caller(server.port, 'custodia.localhost', readFileSync(join(server.folder, 'tls/authority.pem'), 'utf8'))
    const [administrator, ...others] = newAccounts(undefined)
    const accounts = [administrator as Account, ...others.map((account) => ({ ...account, role: 'member' }))]
    await createAccounts(call, String(server.command('setup-link').link), accounts)
    member = accounts[1] as Account
    other = accounts[2] as Account
    // Chromium trusts this one key and no other.
    const { publicKey } = new X509Certificate(readFileSync(join(server.folder, 'tls/server.pem')))
    const pin = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64')
    const trust = `--ignore-certificate-errors-spki-list=${pin}`
    keyed = await openBrowser([trust, withKeys])
    plain = await openBrowser([trust])
  })
  after(async () => {
    await plain?.close()
    await keyed?.close()
    await server?.remove()
  })

  const visit = async (browser: Browser, work: (visitor: Visitor, watch: Watch) => Promise<void>) => {
    const visitor = await newVisitor(browser)
    await work(visitor, await Watch.over(visitor.page))
    await visitor.leave()
  }
  const own = async (context: BrowserContext) =>
    (await context.cookies(server.publicUrl)).find(({ name }) => name === '__Host-custodia')
  /** As if its minutes were over: the browser drops the cookie, and nothing else. */
  const letCookieRunOut = (context: BrowserContext) => context.clearCookies({ name: '__Host-custodia' })

  it('is bound with the sign-in, gets its cookies by itself, and a copied cookie dies with its minutes', () =>
    visit(keyed, async ({ page, context }, watch) => {
      const agent = await page.evaluate(() => navigator.userAgent)
      const asThatBrowser = async (cookie: string | undefined) =>
        (await call('GET', '/v1/me', { cookie: `__Host-custodia=${cookie}`, headers: { 'user-agent': agent } })).status
      const signingIn = page.waitForResponse((answer) => answer.url().endsWith('/v1/sign-in'))
      await signInTo(page, `${server.publicUrl}/account/sessions`, member)
      const sent = (await (await signingIn).headerValues('set-cookie')).join('\n')
      const long = /__Host-custodia=([\w-]+)/.exec(sent)?.[1]
      await watch.sees(registered)
      await page.reload()
      await here(page).getByText('bound to this device').waitFor()
      const short = await own(context)
      assert.ok(short !== undefined && short.value !== long)
      const minutes = (short.expires - Date.now() / 1000) / 60
      assert.ok(minutes > 8 && minutes <= 10, `${minutes} minutes`)

      // The next request waits until the browser has proven its key.
      await letCookieRunOut(context)
      assert.equal(await page.evaluate(async () => (await fetch('/v1/me')).status), 200)
      const next = await own(context)
      assert.ok(next !== undefined && next.value !== short.value)
      await watch.sees(({ refreshEventDetails: fetched }) => fetched?.refreshResult === 'Refreshed')

      for (const copy of [short.value, next.value]) assert.equal(await asThatBrowser(copy), 200)
      // Nobody waits ten minutes: they are made older, and the server started anew, which remembers none.
      const database = await superuserOf(server.folder)
      await database.run(`update sessions.handle set expires_at = expires_at - interval '10 minutes'`)
      await database.close()
      await server.stop()
      server = await startTestServer({ folder: server.folder, port: server.port, environment })
      for (const copy of [long, short.value, next.value]) assert.equal(await asThatBrowser(copy), 401)
      await letCookieRunOut(context)
      await page.reload()
      await here(page).getByText('bound to this device').waitFor()
      for (const copy of [long, short.value, next.value]) assert.equal(await asThatBrowser(copy), 401)
    }))

  it('ends with the sign-out, and whoever signs in next is bound anew', () =>
    visit(keyed, async ({ page, context }, watch) => {
      await signInTo(page, `${server.publicUrl}/account/sessions`, member)
      const { sessionId } = await watch.sees(registered)
      await page.getByRole('button', { name: /^Account of/ }).click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
      await watch.sees((one) => one.sessionId === sessionId && one.terminationEventDetails !== undefined)
      await fillSignIn(page, other)
      const since = await watch.sees((one) => registered(one) && one.sessionId !== sessionId)
      await letCookieRunOut(context)
      const me = await page.evaluate(async () => (await (await fetch('/v1/me')).json()) as { user: { email: string } })
      assert.equal(me.user.email, other.email)
      assert.notEqual(since.sessionId, sessionId)
    }))

  it('is an ordinary one in a browser that has no place for keys, which notices nothing', () =>
    visit(plain, async ({ page, context }, watch) => {
      const signingIn = page.waitForResponse((answer) => answer.url().endsWith('/v1/sign-in'))
      await signInTo(page, `${server.publicUrl}/account/sessions`, member)
      assert.match((await (await signingIn).headerValue('secure-session-registration')) ?? '', /^\(ES256\);path="/)
      const cookie = await own(context)
      for (const path of ['/account/security', '/', '/account/sessions']) {
        await page.goto(`${server.publicUrl}${path}`)
        await page.getByRole('button', { name: /^Account of/ }).waitFor()
      }
      await here(page).waitFor()
      assert.equal(await here(page).getByText('bound to this device').count(), 0)
      assert.equal((await own(context))?.value, cookie?.value)
      assert.equal(cookie?.expires, -1, 'it lives as long as the browser')
      assert.equal(watch.count, 0)
    }))
})
