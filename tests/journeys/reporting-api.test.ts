import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import type { TestServer } from '../harness.ts'
import { startTestServer } from '../harness.ts'
import type { Superuser } from '../superuser.ts'
import { superuserOf } from '../superuser.ts'
import { openBrowser, withBrowser } from './browser.ts'

describe('reports by the Reporting API, by https, in a browser', withBrowser, () => {
  let upstream: Server
  let server: TestServer
  let superuser: Superuser
  let browser: Browser
  before(async () => {
    upstream = createServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end("<!doctype html><title>App</title><script>document.title = 'ran'</script>"),
    )
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    server = await startTestServer({
      environment: { CUSTODIA_TLS: 'development' },
      configuration: `gateway:
  applications:
    app:
      host: app.localhost
      upstream: http://127.0.0.1:${(upstream.address() as AddressInfo).port}
      rules: [{ path: "/**", public: true }]
`,
    })
    superuser = await superuserOf(server.folder)
    // Chromium waits a minute before it sends reports together; by this switch, which is for tests, less than a second.
    browser = await openBrowser(['--short-reporting-delay', '--ignore-certificate-errors'])
  })
  after(async () => {
    await browser?.close()
    await superuser?.close()
    await server?.remove()
    upstream?.closeAllConnections()
    upstream?.close()
  })

  type Row = { readonly application: string; readonly directive: string; readonly blocked: string }
  async function reported(holds: (row: Row) => boolean): Promise<Row> {
    const deadline = Date.now() + 30_000
    for (;;) {
      const rows = (await superuser.run('select * from browser.report')) as Row[]
      const found = rows.find(holds)
      if (found !== undefined) return found
      assert.ok(Date.now() < deadline, `it never came: ${JSON.stringify(rows)}`)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  it('what is refused on an application’s page and on Custodia’s own comes as application/reports+json', async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    const headers = (await page.goto(`https://app.localhost:${server.port}/`))?.headers() ?? {}
    assert.match(String(headers['content-security-policy']), /report-to custodia/)
    assert.match(String(headers['reporting-endpoints']), /^custodia="/)
    assert.notEqual(await page.title(), 'ran')
    await reported(({ application, blocked }) => application === 'app' && blocked === 'inline')

    const own = (await page.goto(`${server.publicUrl}/sign-in`))?.headers() ?? {}
    assert.match(String(own['content-security-policy']), /report-to custodia$/)
    await page.evaluate(() => {
      const picture = document.createElement('img')
      picture.src = 'https://elsewhere.localhost/a.png'
      document.body.append(picture)
    })
    const row = await reported(({ application, directive }) => application === '' && directive === 'img-src')
    assert.equal(row.blocked, 'https://elsewhere.localhost')
    await context.close()
  })
})
