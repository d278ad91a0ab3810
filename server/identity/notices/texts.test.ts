import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NoticeKind } from './texts.ts'
import { delegatedLinkText, noticeKinds, noticeLine, noticeText, recoveryText } from './texts.ts'

const frame = { organisation: 'Northwind Studio', at: new Date('2026-01-31T09:30:12Z') }
const link = (page: string) => ({ link: `https://id.example/${page}#${'a'.repeat(52)}`, expiresAt: frame.at })
const notice = (kind: NoticeKind, facts = {}) => noticeText(kind, facts, link('not-me'), frame)

test('every notice says what happened and when, and has the link by which somebody says that it was not them', () => {
  for (const kind of noticeKinds) {
    const { subject, text } = notice(kind, { address: '192.0.2.7' })
    assert.match(subject, /^Northwind Studio: [a-z]/, kind)
    assert.ok(subject.length < 200, kind)
    assert.match(text, /^When: 2026-01-31 09:30 UTC$/m, kind)
    assert.match(text, /^From: 192\.0\.2\.7$/m, kind)
    assert.match(text, /^This was not me: /m, kind)
    assert.match(text, /^https:\/\/id\.example\/not-me#a{52}$/m, kind)
  }
})

test('a link stands alone on its line, with its secret in the fragment, and no mail has HTML or more links than it says', () => {
  const texts = [
    ...noticeKinds.map((kind) => notice(kind, { cancelLink: link('recovery-cancel').link }).text),
    recoveryText(link('recovery'), frame).text,
    delegatedLinkText(link('recovery'), link('recovery-cancel').link, frame).text,
  ]
  for (const text of texts) {
    for (const line of text.split('\n').filter((line) => line.includes('://')))
      assert.match(line, /^https:\/\/id\.example\/[a-z-]+#a{52}$/)
    assert.doesNotMatch(text, /[<>\r]|undefined|null/)
    assert.ok(text.endsWith('.\n') || text.endsWith(`${'a'.repeat(52)}\n`))
  }
})

test('a text message is one line without a link, and short enough for two of those that phones send', () => {
  for (const kind of noticeKinds) {
    const facts = { factor: 'totp', address: '192.0.2.7', cancelLink: link('recovery-cancel').link } as const
    const line = noticeLine(kind, facts, frame)
    assert.match(line, /^Northwind Studio: [a-z]/, kind)
    assert.match(line, /2026-01-31 09:30 UTC\. Was it not you\?/, kind)
    assert.doesNotMatch(line, /:\/\/|www|#|@|\n|undefined|null/, kind)
    assert.ok(line.length <= 2 * 153, `${kind}: ${line.length}`)
  }
})

test('a kind of factor is named in words, one that is not known is a second factor', () => {
  assert.match(notice('factor-enrolled', { factor: 'totp' }).text, /Added to your account: an authenticator app\./)
  assert.match(notice('factor-removed').text, /Removed from your account: a second factor\./)
})
