import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { html } from '@custodia/sdk/output/html'
import { chromium } from 'playwright-core'
import { root } from '../../tools/suite.ts'

const lists = join(root, '../shared/data/attack/libinjection/xss')
const browser = '/usr/bin/chromium'
const missing = [lists, browser].filter((path) => !existsSync(path))
const skip = missing.length > 0 && `there is no ${missing.join(' and no ')} on this machine`

const decoded = (line: string) => {
  try {
    return decodeURIComponent(line)
  } catch {
    return line
  }
}

test('nothing of the lists of libinjection runs in a browser, as content, in an attribute or as an address', {
  skip,
}, async (t) => {
  const payloads = readdirSync(lists).flatMap((file) =>
    readFileSync(join(lists, file), 'latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map(decoded),
  )
  assert.ok(payloads.length > 500)
  const chrome = await chromium.launch({
    executablePath: browser,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  })
  t.after(() => chrome.close())
  const page = await chrome.newPage()
  const ran: string[] = []
  page.on('dialog', (dialog) => {
    ran.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    if (!request.url().startsWith('about:') && !request.isNavigationRequest()) ran.push(request.url())
  })
  // Without a policy, so that only the encoding is tried. What the text says stays what it was.
  for (let i = 0; i < payloads.length; i += 50) {
    const some = payloads.slice(i, i + 50)
    const body = some.map((one) => html`<p title="${one}" class='${one}'>${one}</p><a href="${one}">go</a>`)
    await page.setContent(html`<!doctype html><main>${body}</main>`.text)
    const seen = await page.evaluate(() => ({
      inside: document.querySelectorAll('main *:not(p):not(a), main p *, main a *').length,
      odd: [...document.querySelectorAll('main *')].flatMap((one) =>
        [...one.attributes].filter(({ name }) => !['title', 'class', 'href'].includes(name)).map(({ name }) => name),
      ),
      titles: [...document.querySelectorAll('main p')].map((one) => [one.getAttribute('title'), one.textContent]),
      schemes: [...document.querySelectorAll('main a')].map((one) => (one as HTMLAnchorElement).protocol),
    }))
    assert.deepEqual([seen.inside, seen.odd], [0, []])
    assert.equal(seen.titles.length, some.length)
    for (const [title, text] of seen.titles) assert.equal(title, text)
    for (const scheme of seen.schemes) assert.match(scheme, /^(?:https?|mailto|tel|about|):?$/)
  }
  assert.deepEqual(ran, [])
})
