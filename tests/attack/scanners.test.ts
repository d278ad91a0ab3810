import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, beforeEach, describe } from 'node:test'
import type { Account } from '../../tools/demo/accounts.ts'
import { caller } from '../../tools/demo/call.ts'
import { signIn } from '../harness.ts'
import type { Demo } from '../journeys/demo.ts'
import { newDemoFolder, removeFolder, startDemo } from '../journeys/demo.ts'
import { readPayloads, some } from './payloads.ts'
import type { Relay } from './scanner.ts'
import { agent, asAgent, limitless, openRelay, runTool, withTool } from './scanner.ts'
import { send } from './send.ts'
import { enterApplication, openTarget, stands } from './target.ts'

// Console, API and Inbox are one demo, reached by name through a proxy that lets nothing out and sees each answer.
describe('scanners against the demo', { timeout: 900_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'custodia-scanners-'))
  const data = newDemoFolder()
  let demo: Demo
  let relay: Relay
  /** Cookies of the administrator at the console and of the member at Inbox. */
  let console: string
  let inbox: string
  before(async () => {
    demo = await startDemo({ folder: data, command: limitless('demo') })
    relay = await openRelay(demo.port, 6_000)
    const call = asAgent(caller(demo.port, new URL(demo.console).hostname))
    console = await signIn(call, demo.accounts.administrator as Account)
    inbox = await enterApplication(call, new URL(demo.inbox).host, await signIn(call, demo.accounts.member as Account))
  })
  after(async () => {
    await relay?.close()
    await demo?.stop()
    removeFolder(data)
    rmSync(folder, { recursive: true, force: true })
  })
  beforeEach(() => relay.reset())

  /** What holds after every run: nothing failed, nothing went elsewhere, and the tool did come through. */
  function assertStood(least: number): void {
    assert.deepEqual(relay.faults.slice(0, 10), [])
    assert.deepEqual(relay.outside.slice(0, 10), [])
    const all = [...relay.statuses.values()].reduce((sum, one) => sum + one, 0)
    assert.ok(all >= least, `${all} requests only: ${JSON.stringify([...relay.statuses])}`)
    assert.equal(relay.statuses.get(0), undefined, 'connections were ended')
    assert.equal(relay.statuses.get(429), undefined, 'the limiter hid what it could')
  }

  describe('sqlmap', withTool('sqlmap'), () => {
    const scan = (name: string, ...args: string[]) =>
      runTool(
        'sqlmap',
        [
          ...['--batch', '--flush-session', '--disable-coloring', `--output-dir=${join(folder, name)}`],
          ...[
            '--level=1',
            '--risk=1',
            '--technique=BEU',
            '--threads=2',
            '--timeout=10',
            '--retries=0',
            '--ignore-code=*',
          ],
          ...[`--proxy=${relay.url}`, `--user-agent=${agent}`, ...args],
        ],
        folder,
        60_000,
      )
    const found = (output: string) =>
      output.match(/.*(?:is vulnerable|injection point|appears to be .*injectable).*/g) ?? []

    for (const [name, at, parameter] of [
      ['the search of Inbox', () => `${demo.inbox}/?q=wedding`, 'q'],
      ['the search of the users', () => `${demo.console}/v1/users?search=mara`, 'search'],
    ] as const)
      test(`finds nothing to inject in ${name}`, async () => {
        const cookie = parameter === 'q' ? inbox : console
        const output = await scan(parameter, `--url=${at()}`, `-p${parameter}`, `--cookie=${cookie}`)
        assert.match(output, /all tested parameters do not appear to be injectable/, output.slice(-2_000))
        assert.deepEqual(found(output), [])
        assertStood(30)
      })

    test('finds nothing to inject in the recovery', async () => {
      const output = await scan(
        'recovery',
        ...[`--url=${demo.console}/v1/recovery`, '--method=POST', '-pemail', '--data={"email":"nobody@x.example"}'],
        ...[
          '--headers=Content-Type: application/json',
          `--headers=Origin: ${demo.console}\nContent-Type: application/json`,
        ],
      )
      assert.match(output, /all tested parameters do not appear to be injectable/, output.slice(-2_000))
      assert.deepEqual(found(output), [])
      assertStood(30)
    })
  })

  describe('wapiti', withTool('wapiti'), () => {
    /** It misses three headers, none of which is due. */
    const notDue = new Set([
      // No browser that is kept up has the filter that it switched on, which could itself be used for attacks (OWASP Secure Headers Project).
      'HTTP Secure Headers: X-XSS-Protection is not set',
      // It must not stand in a reply over plain HTTP (RFC 6797 §7.2), as the demo's on loopback are; over TLS it does (tests/server/tls.test.ts).
      'HTTP Secure Headers: Strict-Transport-Security is not set',
      // Obsolete where a policy has `frame-ancestors` (CSP Level 2 §7.7.1), which the test below looks for.
      'HTTP Secure Headers: X-Frame-Options is not set',
    ])
    before(() => {
      // Else it looks for its list of technologies on the internet.
      mkdirSync(join(folder, 'wapiti-config'))
      writeFileSync(join(folder, 'wapiti-config/apps.json'), '{"technologies":{},"categories":{}}')
    })
    test('is told of frames by the policy instead of the header that it knows, on each host', async () => {
      for (const [publicUrl, cookie] of [
        [demo.console, console],
        [demo.inbox, inbox],
      ] as const)
        for (const path of ['/', '/nowhere', '/v1/me']) {
          const headers = { accept: 'text/html', cookie, 'user-agent': agent }
          const answer = await send({ port: demo.port, publicUrl }, 'GET', { path }, headers)
          assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/, publicUrl + path)
        }
    })

    for (const [name, at, modules, starts] of [
      [
        'Inbox, signed in',
        () => [demo.inbox, inbox],
        'xss,permanentxss,sql,file,redirect,exec,csp,http_headers,cookieflags',
        ['/?q=wedding'],
      ],
      [
        'the console and API, signed in',
        () => [demo.console, console],
        'xss,sql,file,redirect,csp,http_headers,cookieflags',
        ['/v1/users?search=mara', '/v1/ledger/entries?type=x'],
      ],
    ] as const)
      test(`finds nothing above "info" at ${name}`, async () => {
        const [url = '', cookie = ''] = at()
        const report = join(folder, `wapiti-${name.slice(0, 3)}.json`)
        const output = await runTool(
          'wapiti',
          [
            ...[
              '-u',
              `${url}/`,
              ...starts.flatMap((path) => ['-s', url + path]),
              '-m',
              modules,
              '-d',
              '2',
              '-S',
              'normal',
              '--flush-session',
              '--no-bugreport',
              '-v',
              '0',
            ],
            ...[
              '--max-links-per-page',
              '12',
              '--max-files-per-dir',
              '12',
              // Bounds for a machine that is busy: by itself a module is done before.
              '--max-scan-time',
              '40',
              '--max-attack-time',
              '30',
            ],
            ...[
              '--store-config',
              join(folder, 'wapiti-config'),
              '--store-session',
              join(folder, 'wapiti'),
              '-p',
              relay.url,
              '-A',
              agent,
              '-H',
              `Cookie: ${cookie}`,
            ],
            ...['-f', 'json', '-o', report],
          ],
          folder,
          280_000,
        )
        const found = JSON.parse(readFileSync(report, 'utf8')) as {
          vulnerabilities: Record<string, { info: string; path: string; level: number }[]>
          anomalies: Record<string, { info: string }[]>
        }
        const named = Object.entries({ ...found.vulnerabilities, ...found.anomalies }).flatMap(([kind, all]) =>
          all.map(({ info }) => `${kind}: ${info}`),
        )
        assert.deepEqual(
          named.filter((one) => !notDue.has(one)),
          [],
          output.slice(-1_000),
        )
        assertStood(20)
      })
  })

  describe('ffuf', withTool('ffuf'), () => {
    const words = [
      ...[
        '.git/HEAD',
        '.env',
        '.htaccess',
        '.DS_Store',
        '.svn/entries',
        'backup.zip',
        'dump.sql',
        'config.yml',
        'custodia.yaml',
      ],
      ...[
        'package.json',
        'node_modules/',
        'server/main.ts',
        'console/dist/',
        'admin',
        'admin/',
        'metrics',
        'debug',
        'status',
      ],
      ...[
        'server-status',
        'actuator/env',
        'swagger.json',
        'graphql',
        'phpinfo.php',
        'wp-login.php',
        '../etc/passwd',
        'keyring',
      ],
      ...[
        '..%2f..%2fetc%2fpasswd',
        '%2e%2e/%2e%2e/etc/passwd',
        'assets/..%2f..%2fpackage.json',
        'assets/%2e%2e/index.html',
      ],
      ...[
        'index.html.map',
        'v1/admin',
        'v1/keyring/root',
        'v1/internal',
        'ledger/',
        '.well-known/',
        'api',
        'trace',
        'console',
      ],
    ]
    type Hit = { readonly input: { readonly FUZZ: string }; readonly status: number; readonly length: number }
    async function fuzz(name: string, list: readonly string[], args: readonly string[]): Promise<Hit[]> {
      const from = join(folder, `${name}.txt`)
      const to = join(folder, `${name}.json`)
      writeFileSync(from, list.join('\n'))
      const told = ['-w', from, '-x', relay.url, '-t', '4', '-timeout', '10', '-maxtime', '45', '-mc', 'all', '-s']
      const output = await runTool('ffuf', [...told, '-H', `User-Agent: ${agent}`, '-o', to, ...args], folder, 50_000)
      assert.doesNotMatch(output, /ended after/)
      return (JSON.parse(readFileSync(to, 'utf8')) as { results: Hit[] }).results
    }

    test('finds no file of ours, of git or of another program by its address', async () => {
      for (const [name, url] of [
        ['console', demo.console],
        ['inbox', demo.inbox],
      ] as const) {
        const cookie = name === 'inbox' ? inbox : console
        const hits = await fuzz(`${name}-files`, words, ['-u', `${url}/FUZZ`, '-b', cookie])
        const there = hits.filter(({ status }) => status < 300 || status >= 500)
        // The console is one page for every address of its own.
        assert.deepEqual(
          there.map(({ input, status }) => `${status} ${input.FUZZ}`),
          [],
          name,
        )
      }
      assertStood(words.length * 2 - 4)
    })

    test('breaks no input of Inbox and of the API with what other scanners send', async () => {
      const payloads = some(readPayloads(), 300, 7)
        .filter((one) => !/[\r\n]/.test(one))
        .map(encodeURIComponent)
      for (const [name, url, cookie] of [
        ['search', `${demo.inbox}/?q=FUZZ`, inbox],
        ['label', `${demo.inbox}/?label=FUZZ`, inbox],
        ['users', `${demo.console}/v1/users?search=FUZZ`, console],
        ['ledger', `${demo.console}/v1/ledger/entries?type=FUZZ`, console],
      ] as const)
        assert.ok((await fuzz(name, payloads, ['-u', url, '-b', cookie])).length > payloads.length / 2, name)
      assertStood(payloads.length * 3)
    })
  })
})

describe('ffuf against a server with the limits that it has by itself', withTool('ffuf'), () => {
  test('is stopped', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'custodia-limited-'))
    const target = await openTarget({})
    const relay = await openRelay(target.server.port, 3_000)
    try {
      const list = join(folder, 'words.txt')
      writeFileSync(list, Array.from({ length: 1_500 }, (_, i) => `nobody-${i}`).join('\n'))
      const told = ['-w', list, '-x', relay.url, '-t', '8', '-timeout', '10', '-maxtime', '40', '-mc', '429', '-s']
      await runTool('ffuf', [...told, '-u', `${target.server.publicUrl}/v1/users?search=FUZZ`], folder, 45_000)
      assert.ok((relay.statuses.get(429) ?? 0) > 100, JSON.stringify([...relay.statuses]))
      assert.deepEqual(relay.faults, [])
      assert.ok(await stands(target))
    } finally {
      await relay.close()
      await target.remove()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
