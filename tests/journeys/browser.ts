import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const executable = '/usr/bin/chromium'

/** The option of a suite that drives a browser: left out, and said so, where there is none. */
export const withBrowser = {
  skip: existsSync(executable) ? false : `${executable} is not installed, so NO browser journey ran`,
}

/** Debian's Chromium, with a profile of its own that ends with it, and `more` switches. It is never downloaded. */
export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: executable,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  })
}

/** Somebody with a browser of their own: no cookie and no storage is shared with another visitor. */
export type Visitor = {
  readonly context: BrowserContext
  readonly page: Page
  /**
   * What must never happen, in words: a console message, a CSP violation, an exception, a dialog, a request to a host
   * that is not `*.localhost`, a reply of 500 or above.
   */
  readonly findings: string[]
  /** Closes the browser. @throws AssertionError-like Error where there are findings. */
  leave(): Promise<void>
}

/**
 * @param options.probe a script for every document, run before its own; in frames without scripts it does not run.
 */
export async function newVisitor(
  browser: Browser,
  options: BrowserContextOptions & { readonly probe?: string } = {},
): Promise<Visitor> {
  const { probe, ...contextOptions } = options
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en', ...contextOptions })
  // Everything is on this machine: what takes longer than this does not come.
  context.setDefaultTimeout(60_000)
  const findings: string[] = []
  context.on('console', (message) => {
    // Chromium reports each reply of 400 and above as an error. Whether it was due is for the journey to say.
    const refused = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())
    if (!refused) findings.push(`console ${message.type()}: ${message.text()}`)
  })
  context.on('weberror', (error) => findings.push(`exception: ${error.error().message}`))
  context.on('dialog', (dialog) => {
    findings.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('request', (request) => {
    const { protocol, hostname, href } = new URL(request.url())
    const inline = protocol === 'data:' || protocol === 'blob:' || protocol === 'about:'
    if (!inline && !hostname.endsWith('.localhost')) findings.push(`request to ${href}`)
  })
  context.on('response', (response) => {
    if (response.status() >= 500) findings.push(`${response.status()} from ${response.url()}`)
  })
  // Violations reach the console as well, but not those of a policy that another script silenced.
  await context.addInitScript(() =>
    addEventListener('securitypolicyviolation', (event) =>
      console.error(`violates ${event.effectiveDirective}: ${event.blockedURI}`),
    ),
  )
  if (probe !== undefined) await context.addInitScript(probe)
  return {
    context,
    page: await context.newPage(),
    findings,
    async leave() {
      await context.close()
      if (findings.length === 0) return
      // Nothing else is tested with it, and left open it would keep the process.
      await browser.close()
      throw new Error(`the browser saw what must not happen:\n${findings.join('\n')}`)
    },
  }
}
