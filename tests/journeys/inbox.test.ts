import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { fillSignIn, signInTo } from './sign-in.ts'

describe('with the demo running', withBrowser, () => {
  const folder = newDemoFolder()
  let demo: Demo
  let browser: Browser
  before(async () => {
    demo = await startDemo({ folder })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await demo?.stop()
    removeFolder(folder)
  })

  describe('a member', () => {
    let member: Visitor
    before(async () => {
      member = await newVisitor(browser)
    })
    after(() => member.leave())

    it('who opens Inbox signs in at Custodia and comes back to Inbox', async () => {
      const { page } = member
      await page.goto(demo.inbox)
      assert.equal(new URL(page.url()).origin, demo.console)
      await page.getByText(`to continue to ${new URL(demo.inbox).hostname}`).waitFor()
      await fillSignIn(page, demo.accounts.member)
      await arrivedAt(page, 'All mail')
      assert.equal(page.url(), `${demo.inbox}/`)
      assert.equal(await page.getByText('Can read and label').count(), 1)
    })

    it('is told about a wrong password at the field, and nothing of whether the address is known', async () => {
      const stranger = await newVisitor(browser)
      const offered = stranger.page.waitForResponse((answer) => answer.url().endsWith('/v1/sign-in/passkey/options'))
      await stranger.page.goto(`${demo.console}/sign-in`)
      for (const email of [demo.accounts.member.email, 'nobody@brightwater.example']) {
        await offered
        await fillSignIn(stranger.page, { email, password: 'not the password' })
        await stranger.page.getByText('E-mail or password is wrong.').waitFor()
        await stranger.page.reload()
      }
      // The browser that may offer a passkey holds the cookie of its challenge, and no other.
      const names = (await stranger.context.cookies()).map((cookie) => cookie.name)
      assert.deepEqual(names, ['__Host-custodia-passkey'])
      await stranger.leave()
    })

    it('reads a message, which is then no longer marked as unread', async () => {
      const { page } = member
      const row = page.locator('li.unread').filter({ hasText: 'wedding' }).first()
      await row.getByRole('link').first().click()
      await page.getByRole('heading', { level: 1 }).filter({ hasText: 'wedding' }).waitFor()
      await page.getByRole('link', { name: 'All mail' }).first().click()
      await arrivedAt(page, 'All mail')
      assert.equal(await page.locator('li.unread').filter({ hasText: 'wedding' }).count(), 0)
      assert.ok((await page.locator('li.read').filter({ hasText: 'wedding' }).count()) > 0)
    })

    it('finds messages by words of the sender and by words of the subject, and by no word of the text', async () => {
      const { page } = member
      const subject = await textOf(page, '.row .subject')
      const sender = await textOf(page, '.row .from bdi')
      assert.ok((await found(page, longestWord(subject))).some((row) => row.includes(subject)))
      assert.ok((await found(page, longestWord(sender))).some((row) => row.includes(sender)))
      assert.deepEqual(await found(page, 'zxqvjunheardof'), [])
      await page.getByText('No message found').waitFor()
    })

    it('puts a label on a message, finds the message by it, and takes it off again', async () => {
      const { page } = member
      await found(page, 'wedding')
      await page.locator('.row').first().click()
      await page.getByLabel('Add a label').fill('Answer by Friday')
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await page.getByRole('button', { name: 'Take off Answer by Friday' }).waitFor()
      await page
        .getByRole('navigation', { name: 'Mailbox' })
        .getByRole('link', { name: /Answer by Friday/ })
        .click()
      await arrivedAt(page, 'Answer by Friday')
      assert.equal(await page.locator('.row').count(), 1)
      await page.locator('.row').click()
      await page.getByRole('button', { name: 'Take off Answer by Friday' }).click()
      await page.getByRole('button', { name: 'Take off Answer by Friday' }).waitFor({ state: 'detached' })
      await page.getByLabel('Add a label').waitFor()
      await page.waitForLoadState()
      assert.equal(await page.locator('main').getByText('Answer by Friday').count(), 0)
    })
  })

  describe('a reader', () => {
    let reader: Visitor
    before(async () => {
      reader = await newVisitor(browser)
      await signInTo(reader.page, demo.inbox, demo.accounts.reader)
    })
    after(() => reader.leave())

    it('is shown no way to label', async () => {
      const { page } = reader
      await page.locator('.row').first().click()
      await page.locator('article.message').waitFor()
      await page.waitForLoadState()
      assert.equal(await page.locator('main form').count(), 0)
      assert.equal(await page.getByLabel('Add a label').count(), 0)
      assert.equal(await page.getByText('Can read', { exact: true }).count(), 1)
    })

    it('who forges the form is refused by the gateway', async () => {
      const { page } = reader
      const answered = page.waitForResponse((response) => response.request().method() === 'POST')
      await page.evaluate(() => {
        const form = document.createElement('form')
        form.method = 'post'
        form.action = `${location.pathname}/labels`
        const name = document.createElement('input')
        name.name = 'name'
        name.value = 'Forged'
        form.append(name)
        document.body.append(form)
        // After this script has ended, whose page goes with it.
        setTimeout(() => form.submit())
      })
      const answer = await answered
      assert.equal(answer.status(), 403)
      // Inbox would answer with a page of its own: these words are the gateway's.
      assert.match(await answer.text(), /"code":"ACCESS_DENIED"|ACCESS_DENIED · req_/)
      await page.goto(demo.inbox)
      assert.equal(await page.getByText('Forged').count(), 0)
    })

    it('sees neither the ledger nor the users, nor the report of imports', async () => {
      const { page } = reader
      assert.equal((await page.goto(`${demo.inbox}/imports`))?.status(), 403)
      await page.goto(demo.console)
      await page.getByRole('navigation', { name: 'Main' }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Ledger' }).count(), 0)
      assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0)
      for (const path of ['/v1/users', '/v1/ledger/entries'])
        assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, path), 403, path)
    })
  })

  describe('the administrator', () => {
    let administrator: Visitor
    before(async () => {
      administrator = await newVisitor(browser)
      await signInTo(
        administrator.page,
        `${demo.console}/ledger?type=gateway.request.refused`,
        demo.accounts.administrator,
      )
    })
    after(() => administrator.leave())

    const entries = () =>
      administrator.page.getByRole('listitem').filter({ has: administrator.page.locator('[aria-expanded]') })

    it('finds the refusal in the ledger, with who, what and why', async () => {
      const { page } = administrator
      const refusal = entries().filter({ hasText: 'A request to an application was refused' }).last()
      await refusal.waitFor()
      const texts: string[] = []
      for (const one of await entries().all()) {
        await one.locator('[aria-expanded]').click()
        texts.push(await textOf(page, '[id^=entry-]'))
        await one.locator('[aria-expanded]').click()
      }
      assert.ok(
        texts.some((text) => /POST/.test(text) && /inbox:write/.test(text)),
        texts.join('\n---\n'),
      )
    })

    it('verifies its proof in the browser', async () => {
      const { page } = administrator
      await entries().first().locator('[aria-expanded]').click()
      await page.getByRole('button', { name: 'Verify in this browser' }).click()
      await page.getByText('This entry stands in the ledger, unchanged.').waitFor()
      await page.getByText('Its hash leads to the root').waitFor()
      await page.getByText('The checkpoint is signed by the ledger').first().waitFor()
    })

    for (const [what, tamper, finding] of [
      ['the body', flipBody, 'What is shown is not what was hashed'],
      ['the path', flipPath, 'Its hash does not lead to the root'],
      ['the signature', flipSignature, 'The checkpoint is not signed by the ledger'],
    ] as const)
      it(`sees a proof fail in which one byte of ${what} was changed on the way`, async () => {
        const { page } = administrator
        let changed = 0
        await page.route('**/v1/ledger/entries/*/proof', async (route) => {
          const response = await route.fetch({
            url: atLoopback(route.request().url()),
            headers: { ...route.request().headers(), host: new URL(demo.console).host },
          })
          const proof = (await response.json()) as Proof
          tamper(proof)
          changed += 1
          await route.fulfill({ response, json: proof })
        })
        await page.getByRole('button', { name: 'Verify again' }).click()
        await page.getByText('This entry does not hold.').waitFor()
        await page.getByText(finding).first().waitFor()
        assert.equal(changed, 1)
        assert.equal(await page.getByText('This entry stands in the ledger, unchanged.').count(), 0)
        await page.unroute('**/v1/ledger/entries/*/proof')
        await page.getByRole('button', { name: 'Verify again' }).click()
        await page.getByText('This entry stands in the ledger, unchanged.').waitFor()
      })
  })
})

type Proof = { body: string; path: string[]; checkpoint: string }

function flipBody(proof: Proof): void {
  proof.body = proof.body.replace(/"at":"(\d)/, (_, digit: string) => `"at":"${(Number(digit) + 1) % 10}`)
}

function flipPath(proof: Proof): void {
  proof.path[0] = flipped(proof.path[0] as string, 3)
}

/** The last line of a signed note holds the signature, in base64 behind the name. */
function flipSignature(proof: Proof): void {
  const at = proof.checkpoint.trimEnd().lastIndexOf(' ') + 1
  proof.checkpoint = proof.checkpoint.slice(0, at) + flipped(proof.checkpoint.slice(at), 40)
}

function flipped(base64: string, at: number): string {
  const bytes = Buffer.from(base64.trimEnd(), 'base64')
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  return bytes.toString('base64') + (base64.endsWith('\n') ? '\n' : '')
}

/** Node does not resolve `*.localhost` on every system. */
function atLoopback(url: string): string {
  const { port, pathname, search } = new URL(url)
  return `http://127.0.0.1:${port}${pathname}${search}`
}

/** Waits until a page of Inbox is there with this heading, and all that stands below it. */
async function arrivedAt(page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await page.waitForLoadState()
}

/** Searches. @returns the rows that are listed, as text. */
async function found(page: Page, words: string): Promise<string[]> {
  await page.getByRole('searchbox').fill(words)
  await page.getByRole('searchbox').press('Enter')
  await arrivedAt(page, `“${words}”`)
  return await page.locator('.row').allInnerTexts()
}

const longestWord = (text: string): string =>
  (text.match(/\p{L}+/gu) ?? []).toSorted((one, other) => other.length - one.length)[0] ??
  assert.fail(`no word in ${text}`)

const textOf = async (page: Page, selector: string) => (await page.locator(selector).first().textContent()) ?? ''
