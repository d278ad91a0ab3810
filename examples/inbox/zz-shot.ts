import { chromium } from 'playwright-core'
import { importMail } from './importing/import-mail.ts'
import { createReader } from './mail/reader.ts'
import { startInbox } from './testing.ts'

const inbox = await startInbox()
const reader = createReader()
await importMail(inbox.mailbox, { places: ['samples'], reader, labelFolders: true })
await reader.close()
const url = await inbox.app.listen({ host: '127.0.0.1', port: 0 })
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
const list = (await inbox.ask('/')).body + (await inbox.ask('/?q=yacht')).body + (await inbox.ask('/?q=caulking')).body
const idOf = (t: string) => {
  const m = /href="\/messages\/([\w-]{20})">\s*<span class="from">[\s\S]*?<\/a>/g
  for (const x of list.matchAll(m)) if (x[0].includes(t)) return x[1]
  throw new Error(t)
}
const shots: [string, string][] = [
  ['list', '/'],
  ['html', `/messages/${idOf('Caulking')}`],
  ['plain', `/messages/${idOf('plan for the three days')}`],
  ['hostile', `/messages/${idOf('You have won')}`],
  ['imports', '/imports'],
  ['search', '/?q=invoice'],
  ['none', '/?q=zzz'],
  ['invoice', `/messages/${idOf('larch planks')}`],
]
const only = process.argv[2]?.split(',')
for (const scheme of ['light', 'dark'] as const)
  for (const width of [1280, 390]) {
    const context = await browser.newContext({
      colorScheme: scheme,
      viewport: { width, height: width === 390 ? 844 : 860 },
      extraHTTPHeaders: {
        'custodia-assertion': inbox.service.assertion({ permissions: ['inbox:read', 'inbox:write', 'inbox:import'] }),
      },
    })
    const page = await context.newPage()
    page.on('console', (m) => console.log(scheme, width, m.type(), m.text()))
    page.on('pageerror', (e) => console.log('pageerror', e.message))
    page.on('request', (r) => {
      if (!r.url().startsWith(url) && !r.url().startsWith('data:')) console.log('OUTSIDE', r.url())
    })
    for (const [name, path] of shots) {
      if (only && !only.includes(name)) continue
      await page.goto(url + path)
      await page.screenshot({ path: `/tmp/inbox-gen/${name}-${scheme}-${width}.png` })
    }
    await context.close()
  }
await browser.close()
console.log(inbox.faults)
await inbox.stop()
