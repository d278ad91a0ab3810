import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { config } from '../../server/gateway/applications.ts'
import { fencesOf, textOf } from './markdown.ts'

test('whoever copies from the guide to the transport writes what is taken', () => {
  const [fence, ...more] = fencesOf(textOf('docs/guide/transport.md')).filter(({ language }) => language === 'yaml')
  assert.equal(more.length, 0)
  const { gateway } = parse(fence?.text ?? '') as { gateway: { applications: unknown } }
  const [ledger] = config.applications.parse(gateway.applications)
  assert.equal(ledger?.upstreamTls?.serverName, 'ledger.internal')
  assert.equal(ledger?.upstreamTls?.minVersion, 'TLSv1.3')
  assert.deepEqual([ledger?.clientCertificates?.required, ledger?.clientCertificates?.chain], [true, false])
  assert.ok(ledger?.rules[0]?.clientCertificate?.subjects?.has('O=Example, CN=bookkeeping'))
})
