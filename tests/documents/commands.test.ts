import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { commands } from '../../packages/cli/src/commands.ts'
import { settingTables } from '../../server/app.ts'
import { keysOf, secretFileKey } from '../../server/platform/config/keys.ts'
import { platformSettings } from '../../server/platform/config/platform-settings.ts'
import { root } from '../../tools/suite.ts'
import { commandsIn, fencesOf, inlineCodeOf, textOf } from './markdown.ts'
import type { Person } from './person.ts'
import { ask, openApplication, setUp } from './person.ts'
import type { Done } from './reader.ts'
import { Reader } from './reader.ts'

/** Those whose other fences are files; elsewhere they show what is sent, too. */
const guides = [
  'docs/guide/first-run.md',
  'docs/guide/ten-minutes.md',
  'docs/guide/tighten-a-content-policy.md',
  'docs/guide/survive-a-flood.md',
  'docs/guide/protect-your-application.md',
  'docs/guide/browser-defences.md',
  'docs/guide/seal-your-first-field.md',
  'docs/guide/check-access.md',
  'docs/guide/call-an-application.md',
  'docs/guide/operate.md',
  'docs/guide/administer-from-the-shell.md',
  'docs/guide/factors.md',
  'docs/guide/passkeys.md',
  'docs/guide/passwords.md',
  'docs/guide/policies.md',
  'docs/guide/recovery.md',
  'docs/guide/risk.md',
  'docs/guide/sessions.md',
  'docs/guide/keys-and-signed-requests.md',
  'docs/guide/sign-requests.md',
  'docs/guide/your-brand.md',
  'docs/guide/close-an-api-version.md',
  'docs/guide/transport.md',
]

/** Blocks that are not carried out here, each with its reason. */
const exempt: Readonly<Record<string, string>> = {
  'npm test': 'it runs this very test',
  'npm run check': 'npm test runs each of its steps',
  'npm run bench': 'it measures for minutes, and has a test of its own',
  'npm run format': 'it changes files',
  'npm ci': 'npm test has done it, and doing it again would take the dependencies away under everybody',
}

const outputOf = (done: readonly Done[], command: string): string => {
  const found = done.find(({ block }) => block.includes(command))
  assert.ok(found, `no block has ${command}`)
  return found.output
}

/** Ctrl-C, and the promise that it stops everything: soon nothing listens any more, and the database was closed in order. */
async function stops(reader: Reader): Promise<void> {
  // npm itself says 130 after Ctrl-C (128 and the number of SIGINT), whatever its script ends with.
  assert.deepEqual(await reader.closeAll(), [130])
  const postgres = join(reader.folder, 'data/postgres/postmaster.pid')
  const runs = async () => existsSync(postgres) || (await reader.listens(8080)) || (await reader.listens(9090))
  const until = Date.now() + 15_000
  while (await runs()) {
    assert.ok(Date.now() < until, 'something runs still')
    await pause(50)
  }
}

// A demo in a folder whose dependencies are not those of the lock file would install them, under everybody's feet.
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const stamp = join(root, 'node_modules/.installed')
const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock

describe('whoever follows the documents word for word', { timeout: 600_000 }, () => {
  test('has the dependencies of the lock file; otherwise start with npm test', () => assert.ok(installed))

  test('sees the demo start, go on, move and stop, and verifies its ledger', { skip: !installed }, async (t) => {
    const reader = await Reader.arrive()
    t.after(() => reader.leave())
    const testing = new Set(fencesOf(textOf('README.md')).flatMap(({ text }) => (text.trim() in exempt ? [text] : [])))
    assert.equal(testing.size, 1, 'npm test')
    await reader.type(`export CUSTODIA_DATA=${join(reader.folder, 'data')}`)

    const [first] = await reader.follow('README.md', undefined, testing)
    assert.ok(first?.output.includes(reader.read('http://inbox.localhost:8080')))
    await stops(reader)

    const done = await reader.follow('docs/guide/first-run.md')
    const [again] = done
    const accounts = (output = '') => output.match(/^ +\S+@brightwater\.example .*$/gm)
    assert.equal(accounts(first?.output)?.length, 3)
    assert.deepEqual(accounts(again?.output), accounts(first?.output), 'the next run goes on with the same data')
    for (const command of ['ledger verify http', 'ledger verify ledger-export'])
      assert.match(outputOf(done, command), /^All \d+ entries of .+ are as they were signed for\.$/m)
    assert.ok(outputOf(done, '9090').includes(reader.read('http://inbox.localhost:9090')))
    await stops(reader)
    for (const name of ['root.key', 'postgres', 'inbox', 'inbox.key', 'verifier.key', 'demo.json', 'demo.yaml'])
      assert.ok(existsSync(join(reader.folder, 'data', name)), `data/${name}`)

    const mail = join(reader.folder, 'mail')
    mkdirSync(mail)
    writeFileSync(join(mail, 'one.eml'), 'From: a@example.org\r\nSubject: Mine\r\n\r\nHello\r\n')
    const own = await reader.type(`npm run demo -- --mail ${mail} --json`)
    assert.match(own, /^found 1: 1 new/m)
    const ready = JSON.parse(/^\{"ready":true.*\}$/m.exec(own)?.[0] ?? '{}') as { accounts: unknown[]; data: string }
    assert.equal(ready.accounts.length, 3)
    assert.equal(ready.data, join(reader.folder, 'data'))
    await stops(reader)
  })

  test('has an application behind the gateway, and seals, finds and forgets a field', async (t) => {
    const reader = await Reader.arrive()
    t.after(() => reader.leave())
    const custodia = reader.read('http://custodia.localhost:8080')
    const application = reader.read('http://notes.localhost:8080')
    let administrator: Person | null = null

    const protecting = await reader.follow('docs/guide/protect-your-application.md', async ({ block, output }) => {
      if (block !== 'npx custodia setup-link') return
      administrator = await setUp(/^http\S+$/m.exec(output)?.[0] ?? '')
      const there = await openApplication(custodia, application, administrator)
      const hello = await ask(`${application}/`, there)
      assert.deepEqual(hello, { status: 200, text: 'Hello Ana Torres: notes:read, notes:write\n' })
      assert.equal((await ask(reader.read('http://127.0.0.1:4100/'), there)).status, 401, 'not past the gateway')

      const errors = await ask(`${custodia}/docs/errors`, null)
      assert.equal(errors.status, 200)
      assert.match(errors.text, /<section id="AUTHENTICATION_REQUIRED">/, 'where the type of a problem leads')

      const form = /<form method="(\w+)" action="([^"]+)">/.exec(
        readFileSync(join(reader.folder, 'notes/sign-out.html'), 'utf8'),
      )
      assert.ok(form?.[2])
      const signOut = { method: String(form[1]).toUpperCase(), headers: { origin: application } }
      assert.equal((await ask(`${application}${form[2]}`, there, signOut)).status, 303)
      assert.equal((await ask(`${application}/`, there)).status, 401, 'the session has ended')
    })
    assert.notEqual(administrator, null)
    const open = outputOf(protecting, '/health\ncurl')
    assert.match(open, /^ok$/m)
    assert.match(open, /"code":"AUTHENTICATION_REQUIRED"/)
    assert.match(outputOf(protecting, '--cacert'), /^ok$/m)
    const shown = outputOf(protecting, 'notes/database.url')
    assert.match(shown, /CUSTODIA_DATABASE_URL +\(set, not shown\) +secret file/)
    assert.doesNotMatch(shown.slice(shown.indexOf('KEY ')), /SECRET@/)

    await reader.type('npx custodia start')
    const defending = await reader.follow('docs/guide/browser-defences.md')
    assert.match(outputOf(defending, '/health'), /^content-security-policy: default-src 'none'; script-src 'self';/m)
    assert.match(outputOf(defending, 'defended.yaml'), /CUSTODIA_GATEWAY_APPLICATIONS/)
    assert.match(outputOf(defending, 'csp-report'), /^204$/m)
    assert.match(outputOf(defending, 'sec-fetch-site'), /"code":"CROSS_SITE_REFUSED"/)

    const sealing = await reader.follow('docs/guide/seal-your-first-field.md')
    assert.match(outputOf(sealing, 'seal.mjs'), /^122 bytes stored, opened: The blood test is on Monday\.$/m)
    assert.match(outputOf(sealing, 'read.mjs'), /"subject":"person:ana".*\n?KEY_SHREDDED$/m)

    const checking = await reader.follow('docs/guide/check-access.md')
    assert.match(outputOf(checking, 'access.mjs'), /^reads 1: true\nwrites 1: false\nof 1, 2 and 3: 1,3\nall: 1,3$/m)
    assert.match(outputOf(checking, 'evaluation'), /^\{"decision":true,/m)

    const calling = await reader.follow('docs/guide/call-an-application.md')
    assert.match(outputOf(calling, 'plain.header'), /^Hello Note counter: notes:read\n.*"code":"SIGNATURE_REQUIRED"/m)
    assert.match(outputOf(calling, 'nightly.mjs'), /^200 Hello Note counter: notes:read$/m)

    const operating = await reader.follow('docs/guide/operate.md')
    const health = outputOf(operating, 'custodia status')
    assert.match(health, /runs and is ready/)
    assert.match(health, /^custodia_ledger_distrusted 0$/m)
    assert.match(outputOf(operating, 'ledger verify'), /^All \d+ entries/m)

    const carried = await reader.follow('docs/guide/transport.md')
    assert.match(outputOf(carried, 'shedding'), /^custodia_http_connections \d+$/m)
    assert.match(outputOf(carried, 'shedding'), /^custodia_http_shedding \d$/m)

    const administering = await reader.follow('docs/guide/administer-from-the-shell.md')
    assert.match(
      outputOf(administering, 'users invite'),
      /^mira@northwind\.example +invited +member +never +Mira Okafor$/m,
    )
    assert.match(outputOf(administering, 'users recover'), /\/recovery#[a-z2-7]{52}$/m)
    assert.match(outputOf(administering, 'sessions end'), /^\d+ sessions? of ana@northwind\.example ended\.$/m)

    const limited = await reader.follow('docs/guide/limits.md')
    assert.match(
      outputOf(limited, 'limits enforce'),
      /^searches +installation +address +30 +60 +enforced +\/v1\/users$/m,
    )
    assert.match(outputOf(limited, 'limits deny'), /^lim_[a-z2-7]{26} +deny +203\.0\.113\.0\/24 +installation/m)

    const sending = await reader.follow('docs/guide/webhooks.md')
    assert.match(outputOf(sending, 'webhooks list'), /^whe_[a-z2-7]{26} +on +0 +0 +identity\.user\.\* +https:/m)
    assert.match(outputOf(sending, 'webhooks rotate'), /^whsec_\S+$/m)

    const policies = await reader.follow('docs/guide/policies.md')
    assert.match(outputOf(policies, 'policies test'), /^1 policy, 2 tests: all is well\.$/m)
    assert.match(outputOf(policies, 'policies shadow'), /^Version 1\.$/m)
    assert.match(outputOf(policies, 'policies activate'), /^1 +live .*The auditors asked for it$/m)
    assert.match(outputOf(policies, 'roll-back'), /^No policies are live\.$/m)
    assert.match(outputOf(administering, 'keys create'), /^cus_live_[a-z2-7]{26}_[a-z2-7]{59}$/m)

    const keys = await reader.follow('docs/guide/keys-and-signed-requests.md')
    assert.match(outputOf(keys, 'keys list'), /^key_[a-z2-7]{26} +inbox +all +20/m)

    const closing = await reader.follow('docs/guide/close-an-api-version.md')
    assert.match(outputOf(closing, 'api_calls'), /^custodia_api_calls_total\{.*version="v1".*\} \d+$/m)
    await reader.type('npx custodia start')
    const closed = await ask(`${custodia}/v1/me`, null)
    assert.equal(closed.status, 410)
    assert.match(closed.text, /"reason":"It showed more than it should\.".*"code":"API_VERSION_CLOSED"/)
    await reader.closeAll()
  })
})

describe('what the documents name', () => {
  const everyGuide = globSync('docs/guide/*.md', { cwd: root }).sort()
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md', ...everyGuide]
  const names = (pattern: RegExp) =>
    pages.flatMap((page) => {
      const text = textOf(page)
      const shell = fencesOf(text).flatMap((fence) => (fence.language === 'sh' ? commandsIn(fence.text) : []))
      return [...shell, ...inlineCodeOf(text)].flatMap((code) => {
        const found = pattern.exec(code)
        return found === null ? [] : [{ page, code, name: found[1] ?? '' }]
      })
    })

  test('npm scripts exist, and so does what they run', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const found = names(/^(?:\w+=\S+ )*npm (?:run (\w+)|test)/)
    assert.ok(found.length >= 10)
    for (const { page, code, name } of found) {
      const script = scripts[name === '' ? 'test' : name]
      assert.ok(script !== undefined, `${page}: ${code}`)
      const task = /^node tools\/run\.mjs (\w+)$/.exec(script)?.[1]
      if (task !== undefined)
        assert.ok(existsSync(join(root, `tools/${task}.ts`)), `${page}: ${code}: tools/${task}.ts`)
    }
  })

  test('every block is carried out by a test, or exempt with a reason', () => {
    const tests = globSync('tests/documents/*.test.ts', { cwd: root }).map(textOf).join('\n')
    for (const guide of everyGuide)
      if (fencesOf(textOf(guide)).some(({ language }) => language === 'sh'))
        assert.ok(tests.includes(`follow('${guide}'`) || tests.includes(`'${guide}': {`), guide)
    const others = ['CONTRIBUTING.md', 'SECURITY.md', 'ARCHITECTURE.md']
    for (const page of others)
      for (const { language, text } of fencesOf(textOf(page)))
        if (language === 'sh')
          for (const command of commandsIn(text)) assert.ok(command in exempt, `${page}: ${command}`)
  })

  test('code in a guide is a file that its reader keeps and that a command of theirs reads', () => {
    for (const guide of guides) {
      const fences = fencesOf(textOf(guide))
      const typed = fences.flatMap(({ language, text }) => (language === 'sh' ? [text] : [])).join('\n')
      for (const { language, file } of fences) {
        if (language === 'sh') continue
        assert.ok(file !== null, `${guide} has ${language} without a name`)
        assert.ok(language === 'html' || typed.includes(file), `${guide}: no command reads ${file}`)
      }
    }
  })

  test('commands of custodia, and their options, exist', () => {
    const found = names(/^(?:npx )?custodia ([a-z].*)$/)
    assert.ok(found.length >= 10)
    for (const { page, code, name } of found) {
      const command = commands.find((one) => name === one.name || name.startsWith(`${one.name} `))
      assert.ok(command, `${page}: ${code}`)
      for (const [, option = ''] of name.matchAll(/ --([a-z-]+)/g))
        assert.ok(option === 'json' || option in command.options, `${page}: ${code}: --${option}`)
    }
  })

  test('names of settings are those that something reads', () => {
    const settings = keysOf({ platform: platformSettings, ...settingTables })
    const known = new Set([
      ...settings.flatMap((key) => [key.environment, ...(key.setting.secret ? [secretFileKey(key)] : [])]),
      'CUSTODIA_CONFIG',
      'CUSTODIA_DEMO_PASSWORD',
    ])
    for (const page of pages)
      for (const [name] of textOf(page).matchAll(/CUSTODIA_[A-Z0-9_]+(?!\w|<)/g))
        assert.ok(known.has(name), `${page}: ${name}`)
  })
})
