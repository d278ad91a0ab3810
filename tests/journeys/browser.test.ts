import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'

describe('a visitor', withBrowser, () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser?.close())

  /** What a visitor finds on a page of these bytes. */
  async function findingsOn(body: string, headers: Record<string, string> = {}, status = 200): Promise<string[]> {
    const visitor = await newVisitor(browser)
    await visitor.context.route('**', (route) => route.fulfill({ status, contentType: 'text/html', headers, body }))
    await visitor.page.goto('http://page.localhost/')
    // Some are told only after the page has loaded.
    const calm = await visitor.leave().then(
      () => true,
      () => false,
    )
    assert.equal(calm, visitor.findings.length === 0)
    return visitor.findings
  }

  for (const [what, body, headers, finding] of [
    ['a dialog', '<script>alert("hello")</script>', {}, /^dialog: hello/],
    ['an exception', '<script>nothing.of.the.kind</script>', {}, /^exception: nothing is not defined/],
    ['a message to the console', '<script>console.log("said")</script>', {}, /^console log: said/],
    ['a request to another host', '<img src="http://elsewhere.example/a.png">', {}, /^request to http:\/\/elsewhere/],
    [
      'a violation of the policy',
      '<img src="/a.png">',
      { 'content-security-policy': "img-src 'none'" },
      /violates img-src/,
    ],
    [
      'a script in a frame that may run none',
      '<iframe sandbox srcdoc="<script>top.x = 1</script>"></iframe>',
      {},
      /^console error: Blocked script execution/,
    ],
  ] as const)
    it(`does not overlook ${what}`, async () => {
      // Chromium tells of some things a moment after the page has loaded.
      let findings: readonly string[] = []
      for (let visits = 0; visits < 5 && !findings.some((one) => finding.test(one)); visits++)
        findings = await findingsOn(body, headers)
      assert.ok(
        findings.some((one) => finding.test(one)),
        findings.join('\n'),
      )
    })

  it('does not overlook a server that breaks, and lets a refusal pass', async () => {
    assert.match((await findingsOn('broken', {}, 503)).join('\n'), /^503 from http:\/\/page.localhost/m)
    assert.deepEqual(await findingsOn('refused', {}, 403), [])
    assert.deepEqual(await findingsOn('<p>All is well.'), [])
  })
})
