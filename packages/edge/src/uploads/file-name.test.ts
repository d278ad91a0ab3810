import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { attachment, namedIn } from './content-disposition.ts'
import { safeFileName } from './file-name.ts'

const name = (given: string) => safeFileName(given)?.name ?? null

test('a plain name stays as it is, letters of any script included', () => {
  for (const one of ['report.pdf', 'Überweisung März.pdf', '日本語.txt', 'notes', 'a.b.c.txt'])
    assert.equal(name(one), one)
})

test('two forms of one name are one name', () => {
  assert.equal(name('Ma\u0308rz.pdf'), 'März.pdf')
})

test('folders are left out, whichever way they are written', () => {
  assert.equal(name('../../etc/passwd'), 'passwd')
  assert.equal(name('..\\..\\boot.ini'), 'boot.ini')
  assert.equal(name('C:\\Users\\x\\photo.jpg'), 'photo.jpg')
  assert.equal(name('C:photo.jpg'), 'C_photo.jpg')
  assert.equal(name('photo.jpg:stream'), 'photo.jpg_stream')
})

test('what can’t be seen is left out, so that the ending is the one that is shown', () => {
  assert.equal(name('photo.jpg\0.exe'), 'photo.jpg.exe')
  assert.equal(safeFileName('photo.jpg\0.exe')?.extension, 'exe')
  assert.equal(name('gepj\u202egpj.exe'), 'gepjgpj.exe')
  assert.equal(name('a\u200bb\u2066c\ufeff.txt'), 'abc.txt')
  assert.equal(name('line\u2028break\r\nSet-Cookie: x.txt'), 'linebreakSet-Cookie_ x.txt')
})

test('an ending that a server would run does not stand inside a name', () => {
  assert.equal(name('shell.php.jpg'), 'shell_php.jpg')
  assert.equal(name('x.PhTml.html.png'), 'x_PhTml_html.png')
  assert.equal(name('photo.svg.exe.png'), 'photo_svg_exe.png')
})

test('names of devices, dots at the begin and blanks at the end are no names', () => {
  assert.equal(name('CON.txt'), '_CON.txt')
  assert.equal(name('lpt1.png'), '_lpt1.png')
  assert.equal(name('.htaccess'), 'htaccess')
  assert.equal(name('x.txt. . .'), 'x.txt')
  for (const none of ['', '.', '..', '/', '\0\u202e', '   ', 'a/', 'x'.repeat(5_000)])
    assert.equal(name(none), null, none)
})

test('what a shell or a page would read is replaced', () => {
  assert.equal(name('a"b<c>$(rm -rf)`;&.txt'), 'a_b_c__(rm -rf)___.txt')
})

test('a long name is cut between its characters and keeps its ending', () => {
  const long = safeFileName(`${'é👩‍👩‍👧'.repeat(200)}.pdf`)
  assert.ok(long !== null && Buffer.byteLength(long.name) <= 180)
  assert.ok(long.name.endsWith('.pdf') && long.name.isWellFormed())
  assert.equal(name(`x.${'y'.repeat(40)}`), null)
})

test('a safe name is safe again and the same', () => {
  const odd = JSON.parse(readFileSync(new URL('samples/file-names.json', import.meta.url), 'utf8')) as string[]
  for (const one of [...odd, 'CON.txt', 'a..b', '\ud800x.txt']) {
    const once = name(one)
    assert.ok(once !== null)
    assert.equal(name(once), once)
    assert.doesNotMatch(once, /[/\\\0"]|^\./)
  }
})

test('a name goes into a header and comes back as it was', () => {
  for (const one of ['report.pdf', '日本語 (2).txt', "it's 100%.txt", 'März.pdf']) {
    const header = attachment(one)
    assert.match(header, /^[\x20-\x7e]+$/)
    assert.equal(namedIn(header), one)
  }
  assert.equal(attachment('März.pdf'), `attachment; filename="Marz.pdf"; filename*=UTF-8''M%C3%A4rz.pdf`)
})

test('a header of another form names nothing', () => {
  assert.equal(namedIn(undefined), null)
  for (const header of [
    'inline; filename="a.txt"',
    'attachment; filename=a.txt',
    'attachment; filename="a\\"b.txt"',
    "attachment; filename*=ISO-8859-1''a",
    "attachment; filename*=UTF-8''%ff",
    "attachment; filename*=UTF-8''%zz",
    'attachment; filename="a"; filename="b"',
    `attachment; filename="${'a'.repeat(5_000)}"`,
  ])
    assert.equal(namedIn(header), null, header)
  assert.equal(namedIn('attachment; filename="a.txt"'), 'a.txt')
})
