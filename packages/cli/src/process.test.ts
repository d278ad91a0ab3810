import assert from 'node:assert/strict'
import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { serverProcess } from '@custodia/wire/node/server-process.ts'
import { serverCommands } from './server-commands.ts'
import { custodia } from './testing.ts'

const launcher = fileURLToPath(new URL('../bin/custodia.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'custodia-cli-'))
after(() => rmSync(folder, { recursive: true }))

type Ended = { code: number | null; out: string; err: string }
function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const texts = { out: '', err: '' }
  for (const name of ['out', 'err'] as const) {
    child[`std${name}`].setEncoding('utf8').on('data', (part) => {
      texts[name] += part
    })
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })))
}
const launch = (nodeArgs: readonly string[], args: readonly string[]) =>
  spawn(process.execPath, [...nodeArgs, launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

/** Makes the launcher believe that it runs under an older Node. */
const asNode20 = `--import=data:text/javascript,${encodeURIComponent(
  "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })",
)}`

describe('the launcher', () => {
  it('runs the command, under this Node and from an older one, with its output and exit code', async () => {
    for (const nodeArgs of [[], [asNode20]]) {
      const version = await ended(launch(nodeArgs, ['--version']))
      assert.deepEqual(version, { code: 0, out: 'custodia 0.1.0\n', err: '' })
      const unknown = await ended(launch(nodeArgs, ['frobnicate']))
      assert.equal(unknown.code, 2)
      assert.match(unknown.err, /^custodia: There is no command “frobnicate”/)
    }
  })
})

describe('a command of the server', () => {
  // A stand-in for server/main.ts: it tells how it was called, and ends as it is told.
  const main = join(folder, 'main.mjs')
  writeFileSync(
    main,
    `const args = process.argv.slice(2)
     if (args[0] === 'config') console.log(Object.keys(process.env).filter((name) => name.startsWith('CUSTODIA_')).join())
     if (args[0] === 'setup-link') console.log(process.execArgv.join(), process.env.MALLOC_TRIM_THRESHOLD_)
     const end = (why) => { console.log(why); process.exit(7) }
     if (args[0] === 'start') {
       for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => end(signal))
       setInterval(() => {}, 1000)
     } else process.exitCode = 5
     process.stdout.write(JSON.stringify(args) + '\\n')`,
  )
  const outer = join(folder, 'outer.ts')
  const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  writeFileSync(
    outer,
    `import { run } from ${url('./run.ts')}
     import { serverCommands } from ${url('./server-commands.ts')}
     process.exitCode = await run(process.argv.slice(2), serverCommands(${JSON.stringify(main)}), {
       out: process.stdout, err: process.stderr, environment: process.env, version: '0' })`,
  )
  const carry = (...args: string[]) => spawn(process.execPath, [outer, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

  it('is carried out by the server, with its words, its output and its exit code', async () => {
    const lines = [
      [
        ['keyring', 'init'],
        ['keyring', 'init'],
      ],
      [
        ['applications', 'key', 'inbox', '--json'],
        ['applications', 'key', 'inbox', '--json'],
      ],
    ] as const
    for (const [typed, received] of lines) {
      const { code, out } = await ended(carry(...typed))
      assert.deepEqual([code, JSON.parse(out)], [5, received])
    }
  })

  it('sees no key and no address that are meant for the other commands', async () => {
    const environment = { CUSTODIA_CONFIG: 'a', CUSTODIA_TOKEN: 'b', CUSTODIA_TOKEN_FILE: 'c', CUSTODIA_URL: 'd' }
    const env = { PATH: process.env.PATH, ...environment }
    const child = spawn(process.execPath, [outer, 'config'], { stdio: ['ignore', 'pipe', 'pipe'], env })
    assert.equal((await ended(child)).out, 'CUSTODIA_CONFIG\n["config"]\n')
  })

  it('gets what keeps it small and fast', async () => {
    const { out } = await ended(carry('setup-link'))
    const { nodeArguments, environment } = serverProcess
    assert.equal(out.split('\n')[0], `${nodeArguments.join()} ${environment.MALLOC_TRIM_THRESHOLD_}`)
  })

  it('gets paths of files where it works with files, and nothing that would be an option of its own', async () => {
    const { code, out } = await ended(carry('users', 'import', '/tmp/My People.jsonl'))
    assert.deepEqual([code, JSON.parse(out)], [5, ['users', 'import', '/tmp/My People.jsonl']])
    for (const words of [
      ['users', 'import', '--', '--json'],
      ['users', 'import', 'a\u001bb'],
      ['passwords', 'build-filter', 'list', ''],
      ['applications', 'key', '../inbox'],
    ]) {
      const refused = await ended(carry(...words))
      assert.deepEqual([refused.code, refused.out], [2, ''], words.join(' '))
      assert.match(refused.err, /is no (?:path|name)/)
    }
  })

  it('gets options and words that look as they must, and no others', async () => {
    const organisation = `org_${'a'.repeat(26)}`
    const passed = await ended(carry('users', 'list', '--json', '--state', 'active', '--organisation', organisation))
    assert.deepEqual(
      [passed.code, JSON.parse(passed.out)],
      [5, ['users', 'list', '--json', '--state=active', `--organisation=${organisation}`]],
    )
    const invited = await ended(carry('users', 'invite', 'jo@example.org', 'Jo O’Neill 张', 'member', 'auditor'))
    assert.deepEqual(JSON.parse(invited.out).slice(2), ['jo@example.org', 'Jo O’Neill 张', 'member', 'auditor'])
    for (const words of [
      ['users', 'list', '--state', 'asleep'],
      ['users', 'list', '--limit', '0'],
      ['users', 'list', '--after', '-x'],
      ['users', 'list', '--organisation', 'org_a'],
      ['users', 'show', 'nobody'],
      ['users', 'show', 'a\u202eb@example.org'],
      ['users', 'show', 'a@example.org\n'],
      ['users', 'show', '--', '--json@example.org'],
      ['users', 'show', `${'a'.repeat(250)}@b.org`],
      ['users', 'invite', 'jo@example.org', ' Jo'],
      ['users', 'invite', 'jo@example.org', 'Jo\u001b[2J'],
      ['users', 'invite', 'jo@example.org', 'J'.repeat(101)],
      ['users', 'roles', 'jo@example.org', 'Member'],
      ['users', 'remove-factor', 'jo@example.org', 'fac_'],
      ['sessions', 'end', 'jo@example.org', `fac_${'a'.repeat(26)}`],
      ['sign-in-policy', 'set', '__proto__', 'x'],
      ['sign-in-policy', 'set', 'roles', 'a b=required'],
    ]) {
      const refused = await ended(carry(...words))
      assert.deepEqual([refused.code, refused.out], [2, ''], words.join(' '))
      assert.match(refused.err, /is no |ambiguous/)
    }
  })

  it('receives the signals that end it', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const child = carry('start')
      const result = ended(child)
      child.stdout.once('data', () => child.kill(signal))
      const { code, out } = await result
      assert.deepEqual([code, out], [7, `["start"]\n${signal}\n`])
    }
  })

  it('does not outlive the command, even where that was killed', async () => {
    const child = carry('start')
    const result = ended(child)
    child.stdout.once('data', () => child.kill('SIGKILL'))
    // Its output ends when the last process that holds it has ended.
    assert.equal((await result).out, '["start"]\ndisconnect\n')
  })

  it('fails as a shell would where the server was killed', async () => {
    writeFileSync(join(folder, 'killed.mjs'), "process.kill(process.pid, 'SIGKILL')")
    const [start] = serverCommands(join(folder, 'killed.mjs'))
    const terminal = { environment: {}, json: false, say() {}, note() {}, progress() {}, give() {} }
    assert.equal(await start?.run({ words: [], options: {}, terminal }), 137)
  })

  it('is refused where there is no server', async () => {
    const [start] = serverCommands(join(folder, 'none.ts'))
    const terminal = { environment: {}, json: false, say() {}, note() {}, progress() {}, give() {} }
    await assert.rejects(async () => start?.run({ words: [], options: {}, terminal }), { exitCode: 2 })
  })
})

describe('custodia status', async () => {
  const answers: Record<string, number> = {}
  const server = createServer((request, response) => void response.writeHead(answers[request.url ?? ''] ?? 404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://custodia.localhost:${(server.address() as AddressInfo).port}`
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  const cases = [
    [200, 200, 0, `${address} runs and is ready.\n`],
    [200, 503, 1, `${address} runs and is not ready (503).\n`],
    [404, 404, 1, `${address} answers (404), and not as Custodia does.\n`],
    [302, 302, 1, `${address} answers (302), and not as Custodia does.\n`],
  ] as const
  for (const [live, ready, code, out] of cases) {
    it(`ends with ${code} where livez answers ${live} and readyz ${ready}`, async () => {
      Object.assign(answers, { '/livez': live, '/readyz': ready })
      assert.deepEqual(await custodia(['status', address]), { code, out, err: '' })
      const { ok } = JSON.parse((await custodia(['status', address, '--json'])).out)
      assert.equal(ok, code === 0)
    })
  }

  it('ends with 3 where nobody is there', async () => {
    const { code, err } = await custodia(['status', 'http://custodia.localhost:9'])
    assert.equal(code, 3)
    assert.match(err, /can not be reached \(ECONNREFUSED\)/)
  })
})
