import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

/** Each application lets in one request a day without work. */
const configuration = (upstream: number) => {
  const one = (name: string, more: string) => `    ${name}:
      host: ${name}.localhost
      upstream: http://127.0.0.1:${upstream}
      permissions: { "${name}:use": "Use it." }
      rules: [{ path: "/offers/**", public: true }, { path: "/**", permission: "${name}:use" }]
      edge: { limits: { attacked: { by: route, burst: 1, perSeconds: 86400, exceeded: challenge } }${more} }
`
  return `gateway:\n  applications:\n${one('shop', '')}${one('plain', ', browser: { profile: "off" }')}`
}

const page = (path: string) => `<!doctype html><html lang="en"><title>Offers</title><h1>Offers</h1><p>${path}</p>
<p><a href="/offers/more">More</a></p></html>`

describe('a route under attack, in a browser', withBrowser, () => {
  let upstream: Server
  let server: TestServer
  let browser: Browser
  let administrator: Account
  before(async () => {
    upstream = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page(request.url ?? ''))
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    server = await startTestServer({ configuration: configuration((upstream.address() as AddressInfo).port) })
    administrator = (await withAccounts(server, []))[0] as Account
    const cookie = await signIn(server.call, administrator)
    const body = { scope: 'installation', by: 'route', burst: 1, perSeconds: 86_400, path: '/v1/theme' }
    const answer = await server.call('PUT', '/v1/limits/policies/theme-attacked', {
      ...{ cookie, body: { ...body, exceeded: 'challenge' } },
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    // What is let in without work is gone.
    for (const host of ['shop', 'plain'])
      await server.call('GET', '/offers/', { headers: { host: `${host}.localhost` } })
    await server.call('GET', '/v1/theme')
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
    upstream?.closeAllConnections()
    upstream?.close()
  })

  const at = (host: string, path = '/offers/?of=today') => `http://${host}.localhost:${server.port}${path}`

  for (const host of ['shop', 'plain'])
    it(`a person gets in after their browser’s work, without doing anything, and is not asked again: ${host}`, async () => {
      const visitor = await newVisitor(browser)
      const { page, context } = visitor
      const asked: string[] = []
      page.on('response', (response) => {
        if (response.status() === 429) asked.push(new URL(response.url()).pathname)
      })
      await page.goto(at(host))
      await page.getByRole('heading', { name: 'Offers' }).waitFor()
      assert.equal(page.url(), at(host))
      assert.deepEqual(asked, ['/offers/'])
      const names = (await context.cookies(at(host))).map(({ name }) => name)
      assert.deepEqual(names, ['__Host-custodia-pass-attacked'])
      assert.equal(await page.evaluate(() => document.cookie), '')
      await page.getByRole('link', { name: 'More' }).click()
      await page.getByText('/offers/more').waitFor()
      assert.equal(asked.length, 1)
      await visitor.leave()
    })

  it('the page that says so is well made, bright and dark, and says how it stands while the browser works', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const visitor = await newVisitor(browser, { colorScheme })
      const { page } = visitor
      // Work that does not end.
      await page.route('**/.custodia/challenge/worker.js', () => {})
      const response = await page.goto(at('shop'))
      assert.equal(response?.status(), 429)
      await page.getByRole('heading', { name: 'One moment' }).waitFor()
      await page.getByRole('status').filter({ hasText: 'Your browser is working.' }).waitFor()
      await assertWellMade(page)
      await visitor.leave()
    }
  })

  it('without JavaScript, and without cookies, it says what to do', async () => {
    const without = await newVisitor(browser, { javaScriptEnabled: false })
    await without.page.goto(at('shop'))
    await without.page.getByText('Your browser runs none here.').waitFor()
    await without.leave()
    const visitor = await newVisitor(browser, {
      probe: "Object.defineProperty(navigator, 'cookieEnabled', { value: false })",
    })
    await visitor.page.goto(at('shop'))
    await visitor.page.getByText('Allow cookies for this address').waitFor()
    await visitor.page.getByRole('link', { name: 'Try again' }).waitFor()
    await assertWellMade(visitor.page)
    await visitor.leave()
  })

  it('whose pass is thrown away is not made to work for ever', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await page.route('**/offers/**', (route) =>
      route.request().headers()['custodia-work'] === undefined ? route.continue() : route.fulfill({ body: '' }),
    )
    await page.goto(at('shop'))
    await page.getByText('It did not open, although your browser did its part.').waitFor({ timeout: 60_000 })
    await visitor.leave()
  })

  it('the console works by itself for its own requests, and its page of limits tells of it', async () => {
    const visitor = await newVisitor(browser)
    const { page, context } = visitor
    await signInTo(page, `${server.publicUrl}/limits`, administrator)
    const names = async () => (await context.cookies(server.publicUrl)).map(({ name }) => name)
    for (let i = 0; i < 150 && !(await names()).includes('__Host-custodia-pass-theme-attacked'); i++)
      await page.waitForTimeout(100)
    assert.ok((await names()).includes('__Host-custodia-pass-theme-attacked'))
    await page.reload()
    const limited = page.getByRole('list', { name: 'Limited within the hour' }).getByRole('listitem')
    const theme = limited.filter({ hasText: 'theme-attacked' })
    await theme.getByText('asked for work').waitFor()
    await theme.getByText('one proof taken').waitFor()
    await page.getByRole('list', { name: 'Policies' }).getByText('asks for work').first().waitFor()
    await assertWellMade(page)
    await page.getByRole('button', { name: 'New policy' }).click()
    await page.getByLabel('Whoever has no room', { exact: true }).selectOption('challenge')
    await visitor.leave()
  })
})
