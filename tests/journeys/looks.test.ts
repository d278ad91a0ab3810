import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Account, Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'
import { seriousFindings, widerThanTheWindow } from './well-made.ts'

/** A page that is looked at: where it is, who sees it, and the text by which it is there. */
type Look = {
  readonly name: string
  readonly who: 'nobody' | 'administrator' | 'member'
  readonly at: 'console' | 'inbox'
  readonly path: string
  readonly shows: string
  /** What is done before looking. */
  readonly act?: (page: Page) => Promise<void>
}

/** An entry that has its place in the tree already; the newest gets it within the second. */
const placedEntry = '[aria-expanded=false]:has-text("#")'

const openProof = async (page: Page) => {
  await page.locator(placedEntry).first().click()
  await page.getByRole('button', { name: 'Verify in this browser' }).click()
  await page.getByText('This entry stands in the ledger, unchanged.').waitFor()
}
const openFirst = async (page: Page) => {
  await page.locator('.row').first().click()
  await page.locator('article.message').waitFor()
}

const openNewApp = async (page: Page) => {
  await page.getByRole('button', { name: 'Add an authenticator app' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
}

const openPerson = async (page: Page) => {
  await page.getByRole('link', { name: 'Priya Raman' }).click()
  await page.getByRole('button', { name: 'Show what happened' }).click()
  await page
    .getByRole('button', { name: /as usual|too few sign-ins/ })
    .first()
    .click()
  await page.getByRole('list', { name: 'What was compared' }).waitFor()
}

const looks: readonly Look[] = [
  { name: 'sign-in', who: 'nobody', at: 'console', path: '/sign-in', shows: 'Sign in to Custodia' },
  { name: 'recovery', who: 'nobody', at: 'console', path: '/recovery', shows: 'Let’s get you in again' },
  { name: 'step', who: 'nobody', at: 'console', path: '/sign-in?step=factor', shows: 'This sign-in is over' },
  { name: 'home', who: 'administrator', at: 'console', path: '/', shows: 'Is my account safe?' },
  { name: 'security', who: 'administrator', at: 'console', path: '/account/security', shows: 'Signed in' },
  {
    name: 'security with a new app',
    who: 'administrator',
    at: 'console',
    path: '/account/security',
    shows: 'What protects it',
    act: openNewApp,
  },
  {
    name: 'sign-in policy',
    who: 'administrator',
    at: 'console',
    path: '/policies/sign-in',
    shows: 'Which passkeys may be added',
  },
  { name: 'name and logo', who: 'administrator', at: 'console', path: '/organisation/look', shows: 'Preview' },
  { name: 'sessions', who: 'administrator', at: 'console', path: '/account/sessions', shows: 'Open sessions' },
  { name: 'password', who: 'administrator', at: 'console', path: '/account/password', shows: 'Change my password' },
  { name: 'users', who: 'administrator', at: 'console', path: '/users', shows: 'priya@brightwater.example' },
  {
    name: 'person with what happened',
    who: 'administrator',
    at: 'console',
    path: '/users',
    shows: 'priya@brightwater.example',
    act: openPerson,
  },
  {
    name: 'ledger',
    who: 'administrator',
    at: 'console',
    path: '/ledger',
    shows: 'Is the record whole?',
    act: openProof,
  },
  { name: 'inbox', who: 'member', at: 'inbox', path: '/', shows: 'All mail' },
  { name: 'message', who: 'member', at: 'inbox', path: '/', shows: 'All mail', act: openFirst },
  { name: 'message with a frame', who: 'member', at: 'inbox', path: '/?q=yacht', shows: 'yacht', act: openFirst },
  { name: 'imports', who: 'member', at: 'inbox', path: '/imports', shows: 'Malformed' },
]

describe('the pages', withBrowser, () => {
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

  for (const colorScheme of ['light', 'dark'] as const)
    describe(`in the ${colorScheme} scheme`, () => {
      const visitors = new Map<Look['who'], Visitor>()
      before(async () => {
        for (const who of ['nobody', 'administrator', 'member'] as const) {
          const visitor = await newVisitor(browser, { colorScheme })
          if (who !== 'nobody') {
            await signInTo(visitor.page, demo.console, demo.accounts[who])
            await visitor.page.goto(demo.inbox)
          }
          visitors.set(who, visitor)
        }
      })
      after(async () => {
        for (const visitor of visitors.values()) await visitor.leave()
      })

      for (const { name, who, at, path, shows, act } of looks)
        it(`${name}: no sideways scrolling at any width, and nothing that axe finds serious`, async () => {
          const { page } = visitors.get(who) as Visitor
          await page.setViewportSize({ width: 1280, height: 800 })
          await page.goto(demo[at] + path)
          await page.getByText(shows).first().waitFor()
          await act?.(page)
          const findings: string[] = []
          for (const width of [1280, 390, 320]) {
            await page.setViewportSize({ width, height: 800 })
            const wide = await widerThanTheWindow(page)
            if (wide.length > 0) findings.push(`${width} px: ${wide.join('; ')}`)
            if (width !== 320)
              findings.push(...(await seriousFindings(page)).map((finding) => `${width} px: ${finding}`))
          }
          assert.deepEqual(findings, [])
        })

      it('keep to it: the page is as dark or as light as was asked', async () => {
        for (const [who, url] of [
          ['administrator', demo.console],
          ['member', demo.inbox],
        ] as const) {
          const { page } = visitors.get(who) as Visitor
          await page.goto(url)
          await page.getByRole('heading').first().waitFor()
          const lightness = await page.evaluate(() => {
            const canvas = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
            const painted = [document.body, document.documentElement].map(
              (one) => getComputedStyle(one).backgroundColor,
            )
            canvas.fillStyle = painted.find((colour) => !/, 0\)|transparent/.test(colour)) ?? 'white'
            canvas.fillRect(0, 0, 1, 1)
            return Math.max(...canvas.getImageData(0, 0, 1, 1).data.subarray(0, 3))
          })
          assert.ok(colorScheme === 'dark' ? lightness < 80 : lightness > 200, `${url}: ${lightness}`)
        }
      })
    })

  describe('with the keyboard alone', () => {
    let visitor: Visitor
    before(async () => {
      visitor = await newVisitor(browser)
    })
    after(() => visitor.leave())

    it('somebody signs in, opens a message and goes back', async () => {
      const { page } = visitor
      await page.goto(demo.inbox)
      await typeSignIn(page, demo.accounts.member)
      await page.getByRole('heading', { name: 'All mail' }).waitFor()
      await tabTo(page, '.row')
      const subject = await page.locator('.row:focus .subject').textContent()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: subject ?? '' }).waitFor()
      await tabTo(page, '#back')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'All mail' }).waitFor()
      // Its script, which hears the keys, comes after the heading.
      await page.waitForLoadState()
    })

    it('somebody searches, and moves through what was found', async () => {
      const { page } = visitor
      await page.keyboard.press('/')
      await page.keyboard.type('wedding')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: '“wedding”' }).waitFor()
      await page.waitForLoadState()
      await page.keyboard.press('j')
      assert.equal(await page.locator('.row:focus').count(), 1)
      await page.keyboard.press('Enter')
      await page.locator('article.message').waitFor()
    })

    it('the administrator finds an entry, opens it, verifies it, and leaves', async () => {
      const { page, context } = visitor
      await context.clearCookies()
      await page.goto(demo.console)
      await typeSignIn(page, demo.accounts.administrator)
      await page.getByText('Is my account safe?').waitFor()
      await tabTo(page, 'a[href="/ledger"]')
      await page.keyboard.press('Enter')
      await page.locator(placedEntry).first().waitFor()
      await tabTo(page, placedEntry)
      await page.keyboard.press('Enter')
      await tabTo(page, 'button:has-text("Verify in this browser")')
      await page.keyboard.press('Enter')
      await page.getByText('This entry stands in the ledger, unchanged.').waitFor()
    })
  })
})

async function typeSignIn(page: Page, { email, password }: Account): Promise<void> {
  await page.locator('input[name=email]:focus').waitFor()
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
}

/** Presses Tab until what is asked for has the focus. Whatever has it on the way must show that it does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    if ((await focused.count()) === 0) continue
    const shown = (await isOutlined(focused)) || (await looksOtherwise(page, focused))
    assert.ok(shown, `the focus is not seen on ${await focused.evaluate((element) => element.outerHTML.slice(0, 200))}`)
    if ((await page.locator(selector).and(focused).count()) > 0) return
  }
  assert.fail(`no Tab leads to ${selector}`)
}

const isOutlined = (focused: Locator): Promise<boolean> =>
  focused.evaluate((element) => getComputedStyle(element).outlineStyle !== 'none')

/** Compares pictures with and without the focus: for what is marked by a frame around it, or by its colour. */
async function looksOtherwise(page: Page, focused: Locator): Promise<boolean> {
  const element = await focused.elementHandle()
  const box = await element?.boundingBox()
  if (element === null || box === null || box === undefined) return false
  const clip = {
    x: Math.max(0, box.x - 40),
    y: Math.max(0, box.y - 10),
    width: box.width + 80,
    height: box.height + 20,
  }
  const withFocus = await page.screenshot({ clip })
  await element.evaluate((one) => (one as HTMLElement).blur())
  const without = await page.screenshot({ clip })
  await element.focus()
  return !withFocus.equals(without)
}
