import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maxReports, parseReports } from './reports.ts'

const origin = 'http://app.localhost:8080'
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const modern = (body: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'csp-violation',
  age: 1,
  url: `${origin}/notes`,
  user_agent: 'x',
  body: { documentURL: `${origin}/notes`, effectiveDirective: 'script-src-elem', blockedURL: 'inline', ...body },
  ...more,
})
const read = (value: unknown, type = 'application/reports+json') => parseReports(bytes(value), type, origin)
const legacy = (fields: Record<string, unknown>) =>
  read(
    { 'csp-report': { 'document-uri': `${origin}/a?secret=1#x`, 'blocked-uri': 'inline', ...fields } },
    'application/csp-report',
  )

describe('a report', () => {
  it('of either form says what was refused where', () => {
    const found = {
      kind: 'csp',
      disposition: 'report',
      path: '/notes',
      directive: 'script-src-elem',
      blocked: 'inline',
    }
    assert.deepEqual(read([modern({ disposition: 'report' })]), [found])
    assert.deepEqual(
      legacy({ 'violated-directive': "img-src 'self'", 'blocked-uri': 'https://cdn.example/a/b.png?c' }),
      [{ kind: 'csp', disposition: 'enforce', path: '/a', directive: 'img-src', blocked: 'https://cdn.example' }],
    )
    assert.equal(
      read([{ type: 'coep', url: `${origin}/`, body: { type: 'corp', blockedURL: 'https://cdn.example/x' } }])[0]
        ?.blocked,
      'https://cdn.example',
    )
  })

  it('keeps nothing that names somebody: no query, no identifier, no path of what was blocked', () => {
    const path = (documentURL: string) => read([modern({ documentURL: `${origin}${documentURL}` })])[0]?.path
    assert.equal(path('/users/ann@example.com/mail?q=secret#token'), '/users/*/mail')
    assert.equal(path('/orders/1187'), '/orders/*')
    assert.equal(path('/v1/x/3f2c91aa-0000-4000-8000-000000000000'), '/v1/x/*')
    assert.equal(path('/reset/abcdefghijklmnopqrstuvwxyz'), '/reset/*')
    assert.equal(path('/a%20b'), '/*')
  })

  it('names origins and schemes of what was blocked, and nothing else', () => {
    const blocked = (blockedURL: unknown) => read([modern({ blockedURL })])[0]?.blocked
    assert.equal(blocked(`${origin}/app.js`), "'self'")
    assert.equal(blocked('data'), 'data:')
    assert.equal(blocked('data:text/html,secret'), 'data:')
    assert.equal(blocked('wss://live.example/socket'), 'wss://live.example')
    for (const other of ['javascript:alert(1)', 'x'.repeat(5_000), 1, null, {}, '<b>', 'constructor', ''])
      assert.equal(blocked(other), 'other')
  })

  it('about another host, of another type, or of a directive that is none, is not there', () => {
    assert.deepEqual(read([modern({ documentURL: 'https://evil.example/notes' })]), [])
    assert.deepEqual(read([modern({ documentURL: 'http://app.localhost:8081/' })]), [])
    assert.deepEqual(read([modern({}, { type: 'deprecation' }), modern({}, { type: 'constructor' })]), [])
    for (const effectiveDirective of ['', 'x', "script-src'; drop", 'a'.repeat(300), 7, ['img-src']])
      assert.deepEqual(read([modern({ effectiveDirective })]), [])
    assert.deepEqual(legacy({}), [])
  })

  it('that is no JSON, no text, too large, deep, or of another media type is not there', () => {
    for (const body of [
      '',
      '{',
      'null',
      '[]',
      '7',
      '[[[]]]',
      '{"csp-report":null}',
      '{"__proto__":{"type":"csp-violation"}}',
    ])
      assert.deepEqual(read(body), [], body)
    assert.deepEqual(parseReports(Buffer.from([0xff, 0xfe]), 'application/reports+json', origin), [])
    assert.deepEqual(read(`[${'['.repeat(30_000)}${']'.repeat(30_000)}]`), [])
    assert.deepEqual(read(' '.repeat(70_000) + JSON.stringify([modern({})])), [])
    assert.deepEqual(read([modern({})], 'text/plain'), [])
  })

  it('among very many is cut off', () => {
    assert.equal(read(Array.from({ length: 90 }, () => modern({}))).length, maxReports)
  })
})
