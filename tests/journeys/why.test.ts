import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

const configuration = `
access:
  roles:
    night-reader: { summary: Reads mail at night., permissions: ["inbox:read"] }
gateway:
  applications:
    inbox:
      title: Inbox
      host: inbox.localhost
      upstream: http://127.0.0.1:9
      permissions: { "inbox:read": Read mail., "inbox:write": Write mail. }
      resources:
        mailbox:
          manage: owner
          relations:
            parent: { is: { direct: [mailbox] } }
            owner: { is: { any: [{ direct: [user] }, { relation: owner, from: parent }] }, permissions: ["inbox:read", "inbox:write"] }
            reader: { is: { direct: [user, group] }, permissions: ["inbox:read"] }
      rules: [{ path: "/**", methods: [GET], permission: "inbox:read" }]
`

describe('who may do what, and why', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  let member: Account
  let auditor: Account
  before(async () => {
    server = await startTestServer({ configuration })
    ;[administrator, member, auditor] = (await withAccounts(server)) as [Account, Account, Account]
    browser = await openBrowser()
    await shareAll()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  /** Priya reads by a role of her group; Jonas owns what stands above a mailbox, and reads another with a security key alone. */
  async function shareAll() {
    const cookie = await signIn(server.call, administrator)
    const post = async (path: string, body: object, more: object = { cookie }) => {
      const answer = await server.call('POST', path, { body, ...more })
      assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
      return answer.body
    }
    const { body: people } = await server.call('GET', '/v1/users', { cookie })
    const idOf = ({ email }: Account) =>
      (people.items as { id: string; email: string }[]).find((one) => one.email === email)?.id ?? ''
    const reason = 'For the night'
    const { id: group } = await post('/v1/groups', { name: 'Night shift', description: '' })
    await post(`/v1/groups/${String(group)}/members`, { member: idOf(member), reason })
    await post('/v1/assignments', { subject: String(group), role: 'night-reader', reason })
    const mailbox = (id: string) => ({ type: 'inbox:mailbox', id })
    const subject = { type: 'user', id: idOf(auditor) }
    const headers = { authorization: `Bearer ${String(server.command('applications', 'key', 'inbox').key)}` }
    const add = [
      { resource: mailbox('orders'), relation: 'parent', subject: mailbox('all') },
      { resource: mailbox('all'), relation: 'owner', subject },
      { resource: mailbox('safe'), relation: 'reader', subject, condition: { assurance: 3 } },
    ]
    await post('/v1/relations', { add }, { headers })
  }

  const ask = async (page: Page, fields: Readonly<Record<string, string>>) => {
    for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
    await page.getByRole('button', { name: 'Show', exact: true }).click()
  }
  const steps = (page: Page) => page.getByRole('list', { name: 'Step by step' }).getByRole('listitem').allTextContents()
  const line = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) })

  it('who may read is listed, by a group’s role and by a parent, with the way as a picture and in words', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, leave } = await newVisitor(browser, { colorScheme })
      await signInTo(page, `${server.publicUrl}/`, administrator)
      await page.getByRole('link', { name: 'Who may do it' }).click()
      await page.getByText('Everybody who may do one thing').waitFor()
      await assertWellMade(page)
      await ask(page, { Permission: 'inbox:read' })
      await line(page, 'Mara Lind').waitFor()
      assert.equal(await line(page, 'Jonas Bäcker').count(), 0, 'what he may read is two mailboxes')
      await line(page, 'Priya Raman').focus()
      await page.keyboard.press('Enter')
      assert.equal(await line(page, 'Priya Raman').getAttribute('aria-expanded'), 'true')
      await page.getByText('Something gives the permission').waitFor()
      const way = ['Person Priya Raman', 'Group Night shift', 'Role night-reader', 'Organisation']
      // Names come by themselves, and stand in both from the same moment on.
      const drawn = (places: readonly string[]) => page.getByRole('img', { name: places.join(', then ') }).waitFor()
      await drawn(way)
      assert.deepEqual(await steps(page), way)
      await assertWellMade(page)

      await ask(page, { 'Type of resource': 'inbox:mailbox' })
      await page.getByText('Say the type and the identifier, or neither.').waitFor()
      await ask(page, { 'Identifier of the resource': 'orders' })
      await line(page, 'Jonas Bäcker').click()
      const owner = 'Relation owner on inbox:mailbox'
      await page.getByText('Something gives the permission').waitFor()
      const above = [
        ...['Person Jonas Bäcker', `${owner}/all`, 'Parent inbox:mailbox/all', `${owner}/orders`],
        'Resource inbox:mailbox/orders',
      ]
      await drawn(above)
      assert.deepEqual(await steps(page), above)
      await assertWellMade(page)
      await leave()
    }
  })

  it('what somebody may do is listed; what they may not do says what is missing', async () => {
    const { page, leave } = await newVisitor(browser, { viewport: { width: 360, height: 740 } })
    await signInTo(page, `${server.publicUrl}/access/what`, administrator)
    // The page of signing in has such a field as well.
    await page.getByText('What one person or service account may do').waitFor()
    await ask(page, { 'E-mail': 'nobody@brightwater.example' })
    await page.getByText('Nobody here has this address.').waitFor()
    await ask(page, { 'E-mail': auditor.email })
    await line(page, 'identity:users:read').waitFor()
    await line(page, 'ledger:read').click()
    await page.getByText('Role', { exact: true }).first().waitFor()
    await assertWellMade(page)

    const choose = (what: string) => page.getByLabel('What do you want to know').selectOption(what)
    await choose('Which resources they may do something with')
    await ask(page, { Permission: 'inbox:read', 'Type of resource': 'inbox:mailbox' })
    await line(page, 'orders').waitFor()
    assert.equal(await line(page, 'safe').count(), 0)
    await ask(page, { 'Type of resource': 'inbox:nothing' })
    await page.getByText('They are allowed none of it.').waitFor()
    await assertWellMade(page)

    await choose('Whether they may do one thing')
    await ask(page, { 'Type of resource': 'inbox:mailbox', 'Identifier of the resource': 'safe' })
    await page.getByText('The way that a condition closes').waitFor()
    await page.getByText('a factor that can’t be phished').waitFor()
    await assertWellMade(page)
    await ask(page, { Permission: 'inbox:write', 'Identifier of the resource': 'nowhere' })
    await page.getByText('No way leads there').waitFor()
    await page.getByText('Missing no role, relation or policy').waitFor()
    const facts = page.getByRole('definition')
    await facts.filter({ hasText: 'administrator' }).first().waitFor()
    await facts.filter({ hasText: /^owner$/ }).waitFor()
    await assertWellMade(page)
    await leave()
  })

  it('a person’s sheet says through which group each role comes, and leads to what they may do', async () => {
    const { page, leave } = await newVisitor(browser, { colorScheme: 'dark' })
    await signInTo(page, `${server.publicUrl}/users`, administrator)
    await page.getByRole('link', { name: 'Priya Raman' }).click()
    const sheet = page.getByRole('dialog', { name: 'Priya Raman' })
    await sheet.getByRole('list', { name: 'Groups they are in' }).getByText('Night shift').waitFor()
    await sheet.getByText('through Night shift').waitFor()
    await assertWellMade(page)
    await sheet.getByRole('link', { name: 'What can they do, and why?' }).click()
    await line(page, 'inbox:read').waitFor()
    await leave()
  })

  it('who may not ask is told so, by the page and by the API', async () => {
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, `${server.publicUrl}/access/who?permission=inbox%3Aread`, member)
    await page.getByText('You may not do this.').waitFor()
    await assertWellMade(page)
    await page.goto(`${server.publicUrl}/access/what`)
    await page.getByText('You may not do this.').waitFor()
    assert.equal(await page.getByRole('link', { name: /may do/ }).count(), 0)
    await leave()
    const cookie = await signIn(server.call, member)
    const body = {
      subject: { type: 'user' },
      action: { name: 'inbox:read' },
      resource: { type: 'organisation', id: 'self' },
    }
    const { status } = await server.call('POST', '/access/v1/search/subject', { cookie, body })
    assert.equal(status, 403)
    assert.equal((await server.call('GET', `/v1/standing?subject=usr_${'a'.repeat(26)}`, { cookie })).status, 403)
  })
})
