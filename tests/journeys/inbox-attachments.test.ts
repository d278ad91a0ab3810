import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startClamd } from '@custodia/edge/uploads/clamd-testing.ts'
import { eicar, makeZip } from '@custodia/edge/uploads/testing.ts'
import type { Browser, Page } from 'playwright-core'
import { limitless } from '../attack/scanner.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

const samples = new URL('../../packages/edge/src/uploads/samples/', import.meta.url)
const sample = (name: string) => readFileSync(new URL(name, samples))
const virus = eicar(sample('eicar-reversed.txt').toString('latin1'))
const png = sample('images/benign.png')
const note = Buffer.from('The keys are under the third stone.')
const probe = `
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print'])
  window[name] = (...args) => console.error('a page called ' + name + ': ' + args.join(' '))
`
const word = (name: string) => `=?utf-8?B?${Buffer.from(name).toString('base64')}?=`

/** What arrives, under which name, and what becomes of it. */
const sent: readonly (readonly [name: string, bytes: Buffer, becomes: RegExp])[] = [
  ['note.txt', note, /Checked/],
  ['lake.png', png, /Checked/],
  ['script.png', Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]), /Checked/],
  ['polyglot.gif', sample('images/gif-js-polyglot.gif'), /Checked|Held back/],
  ['zip-and-picture.png', Buffer.concat([makeZip([{ name: 'a', content: note }]), png]), /Held back\. It is not what/],
  ['page.html', Buffer.from('<script>alert(1)</script>'), /Held back\. Files with this ending/],
  ['drawing.svg', sample('svg/script.svg'), /Held back\. Files of this type/],
  ['page.txt', Buffer.from('<!doctype html><script>alert(1)</script>'), /Held back\. It is a page/],
  ['invoice.pdf', sample('documents/js.pdf'), /Checked.*Take care/s],
  ['found.txt', virus, /Held back\. The scanner found malware/],
  ['found.zip', makeZip([{ name: 'a.txt', content: virus }]), /Held back\. The scanner found malware/],
  ['slip.zip', sample('archives/slip-dotdot.zip'), /Held back\. The archive could do harm/],
  ['bomb.zip', sample('archives/bomb-10mb.zip'), /Held back\. The archive could do harm/],
  ['photo.jpg.exe', Buffer.from('MZ'), /Held back/],
  ['../../../etc/passwd.txt', Buffer.from('x'), /Checked/],
  [word('annex\u202egnp.exe'), Buffer.from('MZ'), /Held back/],
  [word('a.txt\r\nSet-Cookie: a=1; .txt'), Buffer.from('x'), /Checked/],
]

function mail(): string {
  const parts = sent.map(([name, bytes]) =>
    [
      '--x',
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename="${name}"`,
      'Content-Transfer-Encoding: base64',
      '',
      bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
    ].join('\r\n'),
  )
  const head = ['From: Ada <ada@brightwater.example>', 'To: team@brightwater.example', 'Subject: Papers of the harbour']
  const type = [
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: text/plain',
    '',
  ]
  return [...head, ...type, 'Here they are.', ...parts, '--x--', ''].join('\r\n')
}

const scanner = spawnSync('which', ['clamd']).status === 0 ? withBrowser : { skip: 'clamd is not installed' }

describe('attachments in Inbox, with a real scanner', scanner, () => {
  const folder = newDemoFolder()
  const mails = mkdtempSync(join(tmpdir(), 'custodia-attachments-'))
  let clamd: Awaited<ReturnType<typeof startClamd>>
  let demo: Demo
  let browser: Browser
  let member: Visitor
  let message: string
  before(async () => {
    clamd = await startClamd(virus)
    writeFileSync(join(mails, 'papers.eml'), mail())
    const environment = { CUSTODIA_UPLOADS_CLAMD: `unix:${clamd.path}` }
    demo = await startDemo({ folder, mail: mails, command: limitless('demo'), environment })
    browser = await openBrowser()
    member = await newVisitor(browser, { probe })
    await signInTo(member.page, `${demo.inbox}/`, demo.accounts.member)
    message = new URL(String(await member.page.locator('a.row').first().getAttribute('href')), demo.inbox).pathname
  })
  after(async () => {
    try {
      await member?.leave()
    } finally {
      await browser?.close()
      await demo?.stop()
      await clamd?.stop()
      removeFolder(folder)
      rmSync(mails, { recursive: true, force: true })
    }
  })

  const files = (page: Page) => page.locator('.attachments li')

  /** The picture as the page of the message loads it. */
  async function preview(number: number) {
    const { page } = member
    const answered = page.waitForResponse((one) => one.url().endsWith(`/attachments/${number}/preview`))
    await page.goto(`${demo.inbox}${message}`)
    return await answered
  }

  /** Asks until a page says so. */
  async function until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 120_000
    while (!(await holds())) assert.ok(Date.now() < end, 'it did not come to that')
  }

  it('each is looked at and scanned, and the message says what became of it', async () => {
    const { page } = member
    await until(async () => {
      await page.goto(`${demo.inbox}${message}`)
      return (await page.getByText('Being checked').count()) === 0
    })
    const said = await files(page).allInnerTexts()
    assert.equal(said.length, sent.length)
    for (const [number, [name, , becomes]] of sent.entries()) assert.match(said[number] ?? '', becomes, name)
    assert.doesNotMatch(said.join('\n'), /\u202e|\.\.\//)
    await assertWellMade(page)
  })

  it('what was checked is loaded from a host of its own, as a download and under a safe name', async () => {
    const { page } = member
    await page.goto(`${demo.inbox}${message}`)
    for (const [number, name, content] of [
      [0, 'note.txt', note],
      [14, 'passwd.txt', Buffer.from('x')],
    ] as const) {
      const arrives = page.waitForEvent('download')
      await files(page).nth(number).getByRole('link').click()
      const download = await arrives
      const url = new URL(download.url())
      assert.equal(url.hostname, 'files.custodia.localhost')
      assert.equal(download.suggestedFilename(), name)
      assert.ok(readFileSync(await download.path()).equals(content))
      const { headers } = await load(demo.port, url)
      assert.match(String(headers['content-disposition']), /^attachment; /)
      assert.match(String(headers['content-security-policy']), /^sandbox; default-src 'none'/)
      assert.deepEqual([headers['x-content-type-options'], headers['set-cookie']], ['nosniff', undefined])
    }
  })

  it('a picture is shown as it was made anew, and a script behind it is gone', async () => {
    const { page } = member
    await page.goto(`${demo.inbox}${message}`)
    const thumbs = page.locator('img.thumb')
    await until(
      async () =>
        await thumbs.evaluateAll(
          (all) => all.length >= 2 && all.every((one) => (one as HTMLImageElement).naturalWidth > 0),
        ),
    )
    const answer = await preview(2)
    assert.equal(answer.headers()['content-type'], 'image/png')
    assert.match(answer.headers()['content-security-policy'] ?? '', /sandbox/)
    assert.equal((await answer.body()).includes('script'), false)
  })

  it('what is held back is not to be had: not by its address, not as a picture, not within the original', async () => {
    const { page } = member
    for (const [number, [name, , becomes]] of sent.entries()) {
      if (!/Held back/.test(becomes.source) || /Checked/.test(becomes.source)) continue
      assert.equal((await page.goto(`${demo.inbox}${message}/attachments/${number}`))?.status(), 409, name)
      await page.getByText('This attachment is held back').waitFor()
      assert.equal((await page.goto(`${demo.inbox}${message}/attachments/${number}/preview`))?.status(), 404, name)
    }
    assert.equal((await page.goto(`${demo.inbox}${message}/raw`))?.status(), 409)
    await assertWellMade(page)
    assert.equal((await page.goto(`${demo.inbox}${message}/source`))?.status(), 200)
  })

  it('somebody who may not see the message has none of its attachments', async () => {
    const { page } = member
    await page.goto(`${demo.inbox}${message}`)
    await page.locator('form.move select').selectOption({ label: 'Your mailbox' })
    const moved = page.waitForResponse((answered) => answered.request().method() === 'POST')
    await page.getByRole('button', { name: 'Move' }).click()
    assert.equal((await moved).status(), 303)
    await page.waitForLoadState()
    const other = await newVisitor(browser)
    await signInTo(other.page, `${demo.inbox}/`, demo.accounts.reader)
    for (const path of ['', '/attachments/0', '/attachments/1/preview', '/raw', '/source'])
      assert.equal((await other.page.goto(`${demo.inbox}${message}${path}`))?.status(), 404, path)
    await other.leave()
    assert.equal((await preview(1)).status(), 200)
  })

  it('the administrator sees what is held back and why, erases a file, and Inbox says that it is gone', async () => {
    const administrator = await newVisitor(browser)
    const { page } = administrator
    await signInTo(page, `${demo.console}/uploads`, demo.accounts.administrator)
    await page.getByRole('heading', { name: 'Uploads', level: 1 }).waitFor()
    await page.getByText('The scanner found malware in it.').first().waitFor()
    await assertWellMade(page)
    await page.getByLabel('Show').selectOption('there')
    await page.getByRole('button', { name: 'Erase note.txt' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Erase' }).click()
    await page.getByRole('button', { name: 'Erase note.txt' }).waitFor({ state: 'detached' })
    await administrator.leave()
    assert.equal((await member.page.goto(`${demo.inbox}${message}/attachments/0`))?.status(), 404)
    await member.page.goto(`${demo.inbox}${message}`)
    assert.match((await files(member.page).first().textContent()) ?? '', /Erased/)
  })

  it('a message that is removed takes its attachments along', async () => {
    const { page } = member
    await page.getByText('Remove this message').click()
    await page.getByRole('button', { name: 'Remove for good' }).click()
    await page.getByRole('heading', { name: 'All mail' }).waitFor()
    assert.equal((await page.goto(`${demo.inbox}${message}`))?.status(), 404)
    const administrator = await newVisitor(browser)
    await signInTo(administrator.page, `${demo.console}/uploads`, demo.accounts.administrator)
    await until(async () => {
      await administrator.page.reload()
      const none = administrator.page.getByText('There is nothing here')
      await none
        .or(administrator.page.getByRole('list', { name: 'Files' }))
        .first()
        .waitFor()
      return (await none.count()) === 1
    })
    await administrator.leave()
  })
})

/** Loads as a browser would, by the name of the host. */
function load(port: number, url: URL): Promise<{ headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: url.pathname, headers: { host: url.host } }, (response) => {
      response.resume()
      resolve({ headers: response.headers })
    })
    asked.on('error', reject)
    asked.end()
  })
}
