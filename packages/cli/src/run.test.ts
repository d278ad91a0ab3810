import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commands } from './commands.ts'
import { distance, suggest } from './suggest.ts'
import { createTerminal } from './terminal.ts'
import { custodia } from './testing.ts'

describe('the help', () => {
  it('lists every command with what it does, the options, the environment and the exit codes', async () => {
    const { code, out, err } = await custodia(['--help'])
    assert.deepEqual([code, err], [0, ''])
    for (const { name, summary } of commands) assert.match(out, new RegExp(`^ {2}${name}\\b.* {2}${summary}$`, 'm'))
    assert.deepEqual(out.match(/^[A-Z][a-z ]+$/gm), [
      'Commands',
      'Options of every command',
      'Environment',
      'Exit codes',
    ])
    assert.deepEqual(out.match(/^ {2}\d/gm), ['  0', '  1', '  2', '  3'])
  })

  it('explains each command with its use, every option and an example', async () => {
    for (const command of commands) {
      const { code, out } = await custodia([...command.name.split(' '), '--help'])
      assert.equal(code, 0)
      assert.ok(out.startsWith(`Usage: custodia ${command.name}`))
      for (const option of [...Object.keys(command.options), 'help', 'json'])
        assert.match(out, new RegExp(`^ {2}--${option} `, 'm'))
      assert.match(out, new RegExp(`^ {2}custodia ${command.name}`, 'm'), 'an example')
    }
  })

  it('fits a terminal of 120 columns', async () => {
    for (const name of ['', ...commands.map((command) => command.name)]) {
      const { out } = await custodia([...name.split(' ').filter(Boolean), '--help'])
      for (const line of out.split('\n')) assert.ok(line.length <= 120, line)
    }
  })

  it('is advice on standard error, and not success, where nothing was asked', async () => {
    const { code, out, err } = await custodia([])
    assert.deepEqual([code, out], [2, ''])
    assert.match(err, /^custodia: the security core/)
  })

  it('carries nothing out, whatever else stands on the line', async () => {
    assert.match((await custodia(['ledger', 'verify', '/nonexistent', '--help', '--nonsense'])).out, /^Usage: /)
  })
})

describe('a line that can not be understood', () => {
  const cases: [line: string, message: RegExp][] = [
    ['leger verify', /There is no command “leger verify”\. Did you mean “custodia ledger verify”\?/],
    ['ledger verfiy', /Did you mean “custodia ledger verify”\?/],
    ['verify', /Did you mean “custodia ledger verify”\?/],
    ['stauts', /Did you mean “custodia status”/],
    ['setuplink', /Did you mean “custodia setup-link”\?/],
    ['ledger', /“ledger” goes on: “custodia ledger check” or “custodia ledger verify” or/],
    ['frobnicate', /There is no command “frobnicate”\. “custodia --help” lists all commands\./],
    ['frobnicate --help', /There is no command “frobnicate”/],
    ['--frobnicate', /“--frobnicate” needs a command before it\./],
    ['status --frobnicate', /Unknown option '--frobnicate'\. “custodia status --help” explains it\./],
    ['status a b', /“b” is one too many: custodia status \[URL\]\./],
    ['ledger export', /Something is missing: custodia ledger export FOLDER \[URL\]\./],
    ['ledger verify --key', /'--key <value>' argument missing/],
    ['status nonsense', /“nonsense” is not an address: it looks like http:\/\//],
    ['status ftp://custodia.localhost', /is not an address/],
    ['status http://me:secret@custodia.localhost', /An address holds no name and no password/],
    ['status http://custodia.localhost/?key=1', /ends before any “\?”/],
    ['applications key', /Something is missing/],
    ['applications key ../inbox', /is no name/],
    ['constructor', /There is no command/],
    ['__proto__', /There is no command/],
  ]
  for (const [line, message] of cases) {
    it(`is a mistake and says which: custodia ${line}`, async () => {
      const { code, out, err } = await custodia(line.split(' '))
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, message)
    })
  }

  it('is told as one JSON document where that was asked for', async () => {
    const { code, out, err } = await custodia(['leger', '--json'])
    assert.deepEqual([code, err, JSON.parse(out).ok, JSON.parse(out).exitCode], [2, '', false, 2])
  })

  it('never repeats a password from an address', async () => {
    const { out, err } = await custodia(['status', 'http://me:secret@custodia.localhost'])
    assert.equal(`${out}${err}`.includes('secret'), false)
  })
})

describe('a suggestion', () => {
  it('counts letters changed, added, dropped and swapped', () => {
    assert.deepEqual(
      [distance('', ''), distance('abc', ''), distance('abc', 'abd'), distance('abc', 'acb'), distance('abc', 'xabc')],
      [0, 3, 1, 1, 1],
    )
  })

  it('is as far from a to b as from b to a', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 12 }),
        fc.string({ maxLength: 12 }),
        (a, b) => distance(a, b) === distance(b, a),
      ),
    )
  })

  it('is not made for what resembles nothing', () => {
    assert.deepEqual(suggest('xyzzy', ['start', 'ledger verify']), [])
  })
})

describe('the output', () => {
  const written = (isTTY: boolean, json: boolean) => {
    const texts = { out: '', err: '' }
    const stream = (name: 'out' | 'err') => ({
      isTTY,
      write(text: string) {
        texts[name] += text
      },
    })
    return { texts, terminal: createTerminal({ out: stream('out'), err: stream('err'), json, environment: {} }) }
  }

  it('shows no control character of what it was given', () => {
    const { texts, terminal } = written(false, false)
    terminal.say('a\u001b[2Jb')
    terminal.note('c\u202ed')
    assert.deepEqual(texts, { out: 'a\\u{1b}[2Jb\n', err: 'c\\u{202e}d\n' })
  })

  it('shows progress to a person only, and leaves none of it behind', () => {
    for (const [isTTY, json] of [
      [false, false],
      [true, true],
      [false, true],
    ] as const) {
      const { texts, terminal } = written(isTTY, json)
      terminal.progress('Verified 1 of 2')
      assert.deepEqual(texts, { out: '', err: '' })
    }
    const { texts, terminal } = written(true, false)
    terminal.progress('Verified 1 of 2')
    terminal.say('Done')
    assert.deepEqual(texts, { out: 'Done\n', err: 'Verified 1 of 2\r\u001b[2K' })
  })

  it('is words or data, never both', () => {
    for (const json of [false, true]) {
      const { texts, terminal } = written(false, json)
      terminal.say('words')
      terminal.give({ data: 1 })
      assert.equal(texts.out, json ? '{"data":1}\n' : 'words\n')
    }
  })
})
