import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { startTestServer, withAccounts } from '../harness.ts'
import { superuserOf } from '../superuser.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

describe('roles, groups and who has them', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let accounts: readonly [Account, Account, Account]
  let mara: Visitor
  before(async () => {
    server = await startTestServer()
    accounts = (await withAccounts(server, ['administrator', 'member'])) as unknown as [Account, Account, Account]
    browser = await openBrowser()
    mara = await newVisitor(browser)
    await signInTo(mara.page, `${server.publicUrl}/access/roles`, accounts[0])
  })
  after(async () => {
    await mara?.leave()
    await browser?.close()
    await server?.remove()
  })

  const makeRole = async (page: Page, name: string, permission: string, privileged = false) => {
    await page.getByRole('button', { name: 'New role' }).click()
    const form = page.getByRole('dialog', { name: 'New role' })
    await form.getByLabel('Name', { exact: true }).fill(name)
    await form.getByLabel('What it is for').fill(`Made for ${name}`)
    await form.getByLabel('Find a permission').fill(permission)
    await form.getByLabel(permission, { exact: true }).check()
    if (privileged) await form.getByLabel('Privileged').check()
    await form.getByRole('button', { name: 'New role' }).click()
    await form.waitFor({ state: 'detached' })
  }

  const describedBy = (field: Locator) =>
    field.evaluate((one) => document.getElementById(one.getAttribute('aria-describedby') ?? '')?.textContent)
  const giveRole = async (page: Page, sheet: Locator, role: string) => {
    await sheet.getByRole('button', { name: 'Give a role' }).click()
    const giving = page.getByRole('dialog', { name: /^Give .+ a role$/ })
    await giving.getByLabel('Role', { exact: true }).selectOption(role)
    await giving.getByLabel('Reason').fill('They work on it')
    await giving.getByRole('button', { name: 'Give a role' }).click()
    await giving.waitFor({ state: 'detached' })
  }

  it('an administrator makes a role of what they have, and is told at the field what is wrong with a name', async () => {
    const { page } = mara
    await page.getByText('all of them built in').waitFor()
    await assertWellMade(page)
    await page.getByRole('button', { name: 'New role' }).click()
    const form = page.getByRole('dialog', { name: 'New role' })
    await form.getByLabel('Find a permission').fill('ledger READ')
    await form.getByRole('status').filter({ hasText: '0 chosen.' }).waitFor()
    await assertWellMade(page)
    for (const [name, said] of [
      ['Look Up', 'beginning with a letter'],
      ['auditor', 'There is a role of this name.'],
    ] as const) {
      await form.getByLabel('Name', { exact: true }).fill(name)
      await form.getByLabel('What it is for').fill('Looks people up')
      await form.getByRole('button', { name: 'New role' }).click()
      await form.getByText(said).waitFor()
    }
    await form.getByRole('button', { name: 'Cancel' }).click()
    await form.waitFor({ state: 'detached' })
    await makeRole(page, 'people-reader', 'identity:users:read')
    await page.getByText('1 of your own').waitFor()
    await makeRole(page, 'ledger-reader', 'ledger:read', true)
    await page.getByRole('link', { name: 'ledger-reader' }).click()
    const sheet = page.getByRole('dialog', { name: 'ledger-reader' })
    await sheet.getByText('Given only where a second administrator agrees.').waitFor()
    await sheet.getByText('Nobody has it directly.').waitFor()
    await assertWellMade(page)
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
  })

  it('a role of their own is edited, and deleted where nobody has it', async () => {
    const { page } = mara
    await makeRole(page, 'passing', 'sessions:read')
    await page.getByRole('link', { name: 'passing' }).click()
    const sheet = page.getByRole('dialog', { name: 'passing', exact: true })
    await sheet.getByRole('button', { name: 'Edit' }).click()
    const form = page.getByRole('dialog', { name: 'Edit passing' })
    await form.getByLabel('What it is for').fill('Sees sessions, for now')
    await form.getByRole('button', { name: 'Save' }).click()
    await sheet.getByText('Sees sessions, for now').waitFor()
    await sheet.getByRole('button', { name: 'Delete the role' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete the role' }).click()
    await page.getByRole('link', { name: 'passing' }).waitFor({ state: 'detached' })
  })

  it('a person who is put in a group gains what it has, for as long as was said', async () => {
    const { page } = mara
    const visitor = await newVisitor(browser)
    const member = accounts[2]
    const theirs = visitor.page
    await signInTo(theirs, `${server.publicUrl}/`, member)
    const navigation = theirs.getByRole('navigation', { name: 'Main' })
    assert.equal(await navigation.getByRole('link', { name: 'People' }).count(), 0)

    await page.getByRole('link', { name: 'Groups', exact: true }).click()
    await page.getByText('There are no groups yet.').waitFor()
    await page.getByRole('button', { name: 'New group' }).click()
    const form = page.getByRole('dialog', { name: 'New group' })
    await form.getByLabel('Name', { exact: true }).fill('Front desk')
    await form.getByLabel('Description').fill('Whoever answers the door')
    await form.getByRole('button', { name: 'New group' }).click()
    await page.getByRole('link', { name: 'Front desk' }).click()
    const sheet = page.getByRole('dialog', { name: 'Front desk' })
    await giveRole(page, sheet, 'people-reader')
    await sheet.getByText('Given. It holds from the next request on.').waitFor()

    await sheet.getByRole('button', { name: 'Add a member' }).click()
    const adding = page.getByRole('dialog', { name: 'Add a member' })
    await adding.getByLabel('E-mail').fill('nobody@brightwater.example')
    await adding.getByLabel('How long').selectOption('For a week')
    await adding.getByLabel('Reason').fill('Covers the summer')
    await assertWellMade(page)
    await adding.getByRole('button', { name: 'Add a member' }).click()
    await adding.getByText('Nobody here has this address.').waitFor()
    await adding.getByLabel('E-mail').fill(member.email)
    await adding.getByRole('button', { name: 'Add a member' }).click()
    await sheet.getByText('Added. It holds from their next request on.').waitFor()
    await sheet.getByRole('list', { name: 'Members' }).getByText(member.name).waitFor()
    await sheet.getByText('Covers the summer').waitFor()
    await sheet.getByText(/^ends in [67] days/).waitFor()
    await assertWellMade(page)

    await theirs.reload()
    await navigation.getByRole('link', { name: 'People' }).waitFor()
    await sheet.getByRole('button', { name: `Remove ${member.name} from the group` }).click()
    await page.getByLabel('Reason').fill('Summer is over')
    await page.getByRole('button', { name: 'Remove from the group', exact: true }).click()
    await sheet.getByText('Nobody is in it.').waitFor()
    await theirs.reload()
    await navigation.getByRole('link', { name: 'Security' }).waitFor()
    assert.equal(await navigation.getByRole('link', { name: 'People' }).count(), 0)
    await visitor.leave()
  })

  it('a service account is made, given a role until a moment, disabled and deleted', async () => {
    const { page } = mara
    await page.goto(`${server.publicUrl}/access/service-accounts`)
    await page.getByRole('button', { name: 'New service account' }).click()
    const form = page.getByRole('dialog', { name: 'New service account' })
    await form.getByLabel('Name', { exact: true }).fill('Nightly export')
    await form.getByRole('button', { name: 'New service account' }).click()
    await page.getByRole('link', { name: 'Nightly export' }).click()
    const sheet = page.getByRole('dialog', { name: 'Nightly export' })
    await sheet.getByRole('button', { name: 'Give a role' }).click()
    const giving = page.getByRole('dialog', { name: 'Give Nightly export a role' })
    await giving.getByLabel('Role', { exact: true }).selectOption('people-reader')
    await giving.getByLabel('How long').selectOption('Until a moment')
    await giving.getByLabel('Until', { exact: true }).fill('2001-01-01T10:00')
    await giving.getByLabel('Reason').fill('Exports at night')
    await giving.getByRole('button', { name: 'Give a role' }).click()
    await giving.getByText('The expiry is not in the future.').waitFor()
    // Said at the field, to whoever listens as well, and not a second time below.
    assert.equal(await describedBy(giving.getByLabel('Until', { exact: true })), 'The expiry is not in the future.')
    assert.equal(await giving.getByRole('alert').count(), 0)
    await giving.getByLabel('Until', { exact: true }).fill('2099-01-01T10:00')
    await giving.getByRole('button', { name: 'Give a role' }).click()
    await sheet.getByText('Exports at night').waitFor()
    await sheet.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
    await sheet.getByText('disabled', { exact: true }).waitFor()
    await assertWellMade(page)
    await sheet.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('There are no service accounts').waitFor()
    await assertWellMade(page)
  })

  it('a privileged role waits: who asked can’t agree, another administrator does, and then it holds', async () => {
    const { page } = mara
    const [, second, member] = accounts
    await page.goto(`${server.publicUrl}/users`)
    await page.getByRole('link', { name: member.name }).click()
    const sheet = page.getByRole('dialog', { name: member.name })
    await giveRole(page, sheet, 'auditor')
    await sheet.getByText('Given. It holds from the next request on.').waitFor()
    await giveRole(page, sheet, 'ledger-reader')
    const waits = page.getByRole('dialog', { name: 'It waits for a second administrator' })
    await waits.getByText('Nothing has changed yet.').waitFor()
    await waits.getByRole('button', { name: 'Close' }).last().click()
    await page.goto(`${server.publicUrl}/access/approvals`)
    const asked = `${member.name} gets the role ledger-reader`
    await page.getByText('You asked for it: another administrator agrees.').waitFor()
    await page.getByRole('button', { name: `Take back: ${asked}` }).waitFor()
    assert.equal(await page.getByRole('button', { name: `Agree: ${asked}` }).count(), 0)

    const other = await newVisitor(browser, { colorScheme: 'dark' })
    await signInTo(other.page, `${server.publicUrl}/access/approvals`, second)
    await other.page.getByText('1 request waits.').waitFor()
    await assertWellMade(other.page)
    await other.page.getByRole('button', { name: `Agree: ${asked}` }).click()
    await other.page.getByRole('alertdialog').getByRole('button', { name: 'Agree' }).click()
    await other.page.getByText('Nothing waits.').waitFor()
    await other.page.getByRole('list', { name: 'Decided' }).getByText('agreed').waitFor()
    await other.page.goto(`${server.publicUrl}/access/roles?open=ledger-reader`)
    await other.page.getByRole('list', { name: 'Who has it' }).getByText(member.name).waitFor()
    await other.leave()
  })

  it('who may only look is shown everything and no button that changes anything', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${server.publicUrl}/access/roles?open=people-reader`, accounts[2])
    const sheet = page.getByRole('dialog', { name: 'people-reader' })
    await sheet.getByRole('list', { name: 'Who has it' }).getByText('Front desk').waitFor()
    const changing = /New|Add|Give|Take|Edit|Delete|Agree|Refuse|Open a review|Disable|Remove/
    for (const [path, shown] of [
      ['roles?open=people-reader', 'Who has it'],
      ['groups', 'Front desk'],
      ['service-accounts', 'There are no service accounts'],
      ['approvals', 'Decided'],
      ['reviews', 'There was no review yet'],
    ] as const) {
      await page.goto(`${server.publicUrl}/access/${path}`)
      await page.getByText(shown, { exact: true }).waitFor()
      assert.equal(await page.getByRole('button', { name: changing }).count(), 0, path)
    }
    await visitor.leave()
  })

  it('a review is opened, decided line by line, and carried out at its end', async () => {
    const { page } = mara
    const member = accounts[2]
    await page.goto(`${server.publicUrl}/access/reviews`)
    await page.getByText('No review is open.').waitFor()
    await page.getByRole('button', { name: 'Open a review' }).click()
    const form = page.getByRole('dialog', { name: 'Open a review' })
    await form.getByLabel('Name').fill('Spring review')
    await assertWellMade(page)
    await form.getByRole('button', { name: 'Open a review' }).click()
    await page.getByRole('link', { name: 'Spring review' }).click()
    await page.getByText(/^0 of \d+ lines decided$/).waitFor()
    await page.getByText('Your own: another reviewer decides.').waitFor()
    const line = `${member.name} has the role ledger-reader`
    await page.getByRole('button', { name: `Keep: ${line}` }).press('Enter')
    await page.getByText(/^1 of \d+ lines decided$/).waitFor()
    await page.getByRole('button', { name: `Remove: ${line}` }).press('Enter')
    await page.getByText('to be removed').waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-pressed')), 'true')
    await assertWellMade(page)
    await page.getByRole('button', { name: 'End it now' }).click()
    await page.getByText('Of the lines that are shown, 1 is removed.').waitFor()
    await page.getByRole('alertdialog').getByRole('button', { name: 'End it now' }).click()
    await page.getByText('removed', { exact: true }).waitFor()
    await page.goto(`${server.publicUrl}/access/roles?open=ledger-reader`)
    await page.getByText('Nobody has it directly.').waitFor()
  })

  it('who signed in long ago is asked again, in front of the sheet and the form, which stay as they are', async () => {
    const { page } = mara
    const member = accounts[2]
    await page.goto(`${server.publicUrl}/users`)
    await page.getByRole('link', { name: member.name }).click()
    const sheet = page.getByRole('dialog', { name: member.name })
    await sheet.getByText('No keys.').waitFor()
    // Nobody waits ten minutes: the proof is made older, and the server started anew, which remembers none.
    const database = await superuserOf(server.folder)
    await database.run(`update sessions.session set authenticated_at = authenticated_at - interval '11 minutes'`)
    await database.close()
    await server.stop()
    server = await startTestServer({ folder: server.folder, port: server.port })
    await sheet.getByRole('button', { name: 'Give a role' }).click()
    const giving = page.getByRole('dialog', { name: `Give ${member.name} a role` })
    await giving.getByLabel('Role', { exact: true }).selectOption('people-reader')
    await giving.getByLabel('Reason').fill('Late in the day')
    await page.keyboard.press('Enter')
    const question = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await question.getByLabel('Password', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    await giving.getByText('This needs a sign-in that is more recent.').waitFor()
    assert.equal(await giving.getByLabel('Reason').inputValue(), 'Late in the day')
    await giving.getByRole('button', { name: 'Give a role' }).click()
    await question.getByLabel('Password', { exact: true }).fill(accounts[0].password)
    await page.keyboard.press('Enter')
    await sheet.getByText('Late in the day').waitFor()
    await sheet.getByText('Given. It holds from the next request on.').waitFor()
  })
})
