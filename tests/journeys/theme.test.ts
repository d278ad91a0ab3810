import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { tonesOf } from '../../console/src/theme/tones.ts'
import { picture, png, segment } from '../../server/identity/theme/testing.ts'
import type { Account } from '../../tools/demo/accounts.ts'
import type { TestServer } from '../harness.ts'
import { signIn, startTestServer, withAccounts } from '../harness.ts'
import { superuserOf } from '../superuser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import { fillSignIn, signInTo } from './sign-in.ts'
import { assertWellMade } from './well-made.ts'

/** The hardest of all: on white it can hardly be seen. */
const yellow = '#ffcc00'
const secret = 'taken at 52.5200 N 13.4050 E'

/** A picture that is wider than a logo may be. */
function wide(): Buffer {
  const [width, height] = [1_200, 600]
  const row = Buffer.alloc(1 + width * 4, Buffer.from('c8285aff', 'hex'))
  row[0] = 0
  row.fill(Buffer.from('c8285aff', 'hex'), 1)
  return png({ width, height, pixels: Buffer.concat(Array.from({ length: height }, () => row)) })
}

/** Notes what the page looks like at the very moment at which there is a heading. */
const probe = `new MutationObserver(() => {
  const heading = document.querySelector('h1')
  if (heading === null || window.first !== undefined) return
  const accent = getComputedStyle(document.documentElement).getPropertyValue('--color-accent')
  window.first = [heading.textContent, accent]
}).observe(document, { childList: true, subtree: true })`

describe('an organisation that says how its pages look', withBrowser, () => {
  let server: TestServer
  let browser: Browser
  let administrator: Account
  before(async () => {
    server = await startTestServer()
    administrator = (await withAccounts(server))[0] as Account
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await server?.remove()
  })

  const logo = (page: Page) => page.getByRole('img', { name: 'Northwind', exact: true })

  it('sees what it will be before it is saved, and is told what can’t be a logo', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, server.publicUrl, administrator)
    await page.getByRole('link', { name: 'Name and logo' }).click()
    await page.getByText('As Custodia’s own.').waitFor()
    const save = page.getByRole('button', { name: 'Save the look' })
    assert.equal(await save.isEnabled(), false)

    await page.getByLabel('Name').fill('Northwind')
    await page.getByLabel('Colour', { exact: true }).fill('yellow')
    await page.getByText('This is not a colour such as').waitFor()
    assert.equal(await save.isEnabled(), false)
    await page.getByLabel('Colour', { exact: true }).fill(yellow)
    await page.getByText('It is made darker on light pages').waitFor()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    for (const [name, mimeType] of [
      ['logo.svg', 'image/svg+xml'],
      ['logo.png', 'image/png'],
    ] as const) {
      await page.getByLabel('Logo').setInputFiles({ name, mimeType, buffer: svg })
      await page.getByText('This can’t be read as a PNG, JPEG or WebP picture.').waitFor()
      // A good one takes the refusal away, so that the next refusal is the next one's.
      await page.getByLabel('Logo').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: wide() })
      await page.getByText('This can’t be read').waitFor({ state: 'detached' })
    }
    assert.equal(await page.locator('canvas').count(), 2)
    for (const scheme of ['light', 'dark'] as const) {
      const button = page.getByLabel(`Preview on a ${scheme} page`).getByText('Sign in', { exact: true })
      assert.equal(await colourOf(button), tonesOf(yellow, scheme).accent)
    }
    await assertWellMade(page)
    await save.click()
    await page.getByText('Saved. Whoever opens a page').waitFor()
    await page.getByText('People see “Northwind”.').waitFor()
    assert.equal(await colourOf(save), tonesOf(yellow, 'light').accent, 'the whole console has it at once')
    await page.locator('aside').getByText('Northwind', { exact: true }).waitFor()
    await page.reload()
    assert.equal(await page.getByLabel('Name').inputValue(), 'Northwind')
    await visitor.leave()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`is seen by a stranger in the ${colorScheme} scheme from the first moment on, readable and at any width`, async () => {
      const visitor = await newVisitor(browser, { colorScheme, probe })
      const { page } = visitor
      for (const [path, heading] of [
        ['/sign-in', 'Sign in to Northwind'],
        ['/recovery', 'Let’s get you in again'],
      ] as const) {
        await page.goto(server.publicUrl + path)
        await page.getByRole('heading', { name: heading }).waitFor()
        const first = await page.evaluate(() => (window as unknown as { first: string[] }).first)
        assert.deepEqual(first, [heading, tonesOf(yellow, colorScheme).accent])
        await logo(page).waitFor()
        assert.deepEqual(
          await logo(page).evaluate(async (image: HTMLImageElement) => {
            await image.decode()
            return [image.naturalWidth, image.naturalHeight]
          }),
          [512, 256],
        )
        assert.equal(await colourOf(page.locator('button[type=submit]')), tonesOf(yellow, colorScheme).accent)
        await page.getByText(`Secured by Custodia at ${new URL(server.publicUrl).host}`).waitFor()
        await assertWellMade(page)
      }
      await visitor.leave()
    })

  it('is seen on the page of an invitation, too', async () => {
    const cookie = await signIn(server.call, administrator)
    const body = { email: 'new@example.org', name: 'Mira', roles: ['member'] }
    const { link } = (await server.call('POST', '/v1/invitations', { body, cookie })).body
    const visitor = await newVisitor(browser)
    await visitor.page.goto(String(link))
    await visitor.page.getByRole('button', { name: 'Create the account' }).waitFor()
    await logo(visitor.page).waitFor()
    await visitor.leave()
  })

  it('has a logo of each kind that browsers still draw, with nothing in it that draws nothing, and that runs nothing', async () => {
    const cookie = await signIn(server.call, administrator)
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await page.goto(`${server.publicUrl}/sign-in`)
    const still = picture('still.jpg')
    const jpeg = Buffer.concat([still.subarray(0, 2), segment(0xe1, Buffer.from(secret)), still.subarray(2)])
    for (const [type, bytes] of [
      ['image/png', png()],
      ['image/jpeg', jpeg],
      ['image/webp', picture('lossy.webp')],
      ['image/webp', picture('alpha.webp')],
      ['image/webp', picture('lossless.webp')],
    ] as const) {
      const change = { logo: { type, data: bytes.toString('base64url') } }
      const { body } = await server.call('PATCH', '/v1/theme', { body: change, cookie })
      const { path } = body.logo as { path: string }
      const seen = await page.evaluate(async (at) => {
        const answer = await fetch(at)
        const blob = await answer.blob()
        const { width, height } = await createImageBitmap(blob)
        return { size: [width, height], text: await blob.text(), headers: Object.fromEntries(answer.headers) }
      }, path)
      assert.deepEqual(seen.size, [24, 16])
      assert.equal(seen.text.includes(secret), false)
      assert.partialDeepStrictEqual(seen.headers, {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
    }
    await visitor.leave()
  })

  it('is one of several: strangers see it where the address names it, and who signs in sees it from then on', async () => {
    const database = await superuserOf(server.folder)
    await database.run(`insert into identity.organisation values ('org_${'b'.repeat(26)}', 'Elsewhere', now())`)
    const [own] = await database.run(`select organisation_id as id from identity.theme`)
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await page.goto(`${server.publicUrl}/sign-in?organisation=${own?.id}`)
    await page.getByRole('heading', { name: 'Sign in to Northwind' }).waitFor()
    await page.goto(`${server.publicUrl}/sign-in?organisation=northwind`)
    await page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
    await fillSignIn(page, administrator)
    await page.locator('aside').getByText('Northwind', { exact: true }).waitFor()
    await database.run(`delete from identity.organisation where name = 'Elsewhere'`)
    await database.close()
    await visitor.leave()
  })

  it('takes it all back with the keyboard alone, and looks as Custodia does', async () => {
    const visitor = await newVisitor(browser)
    const { page } = visitor
    await signInTo(page, `${server.publicUrl}/organisation/look`, administrator)
    await page.getByLabel('Name').focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Control+A')
    await page.keyboard.press('Delete')
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab')
      if ((await page.locator(':focus').textContent()) === 'Remove the logo') break
    }
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Remove the logo' }).waitFor({ state: 'detached' })
    await page.getByLabel('Name').press('Enter')
    await page.getByText('As Custodia’s own.').waitFor()
    const stranger = await newVisitor(browser, { probe })
    await stranger.page.goto(`${server.publicUrl}/sign-in`)
    await stranger.page.getByRole('heading', { name: 'Sign in to Custodia' }).waitFor()
    const first = await stranger.page.evaluate(() => (window as unknown as { first: string[] }).first)
    assert.equal(first[0], 'Sign in to Custodia')
    assert.doesNotMatch(String(first[1]), new RegExp(tonesOf(yellow, 'light').accent))
    assert.equal(await stranger.page.getByText('Secured by Custodia').count(), 0)
    await stranger.leave()
    await visitor.leave()
  })
})

/** The colour behind a text, once it has stopped to change, as in `#1f6feb`. */
async function colourOf(found: ReturnType<Page['getByText']>): Promise<string> {
  const colour = await found.evaluate(async (element) => {
    await Promise.all(element.getAnimations().map(({ finished }) => finished))
    return getComputedStyle(element).backgroundColor
  })
  return `#${[...colour.matchAll(/\d+/g)]
    .slice(0, 3)
    .map(([part]) => Number(part).toString(16).padStart(2, '0'))
    .join('')}`
}
