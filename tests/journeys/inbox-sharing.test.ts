import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('mailboxes that are shared', withBrowser, () => {
  const folder = newDemoFolder()
  let demo: Demo
  let browser: Browser
  /** Who owns the mailbox that this is about, who comes to read it, and who administers the organisation. */
  let owner: Visitor
  let guest: Visitor
  let administrator: Visitor
  /** The message that the owner takes out of the team's mailbox. */
  let message: string
  let mailbox: string
  before(async () => {
    demo = await startDemo({ folder })
    browser = await openBrowser()
    const { member, reader, administrator: one } = demo.accounts
    owner = await arrive(member)
    guest = await arrive(reader)
    administrator = await arrive(one)
  })
  after(async () => {
    try {
      for (const one of [owner, guest, administrator]) await one?.leave()
    } finally {
      await browser?.close()
      await demo?.stop()
      removeFolder(folder)
    }
  })

  async function arrive(account: Demo['accounts']['member']): Promise<Visitor> {
    const visitor = await newVisitor(browser)
    await signInTo(visitor.page, `${demo.inbox}/`, account)
    return visitor
  }
  const statusOf = async ({ page }: Visitor, path: string) => (await page.goto(`${demo.inbox}${path}`))?.status()
  const rows = async (visitor: Visitor, path: string) => {
    assert.equal(await statusOf(visitor, path), 200)
    return await visitor.page.locator('.row').count()
  }
  const places = async ({ page }: Visitor) => {
    await page.goto(demo.inbox)
    return await page.getByRole('navigation', { name: 'Mailbox' }).getByRole('link').allInnerTexts()
  }
  /** Sends what a form of Inbox's own pages would. */
  const post = async ({ page }: Visitor, path: string, fields: Record<string, string>) => {
    if (!page.url().startsWith(demo.inbox)) await page.goto(demo.inbox)
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    const loaded = page.waitForEvent('load')
    await page.evaluate(
      ({ path, fields }) => {
        const form = document.createElement('form')
        Object.assign(form, { method: 'post', action: path })
        for (const [name, value] of Object.entries(fields))
          form.append(Object.assign(document.createElement('input'), { name, value }))
        document.body.append(form)
        // After this script has ended, whose page goes with it.
        setTimeout(() => form.submit())
      },
      { path, fields },
    )
    await loaded
    return (await answered).status()
  }
  /** Presses what sends a form, and waits for the page that comes of it. */
  const press = async (page: Page, button: string | RegExp) => {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    const loaded = page.waitForEvent('load')
    await page.getByRole('button', { name: button, exact: true }).click()
    await answered
    await loaded
  }
  const share = async (page: Page, who: string, fields: { kind?: string; may?: string; until?: string } = {}) => {
    await page.goto(`${demo.inbox}/places/${mailbox}`)
    if (fields.kind !== undefined) await page.getByLabel('Kind').selectOption(fields.kind)
    if (fields.may !== undefined) await page.getByLabel('What they may').selectOption(fields.may)
    if (fields.until !== undefined) await page.getByLabel(/^Until/).fill(fields.until)
    await page.getByLabel('Who', { exact: true }).fill(who)
    await press(page, 'Share')
  }

  it('are at first the team’s, by roles, and one of each person’s own that nobody else has', async () => {
    assert.deepEqual((await places(owner)).slice(0, 3), ['All mail', 'Your mailbox', 'Team mailbox'])
    assert.deepEqual((await places(guest)).slice(0, 3), ['All mail', 'Your mailbox', 'Team mailbox'])
    assert.ok((await rows(guest, '/')) > 0)
    await owner.page.getByRole('link', { name: 'Your mailbox', exact: true }).click()
    await owner.page.waitForURL(/place=/)
    mailbox = new URL(owner.page.url()).searchParams.get('place') ?? ''
    assert.match(mailbox, /^usr_/)
    await owner.page.getByText('Nothing is in here').waitFor()
    for (const other of [guest, administrator]) {
      assert.equal(await statusOf(other, `/?place=${mailbox}`), 404)
      // Who may not change anything in Inbox is refused by the gateway before.
      assert.equal(await statusOf(other, `/places/${mailbox}`), other === guest ? 403 : 404)
    }
  })

  it('hide what is moved there from everybody else: in lists, searches, labels and by its address', async () => {
    const { page } = owner
    const before = { all: await rows(guest, '/?q=wedding'), labels: await places(guest) }
    await page.goto(`${demo.inbox}/?q=wedding`)
    message = new URL(String(await page.locator('.row').first().getAttribute('href')), demo.inbox).pathname
    await page.goto(demo.inbox + message)
    await page.getByLabel('Add a label').fill('Seating plan')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Take off Seating plan' }).waitFor()
    const label = String(await page.locator('.labels a', { hasText: 'Seating plan' }).getAttribute('href'))
    assert.equal(await rows(guest, label), 1)
    await page.getByRole('combobox', { name: /^In/ }).selectOption({ label: 'Your mailbox' })
    await press(page, 'Move')
    assert.equal(await rows(owner, `/?place=${mailbox}`), 1)
    for (const other of [guest, administrator]) {
      for (const path of ['', '/body', '/source', '/raw', '/attachments/0'])
        assert.equal(await statusOf(other, `${message}${path}`), 404, path)
      assert.equal(await statusOf(other, label), 404)
      assert.equal(await rows(other, '/?q=wedding'), before.all - 1)
      assert.ok(!(await places(other)).some((text) => text.includes('Seating plan')))
    }
    assert.equal(await post(administrator, `${message}/labels`, { name: 'Mine' }), 404)
    assert.equal(await post(administrator, `${message}/place`, { place: 'team' }), 404)
    assert.equal(await post(administrator, `/places/${mailbox}/shares`, { relation: 'reader' }), 404)
  })

  it('that the owner shares are there on the next request, for reading, and gone on the next one after they are taken back', async () => {
    const { page } = owner
    assert.equal(await statusOf(guest, message), 404)
    await share(page, demo.accounts.reader.email.toUpperCase())
    const entry = page.getByRole('listitem').filter({ hasText: demo.accounts.reader.email })
    await entry.waitFor()
    await assertWellMade(page)
    assert.equal(await statusOf(guest, message), 200)
    assert.equal(await guest.page.locator('main form').count(), 0)
    await owner.page.goto(demo.inbox + message)
    await assertWellMade(owner.page)
    await page.goto(`${demo.inbox}/?place=${mailbox}`)
    await assertWellMade(page)
    await page.goto(`${demo.inbox}/places/${mailbox}`)
    assert.ok((await places(guest)).includes('Mailbox of Priya Raman'))
    assert.equal(await rows(guest, `/?place=${mailbox}`), 1)
    assert.equal(await statusOf(administrator, message), 404, 'nobody but whom it was shared with')
    await press(page, /^Take back from Jonas/)
    assert.equal(await statusOf(guest, message), 404)
    assert.equal(await statusOf(guest, `/?place=${mailbox}`), 404)
    assert.ok(!(await places(guest)).includes('Mailbox of Priya Raman'))
  })

  it('and shared for a time are gone when it is over', async () => {
    // It is said in whole seconds.
    const endsMs = Math.floor(Date.now() / 1_000) * 1_000 + 12_000
    const until = new Date(endsMs).toISOString().slice(0, 19)
    const fields = { relation: 'reader', kind: 'user', who: demo.accounts.reader.email, until }
    assert.equal(await post(owner, `/places/${mailbox}/shares`, fields), 303)
    assert.equal(await statusOf(guest, message), 200)
    for (;;) {
      // An answer may take its time: what was asked after the end is refused, and what was answered before it is not.
      const askedMs = Date.now()
      const status = await statusOf(guest, message)
      if (status !== 200) break
      assert.ok(askedMs < endsMs + 1_000, 'it outlived its end')
      await pause(200)
    }
    assert.ok(Date.now() >= endsMs, 'it ended before its end')
    assert.equal(await statusOf(guest, message), 404)
  })

  it('have folders that are shared by themselves, with a role', async () => {
    const { page } = owner
    await page.goto(`${demo.inbox}/places/${mailbox}`)
    await page.getByLabel('Name of the folder').fill('Guests of honour')
    await page.getByRole('button', { name: 'Make folder' }).click()
    await page.getByRole('heading', { level: 1, name: 'Guests of honour' }).waitFor()
    const made = new URL(page.url()).searchParams.get('place') ?? ''
    assert.equal(await statusOf(guest, `/?place=${made}`), 404)
    assert.equal(await post(owner, `${message}/place`, { place: made }), 303)
    const reading = { relation: 'reader', kind: 'role', who: 'reader', until: '' }
    assert.equal(await post(owner, `/places/${made}/shares`, reading), 303)
    assert.equal(await statusOf(guest, message), 200)
    assert.ok((await places(guest)).includes('Guests of honour'))
    assert.equal(await statusOf(guest, `/?place=${mailbox}`), 404, 'the mailbox around it is not shared')
    assert.equal(await statusOf(administrator, message), 404)
    const taken = { relation: 'reader', kind: 'role', id: 'reader' }
    assert.equal(await post(owner, `/places/${made}/shares/remove`, taken), 303)
    assert.equal(await statusOf(guest, message), 404)
  })

  it('are not shared further by whoever only edits them, and refusals say why in words', async () => {
    const { page } = owner
    // The team's mailbox is the administrators': members edit it.
    assert.equal((await rows(owner, '/?place=team')) > 0, true)
    assert.equal(await page.getByRole('link', { name: 'Share', exact: true }).count(), 0)
    assert.equal(await statusOf(owner, '/places/team'), 403)
    const wish = { relation: 'editor', kind: 'user', who: demo.accounts.reader.email, until: '' }
    assert.equal(await post(owner, '/places/team/shares', wish), 403)
    assert.equal(await post(owner, `/places/${mailbox}/shares`, { ...wish, relation: 'owner' }), 400)
    assert.equal(await post(guest, `/places/${mailbox}/shares`, wish), 403)
    await share(page, 'nobody@brightwater.example')
    await assertWellMade(page)
    await page.getByRole('alert').filter({ hasText: 'Nobody with this address has opened Inbox yet.' }).waitFor()
    assert.equal(await page.getByLabel('Who', { exact: true }).inputValue(), 'nobody@brightwater.example')
    await share(page, demo.accounts.reader.email, { until: '2020-01-01T00:00' })
    await page.getByRole('alert').filter({ hasText: 'The end is not in the future.' }).waitFor()
    assert.equal(await statusOf(guest, message), 404)
    await administrator.page.goto(`${demo.inbox}/?place=team`)
    await administrator.page.getByRole('link', { name: 'Share', exact: true }).click()
    await administrator.page.getByRole('heading', { level: 1, name: 'Share: Team mailbox' }).waitFor()
    await administrator.page.waitForLoadState()
    assert.equal(await administrator.page.getByRole('listitem').filter({ hasText: 'member' }).count(), 1)
  })

  it('stand in the ledger by the person who shared, and the application through which', async () => {
    const { page } = administrator
    await page.goto(demo.console)
    const entries = await page.evaluate(async () => {
      const answer = await fetch('/v1/ledger/entries?type=access.relations.changed&limit=100')
      return JSON.stringify(await answer.json())
    })
    assert.match(entries, new RegExp(`inbox:mailbox/${mailbox}#reader@user:usr_`))
    assert.match(entries, /"through":"inbox"/)
  })

  it('keep in their store no name, no address and no word in the clear', () => {
    const store = join(demo.data, 'inbox')
    const bytes = Buffer.concat(readdirSync(store).map((name) => readFileSync(join(store, name))))
    for (const word of ['Priya', 'Jonas', 'brightwater', 'wedding', 'Guests of honour', 'Seating plan', 'Team mailbox'])
      assert.equal(bytes.includes(word), false, word)
  })
})
