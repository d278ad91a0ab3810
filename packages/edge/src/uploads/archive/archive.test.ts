import assert from 'node:assert/strict'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { look } from '../look.ts'
import type { UploadPolicy } from '../policy.ts'
import { usualPolicy } from '../policy.ts'
import type { TarEntry, ZipEntry } from '../testing.ts'
import { makeTar, makeZip } from '../testing.ts'

const text = Buffer.from('nothing to see\n'.repeat(20))
const file = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({ name, content: text, ...more })

async function refusal(bytes: Buffer, name = 'a.zip', archive: Partial<UploadPolicy['archive']> = {}) {
  const policy = { ...usualPolicy, archive: { ...usualPolicy.archive, ...archive } }
  const finding = await look(bytes, name, policy)
  return finding.taken ? null : finding.reason
}
const zip = (...entries: ZipEntry[]) => makeZip(entries)
const tar = (...entries: TarEntry[]) => makeTar(entries)

test('an honest archive is taken: files, folders, stored, deflated, ZIP64, a gap for a descriptor', async () => {
  const folder = file('d/', { content: Buffer.alloc(0), stored: true, mode: 0o040755 })
  const honest = zip(folder, file('d/a.txt'), file('b.txt', { stored: true }), file('ä.txt', { zip64: true }))
  assert.equal(await refusal(honest), null)
  assert.equal(await refusal(zip(file('a', { gap: 24, flags: 8 }), file('b'))), null)
  assert.equal(await refusal(tar({ name: 'd/', type: '5' }, { name: 'd/a.txt', content: text }), 'a.tar'), null)
  assert.equal(await refusal(gzipSync(tar({ name: 'a.txt', content: text })), 'a.tgz'), null)
  assert.equal(await refusal(gzipSync(text), 'a.txt.gz'), null)
})

test('paths that lead elsewhere are refused, in any writing', async () => {
  for (const path of [
    '../a',
    'a/../../b',
    '/etc/passwd',
    'C:/a',
    'c:a',
    '..\\a',
    'a\\..\\b',
    'a\0.txt',
    'a\nb',
    'a/..',
    '',
  ])
    assert.equal(await refusal(zip(file(path))), 'archive-path', JSON.stringify(path))
  for (const name of ['../a', '/a', 'x/../../a', 'a\\b'])
    assert.equal(await refusal(tar({ name, content: text }), 'a.tar'), 'archive-path', name)
})

test('links and devices are refused', async () => {
  for (const mode of [0o120777, 0o020666, 0o060666, 0o010644, 0o140755])
    assert.equal(await refusal(zip(file('a', { mode }))), 'archive-link')
  for (const type of ['1', '2', '3', '4', '6', 'S', 'g', 'V'])
    assert.equal(await refusal(tar({ name: 'a', type, link: '/etc/passwd' }), 'a.tar'), 'archive-link', type)
})

test('encrypted entries are refused', async () => {
  for (const flags of [0x1, 0x2000]) assert.equal(await refusal(zip(file('a', { flags }))), 'archive-encrypted')
  // The reader itself takes none with strong encryption.
  assert.equal(await refusal(zip(file('a', { flags: 0x41 }))), 'archive-broken')
})

test('entries on the same bytes are refused: a bomb that overlaps', async () => {
  // https://www.bamsoftware.com/hacks/zipbomb/: many names for one kernel.
  assert.equal(await refusal(makeZip([file('a'), file('a', { at: 0 })])), 'archive-overlap')
  const kernel = zip(file('a'), file('b', { localName: 'a', at: 0 }))
  assert.equal(await refusal(kernel), 'archive-broken')
})

test('what two readers would read in two ways is refused', async () => {
  assert.equal(await refusal(makeZip([file('a')], { prefix: Buffer.from('MZ') })), 'content-mismatch')
  assert.equal(await refusal(makeZip([file('a'), file('b', { localName: 'c' })])), 'archive-broken')
  assert.equal(await refusal(makeZip([file('a', { gap: 200 }), file('b')])), 'archive-broken')
  assert.equal(await refusal(makeZip([file('a')], { hidden: Buffer.alloc(64) })), 'archive-broken')
  assert.equal(await refusal(zip(file('a'), file('A'))), 'archive-broken')
  assert.equal(await refusal(Buffer.concat([zip(file('a')), Buffer.from('more')])), 'archive-broken')
  assert.equal(await refusal(Buffer.concat([zip(file('a')), zip(file('b'))])), 'archive-broken')
  const two = Buffer.concat([tar({ name: 'a' }), tar({ name: 'b' })])
  assert.equal(await refusal(two, 'a.tar'), 'archive-broken')
  assert.equal(await refusal(Buffer.concat([gzipSync(text), Buffer.from('more')]), 'a.gz'), 'archive-broken')
})

test('a directory that lies about sizes is found out without unpacking more than it said', async () => {
  assert.equal(await refusal(zip(file('a', { claimedSize: 10 }))), 'archive-broken')
  assert.equal(await refusal(zip(file('a', { claimedSize: text.length + 1 }))), 'archive-broken')
  const bomb = file('a', { content: Buffer.alloc(50_000_000), claimedSize: 1_000 })
  assert.equal(await refusal(zip(bomb)), 'archive-broken')
})

test('count, total and ratio are held, over all that is inside', async () => {
  const many = Array.from({ length: 30 }, (_, i) => file(`${i}`))
  assert.equal(await refusal(zip(...many), 'a.zip', { maxEntries: 29 }), 'archive-entries')
  assert.equal(await refusal(zip(...many), 'a.zip', { maxEntries: 30 }), null)
  assert.equal(await refusal(zip(...many), 'a.zip', { maxTotalBytes: text.length * 30 - 1 }), 'archive-size')
  const inner = zip(...many.slice(0, 20))
  assert.equal(
    await refusal(zip(file('a.zip', { content: inner }), file('b.zip', { content: inner })), 'a.zip', {
      maxEntries: 40,
    }),
    'archive-entries',
  )
  assert.equal(await refusal(zip(file('a', { content: Buffer.alloc(1_000_000) }))), 'archive-ratio')
  assert.equal(await refusal(gzipSync(Buffer.alloc(1_000_000)), 'a.gz'), 'archive-ratio')
  assert.equal(await refusal(gzipSync(Buffer.alloc(90_000_000)), 'a.gz'), 'archive-size')
  const wide = file('a', { claimedSize: 2 ** 40, zip64: true })
  assert.equal(await refusal(zip(wide)), 'archive-size')
})

test('archives in archives are looked into so deep, and no deeper: whoever contains themselves ends there', async () => {
  const one = zip(file('bad.zip', { content: zip(file('../x')) }))
  assert.equal(await refusal(one), 'archive-path')
  let deep = zip(file('x'))
  for (let i = 0; i < 2; i++) deep = zip(file('inner.txt', { content: deep }))
  assert.equal(await refusal(deep), 'archive-depth')
  assert.equal(await refusal(deep, 'a.zip', { maxDepth: 3 }), null)
  assert.equal(await refusal(gzipSync(gzipSync(gzipSync(text))), 'a.gz'), 'archive-depth')
  assert.equal(await refusal(tar({ name: 'a', content: one }), 'a.tar'), 'archive-depth')
})

test('an archive that nobody here can look into is not taken inside another', async () => {
  const rar = Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1')
  assert.equal(await refusal(zip(file('a.txt', { content: rar }))), 'kind-not-allowed')
})

test('a tar whose headers do not hold, or say sizes in another way, is refused', async () => {
  const broken = tar({ name: 'a', content: text })
  broken[0] = 98
  assert.ok(['archive-broken', 'content-unknown'].includes((await refusal(broken, 'a.tar')) ?? ''))
  const names = { name: 'a', type: 'x', content: Buffer.from('13 path=../b\n') }
  assert.equal(await refusal(tar(names, { name: 'ok', content: text }), 'a.tar'), 'archive-path')
  const sized = { name: 'a', type: 'x', content: Buffer.from('9 size=1\n') }
  assert.equal(await refusal(tar(sized, { name: 'ok', content: text }), 'a.tar'), 'archive-link')
  const wide = { name: 'a', content: text, size: '\x80\0\0\0\0\0\0\0\0\0\x01\x2c' }
  assert.equal(await refusal(tar({ name: 'ok' }, wide), 'a.tar'), 'archive-broken')
  assert.equal(await refusal(tar({ name: 'ok' }, { name: 'a', size: '77777777777\0' }), 'a.tar'), 'archive-broken')
})

test('bytes changed anywhere in an archive never do more than be refused', async () => {
  const whole = zip(file('d/a.txt'), file('inner.zip', { content: zip(file('b')) }))
  for (let at = 0; at < whole.length; at += 3) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] as number) ^ 0xff
    const reason = await refusal(changed)
    assert.notEqual(reason, 'looking-failed', `byte ${at}`)
  }
})
