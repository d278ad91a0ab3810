import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { refusals } from '@custodia/edge/uploads/finding.ts'
import type { Browser, Frame, Page } from 'playwright-core'
import { root } from '../../tools/suite.ts'
import type { Visitor } from './browser.ts'
import { newVisitor, openBrowser, withBrowser } from './browser.ts'
import type { Demo } from './demo.ts'
import { newDemoFolder, removeFolder, startDemo } from './demo.ts'
import { signInTo } from './sign-in.ts'

const places = {
  'our own samples': join(root, 'examples/inbox/samples'),
  'what broke other parsers': join(root, '../shared/data/mail'),
}

/** Words of mails that the pages showed. */
const shown = new Set<string>()
const folder = newDemoFolder()
after(() => removeFolder(folder))

for (const [name, mail] of Object.entries(places))
  describe(
    `of ${name}`,
    existsSync(mail) ? withBrowser : { skip: `${mail} is absent, so NONE of its mail was opened` },
    () => {
      let demo: Demo
      let browser: Browser
      let reader: Visitor
      let counts: Counts
      const added: string[] = []
      before(async () => {
        demo = await startDemo({ folder, mail })
        browser = await openBrowser()
        reader = await newVisitor(browser, { probe })
        await signInTo(reader.page, demo.inbox, demo.accounts.member)
        counts = countsIn(demo.output())
      })
      after(async () => {
        await demo?.stop()
        await reader?.leave()
        await browser?.close()
      })

      it('every message that lies there is found, and every one that is found is new, known or malformed', () => {
        assert.equal(counts.found, messagesBelow(mail))
        assert.equal(counts.found, counts.added + counts.known + counts.malformed)
        assert.equal(counts.refused, 0)
        assert.ok(counts.added > 20, `only ${counts.added} are new`)
      })

      it('every new message is listed, and every malformed one reported with a reason', async () => {
        const { page } = reader
        const listed = await listedMessages(page, demo.inbox)
        await page.goto(`${demo.inbox}/imports`)
        const figures = await page.locator('tbody tr').first().locator('td.figure').allTextContents()
        assert.deepEqual(figures.map(Number), [
          counts.found,
          counts.added,
          counts.known,
          counts.malformed,
          counts.refused,
        ])
        const runs = await page.locator('tbody tr').allInnerTexts()
        const earlier = runs.slice(1).map((run) => Number(/Finished\s+\d+\s+(\d+)/.exec(run)?.[1] ?? Number.NaN))
        assert.equal(listed.length, counts.added + earlier.reduce((sum, one) => sum + one, 0))
        assert.equal(new Set(listed).size, listed.length)
        for (const malformed of await page.locator('.report li').allInnerTexts())
          assert.match(malformed, /\.eml[\s\S]*\w+\./)
        assert.equal((demo.output().match(/^malformed: .+: .+\.$/gm) ?? []).length, counts.malformed)
        added.push(...listed)
      })

      it('no message, opened, runs a script, asks another host for anything, or breaks the page', async () => {
        const { page, findings } = reader
        const faults: string[] = []
        await page.goto(demo.inbox)
        const ordinary = new Set(await globals(page.mainFrame()))
        for (const address of added)
          for (const view of ['', '?view=text', '/source']) {
            const before = findings.length
            const answer = await page.goto(`${demo.inbox}${address}${view}`)
            if (answer?.status() !== 200) faults.push(`${address}${view}: ${answer?.status()}`)
            for (const frame of page.frames()) {
              const made = (await globals(frame)).filter((one) => !ordinary.has(one) && !/^\d+$/.test(one))
              if (made.length > 0) faults.push(`${address}${view}: made ${made.join(', ')}`)
            }
            if (findings.length > before) faults.push(`${address}${view}: ${findings.slice(before).join('; ')}`)
            if (view === '?view=text') for (const word of await wordsOn(page)) shown.add(word)
          }
        assert.deepEqual(faults, [])
      })

      it('no malformed message, opened, does either', async () => {
        const { page, findings } = reader
        await page.goto(`${demo.inbox}/imports`)
        const addresses = await page
          .locator('.report a')
          .evaluateAll((links) => links.map((link) => link.getAttribute('href')))
        for (const address of addresses) assert.equal((await page.goto(`${demo.inbox}${address}`))?.status(), 200)
        assert.deepEqual(findings, [])
      })
    },
  )

describe('the stores, after all of it was read', withBrowser, () => {
  it('hold no sender, subject or text that a browser showed', async () => {
    const ordinary = await wordsWithoutMail()
    // All words are searched for both times: a longer one hides those within it.
    const tellingIn = (place: string) => wordsFoundIn(place, shown).filter((word) => !ordinary.has(word))
    assert.ok(shown.size - ordinary.size > 400, `${shown.size} words were shown, ${ordinary.size} of them are ordinary`)
    for (const store of ['inbox', 'postgres']) assert.deepEqual(tellingIn(join(folder, store)), [], store)

    // The search finds what is there, whatever stands around it.
    const word = [...shown].find((one) => !ordinary.has(one)) ?? ''
    writeFileSync(join(folder, 'inbox/control'), Buffer.concat([Buffer.from([0, 255, 65]), Buffer.from(word)]))
    assert.deepEqual(tellingIn(join(folder, 'inbox')), [word])
  })
})

/**
 * What the stores call things themselves: the field `attachment0`, the keys' subject `mailbox:team`, the tables of deliveries; what the
 * ledger says of attachments, as in `uploads.file.accepted`; what Inbox notes of them; and why one was refused, as in `extension-unknown`.
 */
const ownNames = [
  ...['attachment', 'deliver', 'mailbox'],
  ...['accepted', 'received', 'refused'],
  ...['damaged', 'malware', 'scanned', 'scanner', 'unchecked', 'waiting'],
  ...Object.keys(refusals).flatMap((reason) => reason.split('-')),
]

/** Words that stand in the stores of a demo that was used in the same way and has no mail: they are not out of one. */
async function wordsWithoutMail(): Promise<Set<string>> {
  const other = newDemoFolder()
  const none = mkdtempSync(join(tmpdir(), 'custodia-no-mail-'))
  const browser = await openBrowser()
  const demo = await startDemo({ folder: other, mail: none })
  try {
    const { page, leave } = await newVisitor(browser)
    await signInTo(page, demo.inbox, demo.accounts.member)
    await page.goto(`${demo.inbox}/imports`)
    await leave()
  } finally {
    await demo.stop()
    await browser.close()
  }
  const found = ['inbox', 'postgres'].flatMap((store) => wordsFoundIn(join(other, store), shown))
  removeFolder(other)
  removeFolder(none)
  return new Set([...found, ...ownNames])
}

/** What a mail's script would do, done loudly: each call is a console message, and so a finding. */
const probe = `
for (const name of ['alert', 'confirm', 'prompt', 'open', 'print'])
  window[name] = (...args) => console.error('a page called ' + name + ': ' + args.join(' '))
`

/** What hangs on `window` in a frame (by a number: the frames within), asked through the debugger: frames in which no script may run answer too. */
const globals = (frame: Frame): Promise<string[]> => frame.evaluate(() => Object.getOwnPropertyNames(window))

type Counts = {
  readonly found: number
  readonly added: number
  readonly known: number
  readonly malformed: number
  readonly refused: number
}

function countsIn(output: string): Counts {
  const figures = /^found (\d+): (\d+) new, (\d+) known, (\d+) malformed, (\d+) refused$/m.exec(output)
  assert.ok(figures, `no figures in:\n${output}`)
  const [found = 0, added = 0, known = 0, malformed = 0, refused = 0] = figures.slice(1).map(Number)
  return { found, added, known, malformed, refused }
}

/** Counted without the importer: an `.eml` is one message, an mbox has one for each separator (RFC 4155). */
function messagesBelow(place: string): number {
  const begun = (file: string) =>
    readFileSync(join(place, file), 'latin1').match(/^(?:\u00ef\u00bb\u00bf)?From (?:-|\S+ .* \d{4}) *\r?$/gm)
      ?.length ?? 0
  return globSync('**/*.{eml,mbox}', { cwd: place }).reduce(
    (sum, file) => sum + (file.endsWith('.eml') ? 1 : begun(file)),
    0,
  )
}

/** Walks through all pages of the list. @returns the addresses of the messages. */
async function listedMessages(page: Page, inbox: string): Promise<string[]> {
  const addresses: string[] = []
  await page.goto(inbox)
  for (;;) {
    addresses.push(
      ...(await page.locator('a.row').evaluateAll((rows) => rows.map((row) => row.getAttribute('href') ?? ''))),
    )
    for (const word of await wordsOn(page)) shown.add(word)
    const older = page.getByRole('link', { name: 'Older' })
    if ((await older.count()) === 0) return addresses
    const next = new URL(String(await older.getAttribute('href')), inbox).href
    await older.click()
    // The whole of it: the address is there before its rows.
    await page.waitForURL(next)
  }
}

/** Words of mails, long enough to be nobody else's by chance; the words of the page around them are left out. */
async function wordsOn(page: Page): Promise<string[]> {
  const texts = await page.locator('.row, article h1, .head, .plain').allTextContents()
  return texts.join(' ').match(/[A-Za-z]{7,40}/g) ?? []
}

/** Those of the words that stand anywhere in the files below, in the clear. */
function wordsFoundIn(place: string, words: ReadonlySet<string>): string[] {
  const list = [...words].join('\n')
  const { stdout, status, stderr } = spawnSync('grep', ['-raohF', '-f', '-', place], {
    input: list,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  })
  assert.ok(status === 0 || status === 1, stderr)
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))]
}
