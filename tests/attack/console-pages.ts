import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { root } from '../../tools/suite.ts'

/** A page of the console, and what it reads from its address. */
export type ConsolePage = { readonly path: string; readonly reads: readonly string[] }

/** All of them, as the router has them: one that is new is opened without anybody thinking of it. */
export function consolePages(): readonly ConsolePage[] {
  const router = readFileSync(join(root, 'console/src/router.tsx'), 'utf8')
  const named = (text: string) => [...text.matchAll(/'(\w+)'/g)].map(([, name]) => String(name))
  const searches = new Map(
    [...router.matchAll(/const (\w+) = keep\(\[([^\]]*)\]\)/g)].map(([, name, keys]) => [name, named(String(keys))]),
  )
  return router
    .split('createRoute({')
    .slice(1)
    .flatMap((block) => {
      const path = /^ {2}path: '([^']+)'/m.exec(block)?.[1]
      const search = /validateSearch: (\w+)/.exec(block)?.[1]
      return path === undefined ? [] : [{ path, reads: searches.get(search) ?? [] }]
    })
}

/** Goes somewhere else within the console, as its own links do: the page is not loaded anew. */
export async function goWithin(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState({}, '', to)
    dispatchEvent(new PopStateEvent('popstate', { state: {} }))
  }, path)
  await settled(page)
}

/** Waits until a page shows what it asked for: nothing is under way any more. */
export const settled = (page: Page) =>
  page.waitForFunction(
    () =>
      document.querySelector('h1') !== null &&
      document.querySelector('[aria-busy="true"], [role="status"].animate-appear') === null,
  )

/** Has a list show everything that it has, or so many more pages of it. */
export async function loadAll(page: Page, most: number): Promise<void> {
  const more = page.getByRole('button', { name: 'Load more' })
  for (let i = 0; i < most && (await more.count()) > 0; i++) {
    await more.first().click()
    await settled(page)
  }
}

/** Opens what a page has folded, at most so many, one after the other. */
export async function unfold(page: Page, most: number): Promise<number> {
  const folded = page.locator('main [aria-expanded]')
  const count = Math.min(await folded.count(), most)
  for (let i = 0; i < count; i++) {
    // Opening one may take another away.
    if (i >= (await folded.count())) return i
    await folded.nth(i).click()
    await settled(page)
  }
  return count
}

/** Where the links of a page lead that open one thing beside its list. */
export const openable = (page: Page): Promise<string[]> =>
  page
    .locator('a[href*="open="]')
    .evaluateAll((links) => [...new Set(links.map((link) => String(link.getAttribute('href'))))])
