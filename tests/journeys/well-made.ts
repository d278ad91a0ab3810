import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import { root } from '../../tools/suite.ts'

/** Holds the page that is shown now to what every page must be, at the width of a desk and of a telephone. */
export async function assertWellMade(page: Page): Promise<void> {
  const findings: string[] = []
  const before = page.viewportSize()
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 })
    for (const finding of [...(await widerThanTheWindow(page)), ...(await seriousFindings(page))])
      findings.push(`${page.url()} at ${width} px: ${finding}`)
  }
  if (before !== null) await page.setViewportSize(before)
  assert.deepEqual(findings, [])
}

/** What sticks out to the right. The page itself must not scroll; a table in a box of its own may. */
export function widerThanTheWindow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const sticking = [...document.querySelectorAll('body *')].filter(
      (one) => one.getBoundingClientRect().right > clientWidth + 1,
    )
    return [`${scrollWidth} wide`, ...sticking.slice(0, 4).map((one) => one.outerHTML.slice(0, 120))]
  })
}

const axeSource = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')

/**
 * Until nothing fades in or out any more: of what is half there axe would find that it can hardly be read. What turns for ever is not waited
 * for, and what does not come to rest is looked at as it is.
 */
const stillness = `(async () => {
  const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  const late = performance.now() + 10_000
  for (let still = false; !still && performance.now() < late; ) {
    await twoFrames()
    const moving = document.getAnimations()
      .filter((one) => one.playState === 'running' && Number.isFinite(one.effect?.getComputedTiming().endTime))
    still = moving.length === 0 && document.querySelector('[data-starting-style], [data-ending-style]') === null
    await Promise.allSettled(moving.map(({ finished }) => finished))
  }
})()`

/** One a page: the world that axe is loaded into belongs to it, and lasts as long as the document. */
const debuggers = new WeakMap<Page, Promise<CDPSession>>()

/** Runs axe beside the page's own scripts, in a world of its own: Trusted Types would refuse it inside. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const known = debuggers.get(page) ?? page.context().newCDPSession(page)
  debuggers.set(page, known)
  const debuggerOfPage = await known
  const { frameTree } = await debuggerOfPage.send('Page.getFrameTree')
  const { executionContextId } = await debuggerOfPage.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
    worldName: 'axe',
  })
  const evaluate = async (expression: string) => {
    const asked = { contextId: executionContextId, awaitPromise: true, returnByValue: true, expression }
    const { result, exceptionDetails } = await debuggerOfPage.send('Runtime.evaluate', asked)
    assert.equal(exceptionDetails, undefined)
    return result.value as unknown
  }
  if (!(await evaluate('"axe" in globalThis'))) await evaluate(`${axeSource};true`)
  await evaluate(stillness)
  // What a stranger wrote into a mail is not ours to make accessible: its frame is left out.
  const { passes, serious } = (await evaluate(`axe.run(document, {
    iframes: false, selectors: false, resultTypes: ['violations'],
  }).then(({ violations, passes }) => ({
    passes: passes.length,
    serious: violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 4).map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '')).join(' | ')),
  }))`)) as { passes: number; serious: string[] }
  assert.ok(passes > 5, 'axe looked at something')
  return serious
}
