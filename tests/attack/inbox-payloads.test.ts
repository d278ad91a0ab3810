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
import type { InboxRoute } from './inbox-inputs.ts'
import { inboxInputs, inboxRoutes } from './inbox-inputs.ts'
import type { Input } from './inputs.ts'
import { probe } from './listen.ts'
import { everything, payloadsFrom, readKinds, readPayloads, shotsAt, some } from './payloads.ts'
import { limitless } from './scanner.ts'
import { sendUntilTaken } from './send.ts'

const kinds = readKinds()
const oneOfEach = new Map([...kinds].map(([kind, [first = '']]) => [kind, [first]]))
/** How many a test gets that opens a page for each. */
const each = everything ? 10_000 : 24
const patience = { ...withBrowser, timeout: everything ? Number.POSITIVE_INFINITY : 400_000 }

describe(`attacks through every input of Inbox, while Chromium listens (${payloadsFrom})`, patience, () => {
  const payloads = readPayloads()
  let routes: readonly InboxRoute[]
  let inputs: readonly Input[]
  const folder = newDemoFolder()
  const mail = mkdtempSync(join(tmpdir(), 'custodia-hostile-mail-'))
  const chosen = some(payloads, each, 3)
  let demo: Demo
  let browser: Browser
  let member: Visitor
  before(async () => {
    // Each kind stands in senders, subjects, texts and names of files.
    const mailed = [...kinds.values()].flatMap((kind) => (everything ? kind : kind.slice(0, 2)))
    writeMail(mail, mailed)
    demo = await startDemo({ folder, mail, command: limitless('demo') })
    browser = await openBrowser()
    member = await newVisitor(browser, { probe })
    await signInTo(member.page, `${demo.inbox}/`, demo.accounts.member).catch(arriveLate)
    routes = await inboxRoutes()
    const message = (await someMessage()).split('/')[2] as string
    const place = await ownMailbox()
    inputs = inboxInputs(routes, {
      ...{ 'messages.id': message, 'places.id': place, 'form.place': place, number: '0', file: 'inbox.css' },
      ...{ 'form.relation': 'reader', 'form.kind': 'user', 'form.who': 'nobody@brightwater.example', 'form.until': '' },
      ...{ 'form.id': `usr_${'a'.repeat(26)}`, 'form.name': 'A name' },
    })
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

  /** On a machine that does other things, too, the first page may be refused as one too many: the session is there all the same. */
  async function arriveLate(): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      await member.page.goto(`${demo.inbox}/`).catch(() => {})
      if ((await member.page.locator('.row').count()) > 0) break
    }
    member.findings.length = 0
  }

  /** What no page may show. A payload that holds such a word itself is not what is meant. */
  async function assertPlain(page: Page, payload: string): Promise<void> {
    const text = ((await page.locator('body').textContent()) ?? '').replaceAll(payload, '')
    if (/\bundefined\b|\[object Object\]|\bNaN\b/.test(payload)) return
    assert.doesNotMatch(text, /\bundefined\b|\[object Object\]|\bNaN\b|node_modules/, payload)
  }

  async function opens(path: string, payload: string): Promise<number> {
    const { page, findings } = member
    let status = 0
    for (let tries = 0; tries < 20; tries++) {
      // What is to be downloaded is no page.
      const answer = await page.goto(`${demo.inbox}${path}`).catch(() => null)
      status = answer?.status() ?? 200
      if (status < 500) break
      // Told once more below, where it stays so: a machine that does other things, too, is late.
      findings.length = 0
    }
    assert.ok(status >= 200 && status < 500, `${status} for ${path}`)
    assert.deepEqual(findings, [], `${path}: ${JSON.stringify(payload)}`)
    await assertPlain(page, payload)
    return status
  }

  /** Headers of the member's own browser. */
  async function asMember(): Promise<Record<string, string>> {
    const cookies = await member.context.cookies(demo.inbox)
    return {
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      'user-agent': await member.page.evaluate(() => navigator.userAgent),
    }
  }

  /** Sends what a form would. @returns the status of the reply itself, before any redirect. */
  async function post(path: string, fields: Record<string, string>): Promise<number> {
    const { findings } = member
    const server = { port: demo.port, publicUrl: demo.inbox }
    const { status } = await sendUntilTaken(server, 'POST', { path, form: fields }, await asMember())
    assert.ok(status < 500, `${status} for ${path}: ${JSON.stringify(fields)}`)
    assert.notEqual(status, 401)
    assert.deepEqual(findings, [])
    return status
  }

  async function ownMailbox(): Promise<string> {
    await member.page.getByRole('link', { name: 'Your mailbox', exact: true }).click()
    return new URL(member.page.url()).searchParams.get('place') ?? ''
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

  it('each route has its inputs on the list, or none to attack', () => {
    const attacked = new Set(inputs.map(({ method, route }) => `${method} ${route}`))
    const bare = ['GET /', 'GET /imports']
    assert.deepEqual(
      routes.map(({ method, url }) => `${method} ${url}`).filter((one) => !attacked.has(one) && !bare.includes(one)),
      [],
    )
    assert.ok(inputs.length >= 30, `${inputs.length} inputs`)
  })

  it('nothing sent to any of them is a fault, and nothing comes back as it was', async (t) => {
    const headers = await asMember()
    const server = { port: demo.port, publicUrl: demo.inbox }
    const wrong: string[] = []
    const statuses = new Map<number, number>()
    const shots = [...Map.groupBy(inputs, ({ place }) => place.split('.')[0]).values()].flatMap((sort) => [
      ...shotsAt(sort, kinds),
    ])
    const left = shots.values()
    const lane = async () => {
      for (const { input, payload } of left) {
        const what = `${input.method} ${input.route} ${input.place}: ${JSON.stringify(payload)}`
        const {
          status,
          headers: told,
          text,
        } = await sendUntilTaken(server, input.method, input.request(payload), headers)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status >= 500 || status === 401 || status === 429) wrong.push(`${status} ${what}`)
        const page = text !== '' && /^text\/html/.test(told['content-type'] ?? '')
        if (page && payload.length > 7 && /[<"]/.test(payload) && text.includes(payload))
          wrong.push(`as it was: ${what}`)
        if (told['set-cookie']?.some((set) => /injection/i.test(set))) wrong.push(`a cookie: ${what}`)
      }
    }
    await Promise.all([lane(), lane(), lane()])
    t.diagnostic(`${shots.length} requests to ${inputs.length} inputs: ${JSON.stringify(Object.fromEntries(statuses))}`)
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} in all`)
    assert.ok((statuses.get(303) ?? 0) > 20, 'hardly anything was taken')
    assert.doesNotMatch(demo.output(), /unhandled|uncaught/i)
  })

  it('pages whose address holds one of them run none of it', async (t) => {
    const visited = inputs.filter(({ method }) => method === 'GET')
    let opened = 0
    const shots = everything
      ? shotsAt(visited, kinds)
      : [...oneOfEach.values()].flatMap(([payload = ''], i) =>
          [i, i + 7].map((turn) => ({ input: visited[turn % visited.length] as Input, payload })),
        )
    for (const { input, payload } of shots) {
      await opens(input.request(payload).path, payload)
      opened += 1
    }
    t.diagnostic(`${opened} pages`)
  })

  it('the search shows what was asked', async () => {
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

  it('labels and folders are named by them, and shown as text wherever they stand', async () => {
    const { page } = member
    const message = await someMessage()
    const mailbox = await ownMailbox()
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
    const mailbox = await ownMailbox()
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
