import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startTestServer, withAccounts } from '../tests/harness.ts'
import { newVisitor, openBrowser } from '../tests/journeys/browser.ts'
import { signInTo } from '../tests/journeys/sign-in.ts'
import type { Account } from './demo/accounts.ts'
import { root } from './suite.ts'

// The picture of docs/guide/tighten-a-content-policy.md, of a shop that was never asked what it needs: node tools/screenshot-policy.ts
const picture = join(root, 'docs/images/content-policy.png')
const page = `<!doctype html><title>Shop</title><style>p { color: green }</style><p style="margin: 7px" onclick="buy()">Tea</p>
<img alt="" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7">
<img alt="" src="https://images.example/tea.png"><script src="https://counter.example/count.js"></script><script>document.title += '!'</script>`
const shop = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page))
await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
const server = await startTestServer({
  configuration: `gateway:
  applications:
    shop:
      title: Shop
      host: shop.localhost
      upstream: http://127.0.0.1:${(shop.address() as AddressInfo).port}
      rules: [{ path: "/**", public: true }]
      edge: { browser: { profile: learn } }
`,
})
const browser = await openBrowser()
try {
  const [administrator] = await withAccounts(server, [])
  for (let i = 0; i < 3; i++) {
    const visitor = await newVisitor(browser)
    await visitor.page.goto(`http://shop.localhost:${server.port}/tea`)
    await visitor.page.waitForTimeout(1_000)
    await visitor.context.close()
  }
  const visitor = await newVisitor(browser, { colorScheme: 'light', viewport: { width: 1_120, height: 760 } })
  await signInTo(visitor.page, `${server.publicUrl}/browser-reports`, administrator as Account)
  // Reports are written every two seconds.
  while ((await visitor.page.getByLabel('img-src https://images.example').count()) === 0) {
    await visitor.page.waitForTimeout(1_000)
    await visitor.page.reload()
    await visitor.page.getByRole('heading', { name: 'The policy of Shop' }).waitFor()
  }
  await visitor.page.screenshot({ path: picture, animations: 'disabled' })
  await visitor.leave()
  console.log(picture)
} finally {
  await browser.close()
  await server.remove()
  shop.closeAllConnections()
  shop.close()
}
