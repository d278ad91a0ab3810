import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Visitor } from '../journeys/browser.ts'
import { newVisitor, openBrowser, withBrowser } from '../journeys/browser.ts'
import type { Demo } from '../journeys/demo.ts'
import { newDemoFolder, removeFolder, startDemo } from '../journeys/demo.ts'
import { signInTo } from '../journeys/sign-in.ts'
import { payloadsFrom, readPayloads, some } from './payloads.ts'
import { limitless } from './scanner.ts'
import { send } from './send.ts'

/** How many of them an input gets. The search is asked about each. */
const each = Number(process.env.CUSTODIA_TEST_PAYLOADS_EACH ?? 24)
/** What a script of a payload would call: done loudly, so that it is a finding. */
const probe = `
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print', 'write'])
  window[name] = (...args) => console.error('a page called ' + name + ': ' + args.join(' '))
`

describe(`attacks through every input of Inbox, while Chromium listens (${payloadsFrom})`, withBrowser, () => {
  const payloads = readPayloads()
  const folder = newDemoFolder()
  const mail = mkdtempSync(join(tmpdir(), 'custodia-hostile-mail-'))
  const chosen = some(payloads, each, 3)
  let demo: Demo
  let browser: Browser
  let member: Visitor
  before(async () => {
    writeMail(mail, some(payloads, each * 2, 11))
    demo = await startDemo({ folder, mail, command: limitless('demo') })
    browser = await openBrowser()
    member = await newVisitor(browser, { probe })
    await signInTo(member.page, `${demo.inbox}/`, demo.accounts.member)
  })
  after(async () => {
    try {
      await member?.leave()
    } finally {
      await browser?.close()
      await demo?.stop()
      removeFolder(folder)
      rmSync(mail, { recursive: true, force: true })
    }
  })

  /** What no page may show. A payload that holds such a word itself is not what is meant. */
  async function assertPlain(page: Page, payload: string): Promise<void> {
    const text = ((await page.locator('body').textContent()) ?? '').replaceAll(payload, '')
    if (/\bundefined\b|\[object Object\]|\bNaN\b/.test(payload)) return
    assert.doesNotMatch(text, /\bundefined\b|\[object Object\]|\bNaN\b|node_modules/, payload)
  }

  async function opens(path: string, payload: string): Promise<number> {
    const { page, findings } = member
    const answer = await page.goto(`${demo.inbox}${path}`)
    const status = answer?.status() ?? 0
    assert.ok(status >= 200 && status < 500, `${status} for ${path}`)
    assert.deepEqual(findings, [], `${path}: ${JSON.stringify(payload)}`)
    await assertPlain(page, payload)
    return status
  }

  /** Sends what a form would. @returns the status of the reply itself, before any redirect. */
  async function post(path: string, fields: Record<string, string>): Promise<number> {
    const { page, context, findings } = member
    const cookies = await context.cookies(demo.inbox)
    const headers = {
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      'user-agent': await page.evaluate(() => navigator.userAgent),
    }
    const server = { port: demo.port, publicUrl: demo.inbox }
    const { status } = await send(server, 'POST', { path, form: fields }, headers)
    assert.ok(status < 500, `${status} for ${path}: ${JSON.stringify(fields)}`)
    assert.notEqual(status, 401)
    assert.deepEqual(findings, [])
    return status
  }

  const someMessage = async () => {
    await member.page.goto(demo.inbox)
    return new URL(String(await member.page.locator('.row').first().getAttribute('href')), demo.inbox).pathname
  }

  it('mail whose senders, subjects, texts and file names they are is imported, listed and opened as text', async () => {
    const { page, findings } = member
    await page.goto(demo.inbox)
    const addresses = await page
      .locator('a.row')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('href') ?? ''))
    assert.ok(addresses.length >= 20, `${addresses.length} messages`)
    for (const address of addresses.slice(0, each))
      for (const view of ['', '?view=text', '/source']) {
        assert.equal((await page.goto(`${demo.inbox}${address}${view}`))?.status(), 200, address)
        assert.deepEqual(findings, [], `${address}${view}`)
      }
    await page.goto(`${demo.inbox}/imports`)
    assert.deepEqual(findings, [])
  })

  it('the search shows what was asked, and runs none of it', async () => {
    for (const payload of chosen) {
      assert.equal(await opens(`/?q=${encodeURIComponent(payload.toWellFormed())}`, payload), 200)
      const field = member.page.locator('input[name=q]')
      const shown = payload
        .toWellFormed()
        .slice(0, 200)
        .trim()
        .replace(/[\r\n]/g, '')
      if (!/\p{Cc}/u.test(shown)) assert.equal(await field.inputValue(), shown)
    }
  })

  it('a place, a label, a cursor, a view and an address that are one of them are not there', async () => {
    const message = await someMessage()
    for (const payload of some(payloads, each / 2, 5)) {
      const one = encodeURIComponent(payload.toWellFormed())
      for (const path of [`/?place=${one}`, `/?label=${one}`, `/?after=${one}`, `${message}?view=${one}`])
        await opens(path, payload)
      for (const path of [
        `/messages/${one}`,
        `${message}/attachments/${one}`,
        `/places/${one}`,
        `/imports/messages/${one}`,
      ])
        assert.ok((await opens(path, payload)) >= 400, path)
    }
  })

  it('labels and folders are named by them, and shown as text wherever they stand', async () => {
    const { page } = member
    const message = await someMessage()
    await page.getByRole('link', { name: 'Your mailbox', exact: true }).click()
    const mailbox = new URL(page.url()).searchParams.get('place') ?? ''
    const short = payloads.filter((one) => [...one].length <= 40)
    let named = 0
    for (const payload of some(short, each, 1)) {
      if ((await post(`${message}/labels`, { name: payload })) === 303) named += 1
      if ((await post(`/places/${mailbox}/folders`, { name: payload })) === 303) named += 1
    }
    assert.ok(named > each / 2, `${named} names were taken`)
    for (const path of ['/', message, `/places/${mailbox}`, `/?place=${mailbox}`, '/imports']) await opens(path, '')
    assert.ok((await page.locator('body').innerHTML()).includes('&lt;'))
  })

  it('nobody is shared with who is one of them, and the form says so with their own words', async () => {
    const { page } = member
    const message = await someMessage()
    await page.getByRole('link', { name: 'Your mailbox', exact: true }).click()
    const mailbox = new URL(page.url()).searchParams.get('place') ?? ''
    const right = { relation: 'reader', kind: 'user', who: 'nobody@brightwater.example', until: '' }
    for (const payload of some(payloads, each / 2, 9)) {
      assert.ok((await post(`/places/${mailbox}/shares`, { ...right, who: payload })) >= 400, payload)
      // Some of them may name a group or a role, which need not be there yet.
      for (const kind of ['group', 'role']) await post(`/places/${mailbox}/shares`, { ...right, kind, who: payload })
      for (const field of ['relation', 'kind', 'until'])
        assert.equal(await post(`/places/${mailbox}/shares`, { ...right, [field]: payload }), 400, payload)
      assert.ok((await post(`/places/${mailbox}/shares/remove`, { ...right, id: payload })) < 500)
      assert.ok((await post(`${message}/labels/remove`, { label: payload })) >= 400)
      assert.ok((await post(`${message}/place`, { place: payload })) >= 400)
      // As a page, because what was asked for stands in the form again.
      await page.goto(`${demo.inbox}/places/${mailbox}`)
      await page.getByLabel('Who', { exact: true }).fill(
        payload
          .replace(/[\r\n]/g, ' ')
          .trim()
          .slice(0, 320) || 'x',
      )
      await page.getByRole('button', { name: 'Share', exact: true }).click()
      await page.waitForLoadState()
      assert.deepEqual(member.findings, [], payload)
      await assertPlain(page, payload)
    }
  })
})

/** Mail of which each header, the text as HTML, the file's name and its own are one of them. */
function writeMail(folder: string, payloads: readonly string[]): void {
  payloads.forEach((payload, i) => {
    const encoded = `=?utf-8?B?${Buffer.from(payload.slice(0, 300)).toString('base64')}?=`
    const lines = [
      `From: ${encoded} <sender${i}@brightwater.example>`,
      'To: priya@brightwater.example',
      `Subject: ${encoded}`,
      `Date: Mon, 02 Feb 2026 10:${String(i % 60).padStart(2, '0')}:00 +0000`,
      `Message-ID: <payload-${i}@brightwater.example>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=part',
      '',
      '--part',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(`<p>Hello ${payload}</p><a href="${payload}">x</a>`).toString('base64'),
      '--part',
      'Content-Type: text/html',
      `Content-Disposition: attachment; filename="${encoded}"`,
      '',
      'x',
      '--part--',
      '',
    ]
    // A folder becomes a label, and a file's name stands in the report.
    const name =
      payload
        .replace(/[/\0\r\n]/g, '')
        .slice(0, 40)
        .trim() || 'x'
    const below = join(folder, i % 4 === 0 && !/^\.+$/.test(name) ? `${name} ${i}` : 'plain')
    mkdirSync(below, { recursive: true })
    writeFileSync(join(below, `${name.slice(0, 20)} ${i}.eml`), lines.join('\r\n'))
  })
}
