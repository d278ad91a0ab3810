import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformContradictions, platformSettings, publicUrlOf } from './platform-settings.ts'
import { readConfiguration } from './read-configuration.ts'

const read = (environment: Record<string, string>) =>
  readConfiguration({
    tables: { platform: platformSettings },
    environment,
    contradictions: (values) => platformContradictions(values.platform),
  }).values.platform

test('without any configuration the server is private, plain and complete', () => {
  const settings = read({})
  assert.equal(settings.listen, '127.0.0.1:8080')
  assert.equal(settings.adminListen, '127.0.0.1:9464')
  assert.equal(settings.databaseUrl, null)
  assert.deepEqual(settings.trustedProxies, [])
  assert.equal(publicUrlOf(settings), 'http://custodia.localhost:8080')
})

test('every default and every example would be accepted', () => {
  for (const [name, setting] of Object.entries(platformSettings)) {
    assert.doesNotThrow(() => setting.parse(setting.example), name)
    if (setting.defaultValue !== null) assert.deepEqual(setting.parse(setting.defaultValue), setting.defaultValue, name)
  }
})

test('the public address follows the port, the scheme, and what was set, in this order', () => {
  assert.equal(publicUrlOf(read({ CUSTODIA_LISTEN: '[::1]:9000' })), 'http://custodia.localhost:9000')
  assert.equal(publicUrlOf(read({ CUSTODIA_LISTEN: '127.0.0.1:0' }), 41_234), 'http://custodia.localhost:41234')
  assert.equal(
    publicUrlOf(read({ CUSTODIA_TLS: 'development', CUSTODIA_LISTEN: '127.0.0.1:443' })),
    'https://custodia.localhost',
  )
  assert.equal(publicUrlOf(read({ CUSTODIA_PUBLIC_URL: 'https://id.example.org/' })), 'https://id.example.org')
})

test('TLS from files needs both files, and files without it are a mistake', () => {
  const one = '/etc/custodia/server.pem'
  assert.throws(() => read({ CUSTODIA_TLS: 'files' }), /TLS_CERTIFICATE_FILE.*\n.*TLS_KEY_FILE/)
  assert.throws(() => read({ CUSTODIA_TLS: 'files', CUSTODIA_TLS_CERTIFICATE_FILE: one }), /TLS_KEY_FILE/)
  assert.throws(() => read({ CUSTODIA_TLS_KEY_FILE: one }), /no effect/)
  const both = { CUSTODIA_TLS: 'files', CUSTODIA_TLS_CERTIFICATE_FILE: one, CUSTODIA_TLS_KEY_FILE: one }
  assert.equal(read(both).tlsKeyFile, one)
})

test('certificates of clients need TLS and an authority, and an authority without them is a mistake', () => {
  const ca = { CUSTODIA_TLS_CLIENT_CA_FILE: '/etc/custodia/clients.pem' }
  const wanted = { CUSTODIA_TLS: 'development', CUSTODIA_TLS_CLIENT_CERTIFICATES: 'required' }
  assert.throws(() => read({ ...ca, CUSTODIA_TLS_CLIENT_CERTIFICATES: 'required' }), /CUSTODIA_TLS is off/)
  assert.throws(() => read(wanted), /TLS_CLIENT_CA_FILE.*needed/)
  assert.throws(() => read({ ...ca, CUSTODIA_TLS: 'development' }), /no effect/)
  assert.throws(() => read({ CUSTODIA_TLS_CLIENT_CRL_FILE: '/a' }), /no effect/)
  assert.throws(() => read({ ...wanted, ...ca, CUSTODIA_TLS_CLIENT_CERTIFICATES: 'maybe' }), /CLIENT_CERTIFICATES/)
  assert.equal(read({ ...wanted, ...ca }).tlsClientCertificates, 'required')
})

test('proxies come separated by commas, and none of them may be everybody', () => {
  assert.deepEqual(read({ CUSTODIA_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }).trustedProxies, ['10.0.0.0/8', '::1'])
  assert.deepEqual(read({ CUSTODIA_TRUSTED_PROXIES: ' ' }).trustedProxies, [])
  for (const wrong of ['0.0.0.0/0', '10.0.0.1,,::1', 'all', Array(65).fill('::1').join(',')])
    assert.throws(() => read({ CUSTODIA_TRUSTED_PROXIES: wrong }), /TRUSTED_PROXIES/)
})
