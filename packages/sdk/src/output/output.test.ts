import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { HtmlValue } from './html.ts'
import { html } from './html.ts'
import { safePath } from './safe-path.ts'
import { run, shell } from './shell.ts'
import { identifier, sql, sqlList } from './sql.ts'

const attacks = fileURLToPath(new URL('../../../../../shared/data/attack/libinjection', import.meta.url))
const skip = existsSync(attacks) ? false : 'there is no ../shared/data/attack on this machine'
const payloads = (kind: string) =>
  readdirSync(join(attacks, kind)).flatMap((file) =>
    readFileSync(join(attacks, kind, file), 'latin1')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        try {
          return decodeURIComponent(line)
        } catch {
          return line
        }
      }),
  )
const few = [
  `' or 1=1 --`,
  `"; drop table notes; --`,
  '$(touch x)',
  '`id`',
  '<script>alert(1)</script>',
  '\u0000',
  '%27',
  '\\',
]

describe('html', () => {
  test('encodes for the place, and leaves markup of its own alone', () => {
    const name = `<b>"O'Hara" & \`co\`</b>`
    const encoded = '&lt;b&gt;&quot;O&#39;Hara&quot; &amp; &#96;co&#96;&lt;/b&gt;'
    assert.equal(html`<p title="${name}">${name}</p>`.text, `<p title="${encoded}">${encoded}</p>`)
    assert.equal(
      html`<ul>${['a', '<'].map((one) => html`<li>${one}</li>`)}</ul>`.text,
      '<ul><li>a</li><li>&lt;</li></ul>',
    )
    assert.equal(html`<p>${null}${undefined}${false}${0}</p>`.text, '<p>0</p>')
    assert.equal(
      html`<a href='/x?id=${'a&b'}'>${html`<b>${'<'}</b>`}</a>`.text,
      "<a href='/x?id=a&amp;b'><b>&lt;</b></a>",
    )
  })

  test('takes no object for markup because it says so', () => {
    const forged = { text: '<script>', toString: () => '<script>' } as unknown as HtmlValue
    assert.equal(html`<p>${forged}</p>`.text, '<p>&lt;script&gt;</p>')
  })

  for (const address of [
    ...[
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      '\u0001javascript:alert(1)',
      'java\nscript:alert(1)',
    ],
    ...[
      'java\tscript:alert(1)',
      'data:text/html,<script>',
      'vbscript:x',
      'blob:x',
      'filesystem:x',
      'file:///etc/passwd',
    ],
    ...['javascript&colon;:x', 'a b:c', 'view-source:x', 'javascript\u0000:x'],
  ])
    test(`an address ${JSON.stringify(address)} leads nowhere`, () =>
      assert.equal(html`<a href="${address}">x</a>`.text, '<a href="about:invalid">x</a>'))

  test('addresses of pages, mails and calls stay', () => {
    for (const address of [
      'https://a.example/?b=c',
      '/a:b',
      '?a:b',
      '#a',
      'mailto:a@example.org',
      'tel:+44',
      'a/b',
      '',
    ])
      assert.equal(html`<a href="${address}">x</a>`.text, `<a href="${address}">x</a>`)
  })

  const x = 'x'
  for (const [what, template] of [
    ['outside of quotes', () => html`<a title=${x}>`],
    ['between attributes', () => html`<a ${x}>`],
    ['in the name of an element', () => html`<${x}>`],
    ['in the end of a name', () => html`<a${x}>`],
    ['in the name of an attribute', () => html`<a data-${x}="1">`],
    ['in an end tag', () => html`</${x}>`],
    ['in a comment', () => html`<!-- ${x} -->`],
    ['in a script', () => html`<script>${x}</script>`],
    ['in a script in capitals', () => html`<SCRIPT>let a = "${x}"</SCRIPT>`],
    ['in a style', () => html`<style>${x}</style>`],
    ['in a handler', () => html`<a onclick="${x}">`],
    ['in a style attribute', () => html`<a style="${x}">`],
    ['in a document of a frame', () => html`<iframe srcdoc="${x}">`],
    ['in the address of a script', () => html`<script src="${x}"></script>`],
    ['in where a page leads by itself', () => html`<meta http-equiv="refresh" content="${x}">`],
    ['in the base of a page', () => html`<base href="${x}">`],
    ['after another in an address', () => html`<a href="${'java'}${'script:alert(1)'}">x</a>`],
    ['after a few letters of an address', () => html`<a href="java${x}">x</a>`],
    ['after a scheme that is a program', () => html`<a href="javascript:${x}">x</a>`],
    ['as markup in an attribute', () => html`<a title="${html`<b>`}">x</a>`],
    ['before the end of a tag that never comes', () => html`<a title="${x}"`],
  ] as const)
    test(`a value ${what} is refused`, () => assert.throws(template, TypeError))
})

describe('sql', () => {
  test('values stay values, and statements and names are put in', () => {
    const where = sql`owner = ${'ann'} and id in ${sqlList([1, 2])}`
    const statement = sql`select * from ${identifier('app.notes')} where ${where} limit ${5}`
    assert.equal(statement.text, 'select * from "app"."notes" where owner = $1 and id in ($2, $3) limit $4')
    assert.deepEqual(statement.values, ['ann', 1, 2, 5])
  })

  test('a value between quotes, none, a list or a name that is none is refused', () => {
    assert.throws(() => sql`select '${'x'}'`, TypeError)
    assert.throws(() => sql`select "${'x'}"`, TypeError)
    assert.throws(() => sql`select 1 -- ${'x'}`, TypeError)
    assert.throws(() => sql`select /* ${'x'} */ 1`, TypeError)
    assert.throws(() => sql`select ${undefined}`, TypeError)
    assert.throws(() => sql`select ${[1]}`, TypeError)
    assert.throws(() => sqlList([]), TypeError)
    for (const name of ['', 'a b', 'a"b', 'a;', '1a', 'a.b.c.d', 'a.', 'ä', 'a'.repeat(64), '__proto__"'])
      assert.throws(() => identifier(name), TypeError, name)
    assert.ok(sql`select 'it''s', ${1}`)
  })

  const injected = (list: readonly string[]) => {
    const database = new DatabaseSync(':memory:')
    database.exec("create table notes (owner text, body text); insert into notes values ('ann', 'secret')")
    for (const payload of list) {
      const { text, values } =
        sql`select body from notes where owner = ${payload.replaceAll('\u0000', '')} or body = ${payload}`
      assert.deepEqual(database.prepare(text.replace(/\$(\d+)/g, '?$1')).all(...(values as string[])), [], payload)
    }
    assert.deepEqual({ ...database.prepare('select count(*) as n from notes').get() }, { n: 1 })
  }
  test('what is injected finds nothing and changes nothing in a real database', () => injected(few))
  test('nor do the lists of libinjection', { skip }, () => {
    const list = payloads('sqli')
    assert.ok(list.length > 1_000)
    injected(list)
  })
})

describe('shell', () => {
  test('a value is one argument of a real program, whatever is in it', async () => {
    const words = [...few, 'a b', '*', '~', '-', '| cat /etc/passwd', '\n', "'", '"', '&& id', '', '-rf']
    for (const word of words.filter((one) => !one.includes('\u0000'))) {
      const { stdout } = await run(shell`printf %s:%s -- ${word} ${'end'}`).catch(() => ({ stdout: null }))
      if (stdout !== null) assert.ok(stdout.includes(word), word)
      const script = 'printf %s "$#:$1"'
      const echoed = await run({ file: '/bin/sh', args: ['-c', script, 'sh', ...shell`x -- ${word}`.args.slice(1)] })
      assert.equal(echoed.stdout, `1:${word}`)
    }
  })

  test('lists are several arguments, and an option takes its value', () => {
    assert.deepEqual(shell`tar -c --file=${'-x.tar'} -- ${['a', '-b']}`, {
      file: 'tar',
      args: ['-c', '--file=-x.tar', '--', 'a', '-b'],
    })
  })

  for (const [what, template] of [
    ['an option from outside', () => shell`ls ${'-la'}`],
    ['a pipe', () => shell`ls ${'a'} | cat`],
    ['quotes', () => shell`ls "${'a'}"`],
    ['a command in a command', () => shell`ls $(id)`],
    ['a second command', () => shell`ls; id`],
    ['a redirection', () => shell`ls > ${'a'}`],
    ['a glob', () => shell`ls *.txt`],
    ['a value joined before', () => shell`ls /tmp/${'a'}`],
    ['a value joined behind', () => shell`ls ${'a'}.txt`],
    ['a program from outside', () => shell`${'ls'} -l`],
    ['a NUL', () => shell`ls ${'a\u0000b'}`],
    ['nothing', () => shell``],
    ['an object', () => shell`ls ${{} as never}`],
  ] as const)
    test(`${what} is refused`, () => assert.throws(template, TypeError))
})

describe('safePath', () => {
  const base = mkdtempSync(join(tmpdir(), 'custodia-path-'))
  after(() => rmSync(base, { recursive: true }))
  mkdirSync(join(base, 'files/deep'), { recursive: true })
  mkdirSync(join(base, 'files-other'))
  writeFileSync(join(base, 'files/a.txt'), 'a')
  writeFileSync(join(base, 'secret'), 's')
  symlinkSync(join(base, 'secret'), join(base, 'files/link'))
  symlinkSync(base, join(base, 'files/up'))
  symlinkSync(join(base, 'not-there-yet'), join(base, 'files/dangling'))
  const files = join(base, 'files')

  test('a name below the folder is a path below it, there or not', () => {
    assert.equal(readFileSync(safePath(files, 'a.txt'), 'utf8'), 'a')
    for (const name of [
      'new.txt',
      'deep/new.txt',
      'not/there/at/all',
      '..a',
      'a..b',
      '...x',
      'ünïcode',
      'a%b',
      "' or 1",
    ])
      assert.ok(safePath(files, name).startsWith(`${files}/`), name)
  })

  for (const name of [
    ...['', '.', '..', '../secret', 'deep/../../secret', '/etc/passwd', 'a/./b', 'a//b', 'a/', '../files-other/x'],
    ...[
      '..\\secret',
      'C:\\x',
      'c:x',
      'a\u0000.txt',
      '%2e%2e%2fsecret',
      '..%2fsecret',
      'a.txt.',
      'a.txt ',
      '.. /x',
      '\ud800',
    ],
    ...['link', 'up/secret', 'dangling', 'a.txt/b', 'x'.repeat(300), `${'a/'.repeat(600)}b`, 'a:stream', '\u007f'],
  ])
    test(`${JSON.stringify(name.slice(0, 30))} is refused`, () => assert.throws(() => safePath(files, name), TypeError))
})
