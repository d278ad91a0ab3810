import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'

describe('a visitor', withBrowser, () => {
  /** What a visitor finds on a page of these bytes. */
  async function findingsOn(body: string, headers: Record<string, string> = {}, status = 200): Promise<string[]> {
    // Its own: a visitor who leaves with findings closes the browser.
    const browser = await openBrowser()
    const visitor = await newVisitor(browser)
    await visitor.context.route('**', (route) => route.fulfill({ status, contentType: 'text/html', headers, body }))
    await visitor.page.goto('http://page.localhost/')
    // Some are told only after the page has loaded.
    const calm = await visitor.leave().then(
      () => true,
      () => false,
    )
    await browser.close()
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
