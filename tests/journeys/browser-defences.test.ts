import assert from 'node:assert/strict'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { BrowserPolicy, BrowserReports } from '@custodia/wire/http/browser.ts'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

/** An application that knows nothing of policies: scripts and styles of its own in the page, a picture as `data:`. */
const ownScript = "document.documentElement.dataset.own = 'ran'"
const picture = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'
const usual = `<!doctype html><title>App</title><style>p { color: rgb(1, 2, 3) }</style><p style="margin: 7px">Hello</p>
<img alt="" src="${picture}"><script>${ownScript}</script>`
const injected = "<script>document.documentElement.dataset.stolen = 'yes'</script>"
const byAttribute = `<img alt="" src="/nothing" onerror="document.documentElement.dataset.stolen = 'yes'">`

/** What an attacker got stored stands in every page, beside what the application means to run. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const nonce = request.headers['custodia-csp-nonce']
  const [path] = (request.url ?? '').split('?')
  const html = (body: string) => response.writeHead(200, { 'content-type': 'text/html' }).end(body)
  if (path === '/public/usual') html(usual)
  else if (path === '/public/hurt') html(`<!doctype html><title>App</title>${injected}${byAttribute}<p>Hello</p>`)
  else if (path === '/public/nonce')
    html(`<!doctype html><title>App</title>${injected}<script nonce="${nonce}">${ownScript}</script>`)
  else if (path === '/public/data')
    response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end('{"a":1}')
  else response.writeHead(path === '/public/empty' ? 200 : 404, { 'content-type': 'text/html' }).end('<!doctype html>')
}

const configuration = (upstream: number) => {
  const one = (name: string, edge: string) => `    ${name}:
      host: ${name}.localhost
      upstream: http://127.0.0.1:${upstream}
      rules: [{ path: "/public/**", public: true }]
      edge: { browser: ${edge} }
`
  return `gateway:
  applications:
${one('strict', '{}')}${one('nonces', '{ nonces: true }')}${one('learner', '{ profile: learn }')}${one('other', '{ profile: learn }')}`
}

describe('the browser defences of applications, in a browser', withBrowser, () => {
  let upstream: Server
  let server: TestServer
  let shared: TestServer
  let browser: Browser
  let cookie: string
  let administrator: Account
  before(async () => {
    upstream = createServer(answer)
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    server = await startTestServer({ configuration: configuration(port) })
    const accounts = await withAccounts(server, [])
    administrator = accounts[0] as Account
    cookie = await signIn(server.call, administrator)
    // The origin that is let in has the port of the first.
    shared = await startTestServer({
      configuration: `gateway:
  applications:
    shared:
      host: shared.localhost
      upstream: http://127.0.0.1:${port}
      rules: [{ path: "/public/**", public: true }]
      edge: { browser: { cors: [{ path: "/public/data", origins: ["http://strict.localhost:${server.port}"] }] } }
`,
    })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
    await shared?.remove()
    upstream?.closeAllConnections()
    upstream?.close()
  })

  const at = (host: string, path: string, { port } = server) => `http://${host}.localhost:${port}${path}`
  /** Opens a page, until all that it reports has arrived. @returns what the browser refused there. */
  async function open(url: string, then: (page: Page) => Promise<void>): Promise<string[]> {
    const visitor = await newVisitor(browser)
    const reports: Promise<unknown>[] = []
    visitor.context.on('request', (request) => {
      if (request.url().endsWith('/.custodia/reports')) reports.push(request.response())
    })
    await visitor.page.goto(url)
    await then(visitor.page)
    // One that is under way when its page is closed may never arrive.
    await Promise.all(reports)
    await visitor.context.close()
    return visitor.findings.filter((one) => one.includes('violates'))
  }
  const marks = (page: Page) => page.evaluate(() => ({ ...document.documentElement.dataset }) as Record<string, string>)
  const ask = async <Body>(method: string, path: string, body?: object) => {
    const answered = await server.call(method, path, { cookie, ...(body === undefined ? {} : { body }) })
    assert.ok(answered.status < 300, `${answered.status} ${JSON.stringify(answered.body)}`)
    return answered.body as unknown as Body
  }
  /** Reports come by themselves, a moment later, and are written every two seconds. */
  async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const value = await read()
      if (holds(value)) return value
      assert.ok(Date.now() < deadline, `it never came: ${JSON.stringify(value)}`)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
  const policy = () => ask<BrowserPolicy>('GET', '/v1/browser-policies/learner')

  it('in the strict profile a script that was injected does not run, and neither does an attribute', async () => {
    const refused = await open(at('strict', '/public/hurt'), async (page) => {
      await page.waitForTimeout(300)
      assert.deepEqual(await marks(page), {})
    })
    assert.ok(
      refused.some((one) => one.includes('script-src-elem: inline')),
      refused.join('\n'),
    )
    assert.ok(
      refused.some((one) => one.includes('script-src-attr: inline')),
      refused.join('\n'),
    )
  })

  it('with nonces the application’s own script runs, and the injected one beside it does not', async () => {
    await open(at('nonces', '/public/nonce'), async (page) => assert.deepEqual(await marks(page), { own: 'ran' }))
  })

  it('what was refused is counted under its page', async () => {
    const { items } = await until(
      () => ask<BrowserReports>('GET', '/v1/browser-reports?application=strict'),
      ({ items }) => items.length >= 2,
    )
    assert.ok(
      items.some((one) => one.path === '/public/hurt' && one.blocked === 'inline' && one.disposition === 'enforce'),
    )
  })

  it('while a policy is learnt everything runs; what is proposed is made live, and everything runs without a violation', async () => {
    const whole = async (page: Page) => {
      assert.deepEqual(await marks(page), { own: 'ran' })
      assert.equal(await page.locator('p').evaluate((one) => getComputedStyle(one).color), 'rgb(1, 2, 3)')
    }
    for (let i = 0; i < 2; i++) assert.ok((await open(at('learner', '/public/usual'), whole)).length >= 4)
    const { proposal } = await until(policy, ({ proposal: { lines } }) => lines.length >= 4)
    assert.deepEqual(proposal.unresolved, [])
    assert.deepEqual(
      proposal.lines.filter(({ weakens }) => weakens),
      [],
    )
    const sources: Record<string, string[]> = {}
    for (const { directive, source } of proposal.lines)
      if (source !== null) sources[directive] = [...(sources[directive] ?? []), source]
    const { live } = await ask<BrowserPolicy>('POST', '/v1/browser-policies/learner', {
      sources,
      trustedTypes: true,
      instead: null,
    })
    assert.equal(live?.number, 1)
    assert.deepEqual(await open(at('learner', '/public/usual'), whole), [])
  })

  it('under a learnt policy an injected script does not run', async () => {
    await open(at('learner', '/public/hurt'), async (page) => {
      await page.waitForTimeout(300)
      assert.deepEqual(await marks(page), {})
    })
  })

  it('a person sees the reports in the console, ticks what may be allowed, and makes it live', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${server.publicUrl}/browser-reports`, administrator)
    await page.getByRole('heading', { name: 'The policy of other' }).waitFor()
    await assertWellMade(page)
    await open(at('other', '/public/usual'), async () => {})
    await until(
      () => ask<BrowserPolicy>('GET', '/v1/browser-policies/other'),
      ({ proposal: { lines } }) => lines.some(({ source }) => source === 'data:'),
    )
    await page.reload()
    const section = page.locator('section', { hasText: 'The policy of other' })
    await section.getByLabel('img-src data:').check()
    await page.getByRole('button', { name: 'Make live: other' }).click()
    await section.getByText('Version 1 is live.').waitFor()
    await page.getByText('inline by script-src-attr').first().waitFor()
    await assertWellMade(page)

    // A version that turns out wrong is rolled back in one step.
    await ask('POST', '/v1/browser-policies/other', { sources: {}, trustedTypes: true, instead: 1 })
    await page.reload()
    await section.getByText('Version 2 is live.').waitFor()
    const back = page.getByRole('button', { name: 'Back to version 1: other' })
    await assertWellMade(page)
    await back.press('Enter')
    await page.getByText('Version 3 is live. It brought version 1 back.').waitFor()
    const { live } = await ask<BrowserPolicy>('GET', '/v1/browser-policies/other')
    assert.ok(live?.sources['img-src']?.includes('data:'))
    await back.waitFor({ state: 'detached' })
    await visitor.leave()
  })

  it('a page of another origin reads what a policy lets it, and nothing else', async () => {
    // A page without a policy of its own: what keeps it from reading must be the answer.
    const visitor = await newVisitor(browser, { bypassCSP: true })
    const read = (url: string) =>
      visitor.page.evaluate(
        (one) =>
          fetch(one).then(
            (reply) => reply.text(),
            () => 'refused',
          ),
        url,
      )
    await visitor.page.goto(at('strict', '/public/empty'))
    assert.equal(await read(at('shared', '/public/data', shared)), '{"a":1}')
    assert.equal(await read(at('shared', '/public/empty', shared)), 'refused')
    assert.equal(await read(at('nonces', '/public/data')), 'refused')
    await visitor.page.goto(at('nonces', '/public/empty'))
    assert.equal(await read(at('shared', '/public/data', shared)), 'refused')
    await visitor.context.close()
  })

  it('a form of another site changes nothing', async () => {
    const visitor = await newVisitor(browser, { bypassCSP: true })
    await visitor.page.goto(at('strict', '/public/empty'))
    const answered = visitor.page.waitForResponse((reply) => reply.request().method() === 'POST')
    await visitor.page.evaluate((action) => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', action })
      document.body.append(form)
      // After this script has ended, whose page goes with it.
      setTimeout(() => form.submit())
    }, `${server.publicUrl}/v1/sign-in`)
    const reply = await answered
    assert.equal(reply.status(), 403)
    assert.equal(((await reply.json()) as { code: string }).code, 'CROSS_SITE_REFUSED')
    await visitor.context.close()
  })
})
