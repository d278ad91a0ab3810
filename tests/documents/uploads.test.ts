import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { config as gateway } from '../../server/gateway/applications.ts'
import { config as uploads } from '../../server/uploads/config.ts'
import { fencesOf, textOf } from './markdown.ts'

const [own, inFront, ...more] = fencesOf(textOf('docs/guide/uploads.md')).filter(({ language }) => language === 'yaml')

test('whoever copies from the guide to uploads writes what is taken', () => {
  assert.equal(more.length, 0)
  const { clamd, host, kinds } = parse(own?.text ?? '').uploads
  assert.equal(uploads.clamd.parse(clamd), clamd)
  assert.equal(uploads.host.parse(host), host)
  assert.deepEqual(uploads.kinds.parse(kinds), kinds)
  const [album] = gateway.applications.parse(parse(inFront?.text ?? '').gateway.applications)
  assert.deepEqual(
    album?.edge.uploads.map(({ as, images }) => `${as} ${images}`),
    ['form remake', 'body remake', 'form keep'],
  )
})
