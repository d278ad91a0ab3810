import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { ownPort } from '../harness.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo, DemoOptions } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'

describe('the demo', withBrowser, () => {
  const folder = newDemoFolder()
  const started: Demo[] = []
  const start = async (options: Omit<DemoOptions, 'folder'>) => {
    const demo = await startDemo({ folder, ...options })
    started.push(demo)
    return demo
  }
  after(async () => {
    // All have ended, unless a test failed half-way.
    for (const demo of started) await demo.stop()
    removeFolder(folder)
  })
  let port: number
  let accounts: Demo['accounts']

  it('started by npm and ended by Ctrl-C leaves no process and no port', async () => {
    port = await ownPort()
    const demo = await start({ port, command: ['npm', 'run', '--silent', 'demo', '--'] })
    accounts = demo.accounts
    const browser = await openBrowser()
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, demo.inbox, accounts.member)
    await page.locator('.row').first().click()
    await page.getByLabel('Add a label').fill('Kept over night')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('button', { name: 'Take off Kept over night' }).waitFor()
    await leave()
    await browser.close()

    assert.ok(processesOf(folder).length > 2, 'the search finds them while they run')
    assert.equal(await answers(port), true)
    const ended = new Promise((resolve) => demo.child.once('exit', resolve))
    // A terminal sends it to everybody in the foreground.
    process.kill(-(demo.child.pid as number), 'SIGINT')
    await ended
    assert.deepEqual(processesOf(folder), [])
    assert.equal(await answers(port), false)
  })

  it('goes on with the same accounts, mail and labels, and makes and installs nothing anew', async () => {
    const demo = await start({ port })
    assert.deepEqual(demo.accounts, accounts)
    assert.doesNotMatch(demo.output(), /Installing|Making|found \d+/)
    const browser = await openBrowser()
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, demo.inbox, accounts.member)
    await page
      .getByRole('navigation', { name: 'Mailbox' })
      .getByRole('link', { name: /Kept over night/ })
      .click()
    await page.getByRole('heading', { level: 1, name: 'Kept over night' }).waitFor()
    await page.waitForLoadState()
    assert.equal(await page.locator('.row').count(), 1)
    await leave()
    await browser.close()
    await demo.stop()
  })

  it('ended by a signal to the runner alone leaves no process and no port, and says that it ended well', async () => {
    const demo = await start({ port })
    assert.equal(await demo.stop(), 0)
    assert.deepEqual(processesOf(folder), [])
    assert.equal(await answers(port), false)
  })

  for (const [what, program] of [
    ['whose runner is', 'run.mjs'],
    ['that is', 'demo.ts'],
  ] as const)
    it(`${what} killed outright ends what it started`, async () => {
      const demo = await start({ port })
      const ended = new Promise((resolve) => demo.child.once('exit', resolve))
      const killed = processesOf(folder).find((one) => one.includes(`/tools/${program}`))
      process.kill(Number.parseInt(killed ?? '', 10), 'SIGKILL')
      await ended
      const deadline = Date.now() + 20_000
      while (processesOf(folder).length > 0 && Date.now() < deadline) await answers(port)
      assert.deepEqual(processesOf(folder), [])
    })

  it('whose port is taken says so and ends', async () => {
    const demo = await start({ port })
    const second = newDemoFolder()
    try {
      await assert.rejects(startDemo({ folder: second, port }), (error: Error) => error.message.includes(String(port)))
      assert.deepEqual(processesOf(second), [])
    } finally {
      removeFolder(second)
      await demo.stop()
    }
  })
})

/** Processes that work in a folder or were told about it, this one left out. Linux shows them in /proc. */
function processesOf(folder: string): string[] {
  const read = (get: () => string) => {
    try {
      return get().replaceAll('\0', ' ')
    } catch {
      // It has ended meanwhile.
      return ''
    }
  }
  return readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id) && Number(id) !== process.pid)
    .map((id) => ({
      command: `${id} ${read(() => readFileSync(`/proc/${id}/cmdline`, 'utf8'))}`,
      environment: read(() => readFileSync(`/proc/${id}/environ`, 'utf8')),
      place: read(() => readlinkSync(`/proc/${id}/cwd`)),
    }))
    .filter((one) => Object.values(one).some((text) => text.includes(folder)))
    .map(({ command }) => command.slice(0, 120))
}

/** True where something accepts a connection at this port of loopback. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
